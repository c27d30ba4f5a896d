"""A stand-in for TensorRT on the fake driver: its builder keeps the ONNX file as the plan, its
runtime executes that in ONNX Runtime, in the order of the stream.

Only what rtseg uses, under the names that the real bindings have. Wrong use is refused as there,
or becomes a finding of the driver: a context that runs twice at once, memory too small or freed,
an object that outlives the CUDA context.
"""

import ctypes
import enum
import math

import numpy as np
import onnxruntime

__version__ = "10.13.3"

MAGIC = b"a plan of the stand-in\n"
SCRATCH = 4096
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
CUDA_ERROR_LAUNCH_FAILED = 719

_driver = ctypes.CDLL("libcuda.so.1")
_driver.fake_real.restype = ctypes.c_void_p
_driver.fake_real.argtypes = [ctypes.c_uint64, ctypes.c_size_t]
_callbacks = []


class ILogger:
    class Severity(enum.IntEnum):
        INTERNAL_ERROR = 0
        ERROR = 1
        WARNING = 2

    def __init__(self):
        pass


class Logger(ILogger):
    ERROR = ILogger.Severity.ERROR

    def __init__(self, min_severity=ILogger.Severity.WARNING, /):
        super().__init__()

    def log(self, severity, message):
        pass


class DataType(enum.Enum):
    FLOAT = np.float32
    HALF = np.float16
    UINT8 = np.uint8
    INT32 = np.int32
    INT64 = np.int64


class TensorIOMode(enum.Enum):
    NONE = 0
    INPUT = 1
    OUTPUT = 2


KINDS = {
    "tensor(float)": DataType.FLOAT,
    "tensor(float16)": DataType.HALF,
    "tensor(uint8)": DataType.UINT8,
    "tensor(int32)": DataType.INT32,
    "tensor(int64)": DataType.INT64,
}


class Tensor:
    def __init__(self, described, mode):
        self.name = described.name
        self.dtype = KINDS[described.type]
        self.shape = tuple(each if isinstance(each, int) else -1 for each in described.shape)
        self.mode = mode


def _session(model):
    options = onnxruntime.SessionOptions()
    # The optimiser computes symmetric INT8 wrongly.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _tensors(session):
    inputs = [Tensor(each, TensorIOMode.INPUT) for each in session.get_inputs()]
    return inputs + [Tensor(each, TensorIOMode.OUTPUT) for each in session.get_outputs()]


class DeviceMemory:
    """Whoever owns one must go before the CUDA context does."""

    def __init__(self, owner):
        self._owner = owner
        self.address = ctypes.c_uint64()
        self.result = _driver.cuMemAlloc_v2(ctypes.byref(self.address), ctypes.c_size_t(SCRATCH))

    def __del__(self):
        if self.result == 0 and _driver.cuMemFree_v2(self.address):
            _driver.fake_find(f"TensorRT's {self._owner} outlived the CUDA context".encode())


class Runtime:
    def __init__(self, logger, /):
        self._logger = logger

    def deserialize_cuda_engine(self, serialized_engine, /):
        plan = bytes(serialized_engine)
        if not plan.startswith(MAGIC):
            self._logger.log(ILogger.Severity.ERROR, "Serialization assertion magicTag failed.")
            return None
        memory = DeviceMemory("engine")
        if memory.result:
            self._logger.log(ILogger.Severity.ERROR, "Requested amount of GPU memory not there.")
            return None
        return ICudaEngine(plan[len(MAGIC) :], memory, self._logger)


class ICudaEngine:
    def __init__(self, model, memory, logger):
        self._memory = memory
        self._logger = logger
        self._session = _session(model)
        self._tensors = _tensors(self._session)

    @property
    def num_io_tensors(self):
        return len(self._tensors)

    def get_tensor_name(self, index, /):
        return self._tensors[index].name

    def get_tensor_mode(self, name, /):
        return self._named(name).mode

    def get_tensor_dtype(self, name, /):
        return self._named(name).dtype

    def get_tensor_shape(self, name, /):
        return self._named(name).shape

    def create_execution_context(self):
        memory = DeviceMemory("execution context")
        if memory.result:
            self._logger.log(ILogger.Severity.ERROR, "Out of memory for the context.")
            return None
        return IExecutionContext(self, memory)

    def _named(self, name):
        return next(each for each in self._tensors if each.name == name)


class IExecutionContext:
    def __init__(self, engine, memory):
        self._engine = engine
        self._memory = memory
        self._lazily = None
        self._addresses = {}
        self._shapes = {}

    def set_input_shape(self, name, shape, /):
        for each in self._engine._tensors:
            if each.name == name and each.mode is TensorIOMode.INPUT:
                pairs = zip(each.shape, shape, strict=True)
                if all(stated in (-1, wanted) for stated, wanted in pairs):
                    self._shapes[name] = tuple(shape)
                    return True
        return self._refuse(f"setInputShape: {name} {shape} does not fit")

    def set_tensor_address(self, name, memory, /):
        if name not in [each.name for each in self._engine._tensors]:
            return self._refuse(f"setTensorAddress: no tensor {name}")
        self._addresses[name] = int(memory)
        return True

    def execute_async_v3(self, stream_handle):
        tensors = self._engine._tensors
        if not stream_handle:
            return self._refuse("enqueueV3: on the default stream")
        for each in tensors:
            if each.name not in self._addresses:
                return self._refuse(f"enqueueV3: no address is set for {each.name}")
        if self._lazily is None:
            self._lazily = DeviceMemory("execution context")
            if self._lazily.result:
                self._lazily = None
                return self._refuse("enqueueV3: no memory")
        accesses = [
            (self._addresses[each.name], self._size(each), each.mode is TensorIOMode.OUTPUT)
            for each in tensors
        ]
        accesses.append((self._memory.address.value, SCRATCH, True))
        addresses, sizes, writes = zip(*accesses, strict=True)
        count = len(accesses)
        callback = CALLBACK(self._run())
        _callbacks.append(callback)
        result = _driver.fake_enqueue(
            ctypes.c_void_p(stream_handle),
            b"inference",
            callback,
            count,
            (ctypes.c_uint64 * count)(*addresses),
            (ctypes.c_size_t * count)(*sizes),
            (ctypes.c_int * count)(*writes),
        )
        return not result or self._refuse(f"enqueueV3: CUDA error {result}")

    def _run(self):
        """A function that computes with the addresses of now."""
        session, tensors = self._engine._session, self._engine._tensors
        places = {
            each.name: (self._addresses[each.name], self._size(each), self._shape(each))
            for each in tensors
        }

        def memory(each):
            address, size, shape = places[each.name]
            real = _driver.fake_real(address, size)
            array = np.frombuffer((ctypes.c_char * size).from_address(real), each.dtype.value)
            return array.reshape(shape)

        def run(nothing):
            try:
                given = [each for each in tensors if each.mode is TensorIOMode.INPUT]
                wanted = [each for each in tensors if each.mode is TensorIOMode.OUTPUT]
                inputs = {each.name: memory(each).copy() for each in given}
                results = session.run([each.name for each in wanted], inputs)
                for each, result in zip(wanted, results, strict=True):
                    memory(each)[...] = result
            except Exception:
                return CUDA_ERROR_LAUNCH_FAILED
            return 0

        return run

    def _shape(self, tensor):
        shape = self._shapes.get(tensor.name, tensor.shape)
        return tuple(1 if each == -1 else each for each in shape)

    def _size(self, tensor):
        return math.prod(self._shape(tensor)) * np.dtype(tensor.dtype.value).itemsize

    def _refuse(self, message):
        self._engine._logger.log(ILogger.Severity.ERROR, message)
        return False


class NetworkDefinitionCreationFlag(enum.IntEnum):
    STRONGLY_TYPED = 1


class MemoryPoolType(enum.Enum):
    WORKSPACE = 0


class ProfilingVerbosity(enum.Enum):
    DETAILED = 2


class IProgressMonitor:
    def __init__(self):
        pass


class INetworkDefinition:
    model = b""
    tensors = ()

    @property
    def num_inputs(self):
        return len(self._of(TensorIOMode.INPUT))

    @property
    def num_outputs(self):
        return len(self._of(TensorIOMode.OUTPUT))

    def get_input(self, index, /):
        return self._of(TensorIOMode.INPUT)[index]

    def get_output(self, index, /):
        return self._of(TensorIOMode.OUTPUT)[index]

    def _of(self, mode):
        return [each for each in self.tensors if each.mode is mode]


class OnnxParser:
    num_errors = 0

    def __init__(self, network, logger, /):
        self._network = network

    def parse_from_file(self, path, /):
        with open(path, "rb") as file:
            self._network.model = file.read()
        self._network.tensors = _tensors(_session(self._network.model))
        return True


class ITimingCache:
    def serialize(self):
        return b""


class IBuilderConfig:
    builder_optimization_level = 3
    profiling_verbosity = None
    progress_monitor = None

    def set_memory_pool_limit(self, pool, pool_size, /):
        pass

    def add_optimization_profile(self, profile, /):
        return 0

    def create_timing_cache(self, serialized_timing_cache, /):
        return ITimingCache()

    def set_timing_cache(self, cache, /, ignore_mismatch):
        return True

    def get_timing_cache(self):
        return ITimingCache()


class IOptimizationProfile:
    def set_shape(self, input, min, opt, max, /):
        pass


class Builder:
    num_DLA_cores = 0

    def __init__(self, logger, /):
        pass

    def create_network(self, flags=0, /):
        return INetworkDefinition()

    def create_builder_config(self):
        return IBuilderConfig()

    def create_optimization_profile(self):
        return IOptimizationProfile()

    def build_serialized_network(self, network, config, /):
        return MAGIC + network.model
