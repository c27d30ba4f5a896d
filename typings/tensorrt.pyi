"""The members of TensorRT and TensorRT-RTX that rtseg uses, and no others.

tests/engine/test_trt_surface.py holds each to the real bindings.
"""

from enum import IntEnum

from typing_extensions import Buffer

__version__: str

class ILogger:
    class Severity(IntEnum):
        INTERNAL_ERROR = 0
        ERROR = 1
        WARNING = 2

    def __init__(self) -> None: ...

class Logger(ILogger):
    ERROR: ILogger.Severity
    def __init__(self, min_severity: ILogger.Severity = ..., /) -> None: ...

class NetworkDefinitionCreationFlag(IntEnum): ...

class DataType:
    name: str

class MemoryPoolType:
    WORKSPACE: MemoryPoolType

class ProfilingVerbosity:
    DETAILED: ProfilingVerbosity

class DeviceType:
    DLA: DeviceType

class BuilderFlag:
    FP16: BuilderFlag
    INT8: BuilderFlag
    GPU_FALLBACK: BuilderFlag

class ComputeCapability: ...

class IProgressMonitor:
    def __init__(self) -> None: ...

class ITensor:
    name: str
    dtype: DataType
    shape: tuple[int, ...]

class INetworkDefinition:
    num_inputs: int
    num_outputs: int
    def get_input(self, index: int, /) -> ITensor: ...
    def get_output(self, index: int, /) -> ITensor: ...

class IHostMemory(Buffer): ...

class ITimingCache:
    def serialize(self) -> IHostMemory: ...

class IOptimizationProfile:
    def set_shape(
        self, input: str, min: tuple[int, ...], opt: tuple[int, ...], max: tuple[int, ...], /
    ) -> None: ...

class IBuilderConfig:
    builder_optimization_level: int
    profiling_verbosity: ProfilingVerbosity
    progress_monitor: IProgressMonitor | None
    default_device_type: DeviceType
    DLA_core: int
    num_compute_capabilities: int
    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: int, /) -> None: ...
    def set_flag(self, flag: BuilderFlag, /) -> None: ...
    def set_compute_capability(
        self, compute_capability: ComputeCapability, index: int, /
    ) -> bool: ...
    def add_optimization_profile(self, profile: IOptimizationProfile, /) -> int: ...
    def create_timing_cache(self, serialized_timing_cache: bytes, /) -> ITimingCache: ...
    def set_timing_cache(self, cache: ITimingCache, /, ignore_mismatch: bool) -> bool: ...
    def get_timing_cache(self) -> ITimingCache: ...

class Builder:
    num_DLA_cores: int
    def __init__(self, logger: ILogger, /) -> None: ...
    def create_network(self, flags: int = 0, /) -> INetworkDefinition: ...
    def create_builder_config(self) -> IBuilderConfig: ...
    def create_optimization_profile(self) -> IOptimizationProfile: ...
    def build_serialized_network(
        self, network: INetworkDefinition, config: IBuilderConfig, /
    ) -> IHostMemory | None: ...

class ParserError:
    def desc(self) -> str: ...
    def file(self) -> str: ...
    def line(self) -> int: ...
    def node(self) -> int: ...
    def node_name(self) -> str: ...
    def node_operator(self) -> str: ...

class OnnxParser:
    num_errors: int
    def __init__(self, network: INetworkDefinition, logger: ILogger, /) -> None: ...
    def parse_from_file(self, path: str, /) -> bool: ...
    def get_error(self, index: int, /) -> ParserError: ...
