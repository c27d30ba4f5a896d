"""The stand-in for TensorRT under the name of TensorRT-RTX, with what only that has."""

import enum

import tensorrt
from tensorrt import *  # noqa: F403 - all of its classes

__version__ = "1.7.0"

HEADER = 24
"""Bytes: a magic, at 16 the whole length."""


class ComputeCapability(enum.Enum):
    CURRENT = 0


class IBuilderConfig(tensorrt.IBuilderConfig):
    num_compute_capabilities = 0

    def set_compute_capability(self, compute_capability, index, /):
        return index < self.num_compute_capabilities


class Builder(tensorrt.Builder):
    def create_builder_config(self):
        return IBuilderConfig()

    def build_serialized_network(self, network, config, /):
        plan = super().build_serialized_network(network, config)
        return b"vtrt" + bytes(12) + (HEADER + len(plan)).to_bytes(8, "little") + plan


class Runtime(tensorrt.Runtime):
    def deserialize_cuda_engine(self, serialized_engine, /):
        return super().deserialize_cuda_engine(bytes(serialized_engine)[HEADER:])
