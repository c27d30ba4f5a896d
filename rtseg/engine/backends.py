"""Which runtime runs an engine. A new one is one file and one line in BACKENDS."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, cast, overload

from rtseg.engine.base import Engine, ScoringEngine
from rtseg.engine.gpu import find_gpu, the_gpu
from rtseg.engine.package import FASTEST_FIRST, ModelPackage
from rtseg.engine.store import engine_names
from rtseg.engine.trt_builder import MODULES
from rtseg.errors import EngineError, UsageError
from rtseg.types import Precision

BACKENDS = {
    "openvino": ("rtseg.engine.ov", "OpenVinoEngine"),
    "onnxruntime": ("rtseg.engine.ort", "OnnxRuntimeEngine"),
    "tensorrt": ("rtseg.engine.trt", "TensorRtEngine"),
    "rtx": ("rtseg.engine.rtx", "RtxEngine"),
}
"""Name -> (module, class)."""

INSTALL = {
    "openvino": "install it with: pip install rtseg",
    "onnxruntime": "install it with: pip install 'rtseg[onnx]'",
    "tensorrt": "on a Jetson it comes with JetPack; elsewhere: pip install tensorrt",
    "tensorrt_rtx": "install it with: pip install 'rtseg[rtx]'",
    "pycuda": "install it with: pip install 'rtseg[tensorrt]'",
}
"""How to get what an import could not find, by its name."""


def choose_backend(
    name: str, package: ModelPackage, precision: str = "auto", *, scores: bool = False
) -> str:
    """auto: TensorRT or RTX where an engine of this model was built for this GPU, else OpenVINO."""
    if name == "auto":
        fitting = _on_gpu(package, precision, scores=scores)
        return fitting.info.backend if fitting else "openvino"
    if name not in BACKENDS:
        raise UsageError(f"no backend named {name!r}; there are: auto, {', '.join(BACKENDS)}")
    return name


def choose_precision(name: str, package: ModelPackage) -> Precision:
    if name == "auto":
        return next(each for each in FASTEST_FIRST if each in package.manifest.files)
    if name not in (*package.manifest.files, "bf16"):
        known = ", ".join(package.manifest.files)
        raise UsageError(f"model {package.name!r} has no precision {name!r}; it has: auto, {known}")
    return name


@overload
def make_engine(
    backend: str,
    package: ModelPackage,
    precision: str = "auto",
    *,
    depth: int = 2,
    threads: int = 0,
    scores: Literal[False] = False,
) -> Engine: ...


@overload
def make_engine(
    backend: str,
    package: ModelPackage,
    precision: str = "auto",
    *,
    depth: int = 2,
    threads: int = 0,
    scores: Literal[True],
) -> ScoringEngine: ...


def make_engine(
    backend: str,
    package: ModelPackage,
    precision: str = "auto",
    *,
    depth: int = 2,
    threads: int = 0,
    scores: bool = False,
) -> Engine:
    """An engine that is not open yet: enter it on the thread that will use it.

    scores: whether ``collect_scored`` will be asked for; that costs a little on every frame.
    """
    if backend == "auto":
        backend = "openvino"
        if fitting := _on_gpu(package, precision, depth=depth, scores=scores):
            return fitting
    if choose_backend(backend, package) not in MODULES:
        precision = choose_precision(precision, package)
    engine = engine_class(backend)
    return cast(Engine, engine(package, precision, depth=depth, threads=threads, scores=scores))


def engine_class(backend: str) -> Any:
    """Of a backend of BACKENDS. Raises EngineError where what it needs is missing."""
    module, name = BACKENDS[backend]
    if backend in MODULES:
        the_gpu()
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        missing = (error.name or backend).partition(".")[0]
        raise EngineError(
            f"the {backend} backend needs {missing!r} ({error}); "
            f"{INSTALL.get(missing) or INSTALL[MODULES.get(backend, backend)]}"
        ) from error


def _on_gpu(
    package: ModelPackage, precision: str, *, depth: int = 2, scores: bool = False
) -> Engine | None:
    """What ``auto`` takes if it is there. Asked in the order of what it costs: the last step reads
    and hashes the engine."""
    if not engine_names() or find_gpu() is None:
        return None
    for backend, module in MODULES.items():
        if all(map(find_spec, (module, "pycuda"))):
            with suppress(EngineError, UsageError):
                engine = engine_class(backend)
                return cast(Engine, engine(package, precision, depth=depth, scores=scores))
    return None
