"""TensorRT and TensorRT-RTX build an engine here, in a process of its own; nothing else does.

``python -m rtseg.engine.trt_builder`` with one JSON object on stdin: a ``BuildOrder``, or
``{"module": NAME}`` to be told what is installed. It answers as rtseg/worker.py has it.
A builder can run out of memory or crash: then only this process dies.

One path serves TensorRT 10.0 to 11.x and RTX, since the precision is in the graph: a strongly
typed network, no flags, no calibrator. 8.5 and 8.6 know no such network; for them FP16 and INT8
are flags (best effort: never executed). Branches ask what a module has, never for its version.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rtseg.engine.gpu import find_gpu
from rtseg.errors import EngineError

if TYPE_CHECKING:
    import tensorrt as trt
    from tensorrt import Builder, IBuilderConfig, INetworkDefinition, OnnxParser

MODULES = {"tensorrt": "tensorrt", "rtx": "tensorrt_rtx"}
"""Backend -> the package that builds and runs its engines."""

RTX_TARGETS = ("SM80", "SM86", "SM89", "SM120")
"""What an RTX engine is for where no GPU says it: Ampere to Blackwell. Turing's would be larger
by a factor of twenty; the list has no Jetson at all."""

DTYPES = {"FLOAT": "float32", "HALF": "float16"}
"""numpy's names, where TensorRT's are others."""

NOISE = "cudaError"
"""Without a driver every message is followed by one that says only that."""


@dataclass(frozen=True)
class BuildOrder:
    """module: "tensorrt" or "tensorrt_rtx". batch: smallest, usual and largest number of pictures,
    None for a network of fixed shape. workspace: MiB, 0 for all there is. timing_cache: a file
    that is read if there, then written; "" for none.
    """

    module: str
    network: str
    engine: str
    precision: str
    batch: tuple[int, int, int] | None = None
    workspace: int = 0
    dla: bool = False
    timing_cache: str = ""


@dataclass(frozen=True)
class Installed:
    """gpu, cuda: "" and sm: 0 where there is none. typed: whether it builds strongly typed
    networks; old ones want their precision as flags.
    """

    module: str
    version: str
    typed: bool
    dla_cores: int
    gpu: str
    sm: int
    cuda: str


def installed(module: str) -> Installed:
    load(module)
    gpu = find_gpu()
    builder = trt.Builder(trt.Logger(trt.Logger.ERROR)) if gpu else None
    return Installed(
        module=module,
        version=trt.__version__,
        typed=hasattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED"),
        dla_cores=getattr(builder, "num_DLA_cores", 0),
        gpu=gpu.name if gpu else "",
        sm=gpu.sm if gpu else 0,
        cuda=gpu.cuda if gpu else "",
    )


def build(order: BuildOrder) -> dict[str, Any]:
    """Write the engine; returns its tensors and what it is for. Raises EngineError."""
    load(order.module)
    logger = listener(trt)
    builder = trt.Builder(logger)
    network = builder.create_network(_creation_flags())
    parser = trt.OnnxParser(network, logger)
    _say(phase="parse")
    if not parser.parse_from_file(order.network):
        raise EngineError(_parser_errors(parser))
    if network.num_outputs == 0:
        raise EngineError("the parser found a network without outputs: the file holds none")
    config = builder.create_builder_config()
    targets = _configure(config, order)
    if order.batch:
        _add_profile(builder, config, network, batch=order.batch)
    _say(phase="build")
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EngineError(f"{order.module} could not build the network: {logger.reason()}")
    Path(order.engine).write_bytes(cast(bytes, memoryview(plan)))
    _keep_timing(config, order)
    return {"targets": targets, "tensors": _tensors(network, order.batch)}


def load(module: str) -> None:
    """As ``trt``: this process has one of the two, for the whole of its life."""
    try:
        globals()["trt"] = import_module(module)
    except ImportError as error:
        raise EngineError(f"{module} cannot be loaded: {error}") from error


def _creation_flags() -> int:
    kinds = trt.NetworkDefinitionCreationFlag
    name = "STRONGLY_TYPED" if hasattr(kinds, "STRONGLY_TYPED") else "EXPLICIT_BATCH"
    return 1 << int(getattr(kinds, name))


def _configure(config: IBuilderConfig, order: BuildOrder) -> list[str]:
    if order.workspace:
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, order.workspace << 20)
    if hasattr(config, "builder_optimization_level"):
        config.builder_optimization_level = 3
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    if hasattr(config, "progress_monitor"):
        config.progress_monitor = _monitor()
    if not hasattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED"):
        _set_precision_flags(config, order.precision)
    if order.dla:
        _use_dla(config)
    if hasattr(config, "num_compute_capabilities"):
        return _set_targets(config)
    _read_timing(config, order)
    return []


def _set_precision_flags(config: IBuilderConfig, precision: str) -> None:
    """For 8.5 and 8.6. An INT8 network's other layers become FP16."""
    if precision in ("fp16", "int8"):
        config.set_flag(trt.BuilderFlag.FP16)
    if precision == "int8":
        config.set_flag(trt.BuilderFlag.INT8)


def _use_dla(config: IBuilderConfig) -> None:
    config.default_device_type = trt.DeviceType.DLA
    config.DLA_core = 0
    config.set_flag(trt.BuilderFlag.GPU_FALLBACK)


def _set_targets(config: IBuilderConfig) -> list[str]:
    """Never by number: an integer makes a capability without a name, which fails late."""
    names = ("CURRENT",) if find_gpu() else RTX_TARGETS
    config.num_compute_capabilities = len(names)
    for place, name in enumerate(names):
        config.set_compute_capability(getattr(trt.ComputeCapability, name), place)
    return list(names)


def _add_profile(
    builder: Builder, config: IBuilderConfig, network: INetworkDefinition, *, batch: tuple[int, ...]
) -> None:
    profile = builder.create_optimization_profile()
    for place in range(network.num_inputs):
        tensor = network.get_input(place)
        rest = tuple(tensor.shape)[1:]
        profile.set_shape(tensor.name, *[(count, *rest) for count in batch])
    if config.add_optimization_profile(profile) < 0:
        raise EngineError(f"the batch sizes {batch} do not fit the network's input: ask for others")


def _read_timing(config: IBuilderConfig, order: BuildOrder) -> None:
    if order.timing_cache:
        path = Path(order.timing_cache)
        cache = config.create_timing_cache(path.read_bytes() if path.is_file() else b"")
        config.set_timing_cache(cache, ignore_mismatch=False)


def _keep_timing(config: IBuilderConfig, order: BuildOrder) -> None:
    if order.timing_cache and not hasattr(config, "num_compute_capabilities"):
        path = Path(order.timing_cache)
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(cast(bytes, memoryview(config.get_timing_cache().serialize())))
        part.replace(path)


def _tensors(
    network: INetworkDefinition, batch: tuple[int, int, int] | None
) -> list[dict[str, Any]]:
    both = [
        ("input", network.num_inputs, network.get_input),
        ("output", network.num_outputs, network.get_output),
    ]
    return [
        {
            "name": tensor.name,
            "mode": mode,
            "dtype": DTYPES.get(tensor.dtype.name, tensor.dtype.name.lower()),
            "shape": list(tensor.shape),
            "batches": list(batch or ()),
        }
        for mode, count, get in both
        for tensor in map(get, range(count))
    ]


def _parser_errors(parser: OnnxParser) -> str:
    """Operator, name and line of the model's first error; how many there are besides."""
    errors = [parser.get_error(place) for place in range(parser.num_errors)]
    if not errors:
        return "the parser refused the network without a word"
    first = errors[0]
    # For some operators that it lacks, the parser's description is "false".
    words = "it is not supported" if first.desc() in ("false", "") else first.desc()
    who = [getattr(first, each, str)() for each in ("node_operator", "node_name")]
    node = " ".join(part for part in (who[0], repr(who[1]) if who[1] else "") if part)
    where = (
        f"{node or 'the network'} (node {first.node()}, {Path(first.file()).name}:{first.line()})"
    )
    more = f"; {len(errors) - 1} more" if errors[1:] else ""
    return f"the parser refuses {where}: {words}{more}"


def listener(runtime: Any) -> Any:
    """A logger that remembers what was complained of last; a runtime can have one only."""

    class Complaints(runtime.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            runtime.ILogger.__init__(self)
            self._last = "it gave no reason"

        def log(self, severity: Any, message: str) -> None:
            if severity <= runtime.ILogger.Severity.ERROR and NOISE not in message:
                self._last = " ".join(message.split())

        def reason(self) -> str:
            return self._last

    return Complaints()


def _monitor() -> Any:
    class Steps(trt.IProgressMonitor):
        """Says how far it is; called on the builder's own threads."""

        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            self._steps[phase_name] = num_steps

        def step_complete(self, phase_name: str, step: int) -> bool:
            _say(phase=phase_name, step=step + 1, steps=self._steps.get(phase_name, 0))
            return True

        def phase_finish(self, phase_name: str) -> None:
            self._steps.pop(phase_name, None)

    return Steps()


def _say(**event: Any) -> None:
    print(json.dumps(event), flush=True)  # noqa: T201  # the parent process reads it


def main() -> int:
    order = json.load(sys.stdin)
    try:
        if set(order) == {"module"}:
            _say(done=asdict(installed(order["module"])))
        else:
            _say(done=build(BuildOrder(**order)))
    except EngineError as error:
        _say(error=str(error), exit_code=error.exit_code)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
