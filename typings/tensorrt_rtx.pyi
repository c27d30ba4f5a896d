"""TensorRT-RTX has the classes of TensorRT under their names."""

from tensorrt import *  # noqa: F403
