"""Which runtime runs an engine. A new one is one file and one line in BACKENDS."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, cast, overload

from rtseg.engine.base import Engine, ScoringEngine
from rtseg.engine.package import ModelPackage
from rtseg.errors import EngineError, UsageError
from rtseg.types import Precision

BACKENDS = {
    "openvino": ("rtseg.engine.ov", "OpenVinoEngine", "rtseg"),
    "onnxruntime": ("rtseg.engine.ort", "OnnxRuntimeEngine", "rtseg[onnx]"),
}
"""Name -> (module, class, what pip must install)."""

PREFERRED: tuple[Precision, ...] = ("int8", "fp16", "fp32")
"""Fastest first: what ``auto`` takes of the precisions a package holds."""


def choose_backend(name: str) -> str:
    if name == "auto":
        return "openvino"
    if name not in BACKENDS:
        raise UsageError(f"no backend named {name!r}; there are: auto, {', '.join(BACKENDS)}")
    return name


def choose_precision(name: str, package: ModelPackage) -> Precision:
    if name == "auto":
        return next(each for each in PREFERRED if each in package.manifest.files)
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
    module, name, extra = BACKENDS[choose_backend(backend)]
    try:
        engine: Any = getattr(import_module(module), name)
    except ImportError as error:
        raise EngineError(
            f"the {backend} backend needs {error.name!r}; install it with: pip install '{extra}'"
        ) from error
    chosen = choose_precision(precision, package)
    return cast(Engine, engine(package, chosen, depth=depth, threads=threads, scores=scores))
