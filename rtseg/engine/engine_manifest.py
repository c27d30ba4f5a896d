"""What an engine says of itself: ``manifest.json`` in its folder of the store.

An engine cannot be asked: TensorRT tells its tensors only after deserialising it, which needs the
GPU and version that it was built for, and RTX not even its precision.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from rtseg.engine.package import MANIFEST, ModelFile, checked, sha256_of
from rtseg.errors import ManifestError
from rtseg.types import ModelSpec

FORMAT = 1
SEAL = "seal"
"""Key of the sha256 over everything else: an edited manifest does not match it."""

RTX_MAGIC, RTX_LENGTH_AT = b"vtrt", 16
"""An RTX engine begins with this, and holds its whole length as uint64 at this offset."""

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """model: name of the package. package: its folder. sha256: of its FP32 ONNX file."""

    model: str
    package: str
    sha256: str


@dataclass(frozen=True)
class Found:
    """asked: the precision wanted. layers: convolutions by the precision they have.

    counted_in: what says so: the runtime itself, or only the ONNX file that it built from.
    """

    asked: str
    layers: dict[str, int]
    counted_in: str


@dataclass(frozen=True)
class TensorFact:
    """shape: -1 for the batch of a dynamic engine; batches: then its least, usual, most."""

    name: str
    mode: str
    dtype: str
    shape: list[int]
    batches: list[int]


@dataclass(frozen=True)
class BuiltWith:
    """targets: compute capabilities by name; empty where gpu and sm say it. cuda: of the driver.

    gpu "": built without a GPU.
    """

    runtime: str
    version: str
    cuda: str
    gpu: str
    sm: int
    targets: list[str]
    dla: bool
    workspace: int


@dataclass(frozen=True)
class Calibration:
    """sha256: over the pictures' own. None of this for FP32 and FP16: those need no pictures."""

    source: str
    pictures: int
    sha256: str


@dataclass(frozen=True)
class Report:
    """The acceptance gate's. executed: whether the engine itself ran. Shares are 0..1."""

    words: str
    executed: bool
    on: str
    frames: str
    pictures: int
    classes: int
    agreement: float
    per_class: dict[str, float | None]


@dataclass(frozen=True)
class EngineManifest:
    """files: "engine" is what a runtime loads, "network" the ONNX file that it was built from.

    spec, classes: as in a model's manifest, at the engine's own size.
    """

    format: int
    name: str
    backend: str
    origin: Origin
    precision: Found
    spec: ModelSpec
    classes: dict[str, list[int]]
    tensors: list[TensorFact]
    built_with: BuiltWith
    calibration: Calibration | None
    report: Report
    command: str
    seconds: float
    files: dict[str, ModelFile]


def write_engine_manifest(folder: Path, manifest: EngineManifest) -> None:
    """Raises OSError: the store knows what was to be written, and where."""
    values = asdict(manifest)
    sealed = values | {SEAL: _seal(values)}
    (folder / MANIFEST).write_text(json.dumps(sealed, indent=2) + "\n", encoding="utf-8")


def read_engine_manifest(folder: Path) -> EngineManifest:
    """Raises ManifestError, in one line that names file and key."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ManifestError(
            f"cannot read {str(path)!r}: {error}; build the engine again"
        ) from error
    if not isinstance(raw, dict) or SEAL not in raw:
        raise ManifestError(f"{str(path)!r} lacks the key {SEAL!r}: it is no engine's manifest")
    seal = raw.pop(SEAL)
    manifest = _manifest(raw, path)
    if seal != _seal(raw):
        raise ManifestError(
            f"{str(path)!r} was edited after it was written (its seal differs): build the engine "
            "again"
        )
    return manifest


def check_files(folder: Path, manifest: EngineManifest) -> None:
    """Raise ManifestError for a file that is missing, cut off, or another."""
    for kind, entry in manifest.files.items():
        path = folder / entry.file
        if not path.is_file():
            raise ManifestError(f"{str(path)!r} is missing: build the engine again")
        if kind == "engine" and manifest.backend == "rtx":
            _check_rtx_header(path)
        if sha256_of(path) != entry.sha256:
            raise ManifestError(
                f"{str(path)!r} is not the file that its manifest describes (sha256 differs): "
                "build the engine again"
            )


def _check_rtx_header(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(64)
    if head[:4] != RTX_MAGIC:
        raise ManifestError(f"{str(path)!r} is no TensorRT-RTX engine: build it again")
    stated = int.from_bytes(head[RTX_LENGTH_AT : RTX_LENGTH_AT + 8], "little")
    if stated != path.stat().st_size:
        raise ManifestError(
            f"{str(path)!r} has {path.stat().st_size} bytes where its header says {stated}: it was "
            "cut off, build the engine again"
        )


def _seal(values: dict[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _manifest(raw: dict[str, Any], path: Path) -> EngineManifest:
    values = checked(raw, EngineManifest, path)
    if raw["format"] != FORMAT:
        raise ManifestError(
            f"{str(path)!r} has format {raw['format']!r}, this rtseg reads format {FORMAT}: build "
            "the engine again"
        )
    parts = {
        "origin": Origin,
        "precision": Found,
        "spec": ModelSpec,
        "built_with": BuiltWith,
        "report": Report,
    }
    try:
        for key, kind in parts.items():
            values[key] = _part(raw[key], kind, path, prefix=f"{key}.")
        if raw["calibration"] is not None:
            values["calibration"] = _part(
                raw["calibration"], Calibration, path, prefix="calibration."
            )
        values["tensors"] = [
            _part(each, TensorFact, path, prefix="tensors.") for each in raw["tensors"]
        ]
        values["files"] = {
            kind: _part(each, ModelFile, path, prefix=f"files.{kind}.")
            for kind, each in raw["files"].items()
        }
        spec = values["spec"]
        triples = {"mean": tuple(spec.mean), "std": tuple(spec.std)}
        values["spec"] = ModelSpec(**(raw["spec"] | triples))
        return EngineManifest(**values)
    except (TypeError, AttributeError) as error:
        raise ManifestError(
            f"{str(path)!r} has a value of another kind than expected ({error}): build the engine "
            "again"
        ) from error


def _part(raw: Any, kind: type[T], path: Path, *, prefix: str) -> T:
    return kind(**checked(raw, kind, path, prefix=prefix))
