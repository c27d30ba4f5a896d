"""The store of built engines: one folder each, whole or not there at all.

An engine is written under another name and moved into place at the end, with a lock held: two
processes that build the same one do it one after the other, and a kill leaves nothing half done.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rtseg.engine.engine_manifest import (
    EngineManifest,
    check_files,
    read_engine_manifest,
    write_engine_manifest,
)
from rtseg.engine.graph import SCORES
from rtseg.engine.package import FASTEST_FIRST, MANIFEST, Manifest, ModelPackage, user_store
from rtseg.engine.trt_builder import MODULES, Installed
from rtseg.errors import EngineError, SinkError
from rtseg.labels import BUILT_IN, LabelSet, learn

CHECKOUT = Path(__file__).parents[2]
ENGINE, NETWORK = "engine.plan", "network.onnx"
PART, OLD, LOCK = ".part", ".old", ".lock"
"""Ends of names that begin with a dot: being written, being replaced, being built."""


@dataclass(frozen=True)
class StoredEngine:
    folder: Path
    manifest: EngineManifest

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def path(self) -> Path:
        """Of the file that a runtime loads."""
        return self.folder / self.manifest.files["engine"].file

    def as_package(self) -> ModelPackage:
        """As a model whose one file is the engine: OpenVINO's are ONNX files, and run as such.

        Raises EngineError for any other.
        """
        manifest = self.manifest
        if manifest.backend != "openvino":
            raise EngineError(
                f"{self.name!r} is an engine for {manifest.backend}, not a model: run it with: "
                f"--model {manifest.origin.model} --backend {manifest.backend}"
            )
        if manifest.spec.labels not in BUILT_IN:
            learn(LabelSet.of_classes(manifest.spec.labels, manifest.classes, source=self.name))
        return ModelPackage(
            self.folder,
            Manifest(
                format=manifest.format,
                name=self.name,
                network=manifest.origin.model,
                spec=manifest.spec,
                files={manifest.precision.asked: manifest.files["engine"]},  # type: ignore[dict-item]
                licence=f"that of {manifest.origin.model}",
                data=f"that of {manifest.origin.model}",
                made={"command": manifest.command},
                accuracy=[],
            ),
        )


def engines_folder() -> Path:
    """``$RTSEG_HOME/engines``, else the checkout's, else the per-user store's."""
    if "RTSEG_HOME" not in os.environ and (CHECKOUT / "engines" / "README.md").is_file():
        return CHECKOUT / "engines"
    return user_store() / "engines"


def engine_names() -> list[str]:
    """Of whatever is in the store, also of what cannot be read."""
    return names_in(engines_folder())


def names_in(store: Path) -> list[str]:
    """Of the folders of a store; those with a dot are being written, or replaced."""
    if not store.is_dir():
        return []
    return sorted(
        each.name for each in store.iterdir() if each.is_dir() and not each.name.startswith(".")
    )


def open_stored(reference: str) -> StoredEngine:
    """By name or folder, checked: its manifest and the hash of every file. Raises EngineError."""
    folder = folder_of(reference)
    manifest = read_engine_manifest(folder)
    check_files(folder, manifest)
    return StoredEngine(folder, manifest)


def holds_engine(reference: str) -> bool:
    return any((each / ENGINE).is_file() for each in _places(reference))


def folder_of(reference: str) -> Path:
    for folder in _places(reference):
        if (folder / MANIFEST).is_file():
            return folder
    there = ", ".join(engine_names()) or "none yet, `rtseg build` makes some"
    raise EngineError(f"no engine named {reference!r}; there are: {there}")


def _places(reference: str) -> tuple[Path, ...]:
    return (engines_folder() / reference, Path(reference)) if reference else ()


def misfit(manifest: EngineManifest, here: Installed) -> str:
    """Why this engine cannot run with that TensorRT on that GPU; "" if it can."""
    built = manifest.built_with
    if built.version != here.version:
        return f"it was built by {built.runtime} {built.version}, here is {here.version}"
    if not here.gpu:
        return "" if not built.gpu else f"it was built on a {built.gpu}, here is no GPU"
    if built.targets and built.targets != ["CURRENT"]:
        if f"SM{here.sm}" not in built.targets:
            return f"it was built for {' '.join(built.targets)}, this GPU is SM{here.sm}"
        return ""
    if (built.gpu, built.sm) != (here.gpu, here.sm):
        return (
            f"it was built on a {built.gpu or 'machine without GPU'} (SM{built.sm}), here is a "
            f"{here.gpu} (SM{here.sm})"
        )
    return ""


def fitting(
    package: ModelPackage, precision: str, here: Installed, *, scores: bool = False
) -> StoredEngine:
    """The engine of this model and size that can run here, one picture at a time.

    precision "auto": the fastest that was built. scores: whether it must have them; one that has
    more than is asked for, or takes more pictures, serves where no other does. Raises EngineError
    that says what to build.
    """
    wanted = FASTEST_FIRST if precision == "auto" else (precision,)
    backend = next(each for each, module in MODULES.items() if module == here.module)
    built = _built(package, backend)
    found = [
        engine for each in wanted for engine in built if engine.manifest.precision.asked == each
    ]
    reasons = []
    for engine in found:
        reason = _unserving(engine.manifest, scores=scores) or misfit(engine.manifest, here)
        if not reason:
            return open_stored(engine.name)
        reasons.append(f"the {backend} engine {engine.name!r} does not fit: {reason}")
    asked = "fp16" if precision == "auto" else precision
    calibration = " --calibration YOUR_PICTURES" if asked == "int8" else ""
    why = next(iter(reasons), f"no {backend} engine of {package.name!r} in {asked} was built")
    raise EngineError(
        f"{why}; build one with: rtseg build {package.name} --backend {backend} --precision "
        f"{asked}{calibration}{' --scores' if scores else ''}"
    )


def _unserving(manifest: EngineManifest, *, scores: bool) -> str:
    """Why rtseg cannot run it on any machine as it is asked to; "" if it can."""
    batch = manifest.tensors[0].shape[0]
    if batch > 1:
        return f"it takes {batch} pictures at once, rtseg gives it one (--dynamic takes either)"
    if scores and SCORES not in {each.name for each in manifest.tensors}:
        return "it has no scores, which --smooth, --keyframe and confidence need"
    return ""


def _built(package: ModelPackage, backend: str) -> list[StoredEngine]:
    """Whatever can be read of this model at its own size, the plainest first."""
    spec, source = package.spec, package.manifest.files.get("fp32")
    built = []
    for name in engine_names():
        with suppress(EngineError):
            folder = engines_folder() / name
            manifest = read_engine_manifest(folder)
            same = source is not None and manifest.origin.sha256 == source.sha256
            same = same and (manifest.spec.height, manifest.spec.width) == (spec.height, spec.width)
            if same and manifest.backend == backend:
                built.append(StoredEngine(folder, manifest))
    return sorted(built, key=lambda each: _extras(each.manifest))


def _extras(manifest: EngineManifest) -> tuple[int, bool]:
    """How many outputs, and whether for any number of pictures."""
    return len(manifest.tensors), manifest.tensors[0].shape[0] == -1


@contextmanager
def building(name: str) -> Iterator[Path]:
    """A folder to build in, the only process that builds ``name``; waits for another that does.

    ``keep`` moves the folder into the store; without it nothing is left. Raises SinkError.
    """
    store = engines_folder()
    part = store / f".{name}{PART}"
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = (store / f".{name}{LOCK}").open("w", encoding="utf-8")
    except OSError as error:
        raise SinkError(f"cannot write into {str(store)!r}: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir()
            yield part
        except OSError as error:
            raise SinkError(
                f"cannot write into {str(part)!r}: {error.strerror}; make room, then build again"
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)


def keep(part: Path, manifest: EngineManifest) -> StoredEngine:
    """Seal what ``building`` gave and move it into its place. Raises OSError."""
    write_engine_manifest(part, manifest)
    return StoredEngine(move_in(part, manifest.name), manifest)


def move_in(part: Path, name: str) -> Path:
    """Give a folder that was written in a store its ``name`` there, in place of what has it.

    Raises OSError.
    """
    folder, old = part.with_name(name), part.with_name(f".{name}{OLD}")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def remove(name: str) -> None:
    """Raises EngineError for what is no engine of the store."""
    if name not in engine_names():
        raise EngineError(f"the store has no engine {name!r}; `rtseg engines` lists them")
    shutil.rmtree(engines_folder() / name)


def leftovers() -> list[Path]:
    """Of builds that were killed: nobody holds their lock."""
    store = engines_folder()
    found = store.iterdir() if store.is_dir() else ()
    return sorted(
        path
        for path in found
        if path.name.startswith(".")
        and path.suffix in (PART, OLD)
        and not _is_locked(store / f"{path.stem}{LOCK}")
    )


def _is_locked(lock: Path) -> bool:
    try:
        with lock.open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
