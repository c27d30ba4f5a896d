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
from rtseg.engine.package import FASTEST_FIRST, MANIFEST, Manifest, ModelPackage, user_store
from rtseg.engine.trt_builder import Installed
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
            how = f"with: --model {manifest.origin.model} --backend tensorrt"
            raise EngineError(
                f"{self.name!r} is an engine for {manifest.backend}, not a model: "
                + (f"run it {how}" if manifest.backend == "tensorrt" else "nothing here runs it")
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


def fitting(package: ModelPackage, precision: str, here: Installed) -> StoredEngine:
    """The engine of this model, size and precision, one picture at a time, that can run here.

    precision "auto": the fastest that was built. Raises EngineError that says what to build.
    """
    wanted = FASTEST_FIRST if precision == "auto" else (precision,)
    found = _built(package, here.module)
    reasons = {each: misfit(found[each].manifest, here) for each in wanted if each in found}
    for each, reason in reasons.items():
        if not reason:
            return open_stored(found[each].name)
    asked = "fp16" if precision == "auto" else precision
    calibration = " --calibration YOUR_PICTURES" if asked == "int8" else ""
    why = (
        f"the {here.module} engine in the store does not fit: {next(iter(reasons.values()))}"
        if reasons
        else ""
    )
    raise EngineError(
        f"{why or f'no {here.module} engine of {package.name!r} in {asked} was built'}; build one "
        f"with: rtseg build {package.name} --backend {here.module} --precision {asked}{calibration}"
    )


def _built(package: ModelPackage, backend: str) -> dict[str, StoredEngine]:
    """By precision, whatever can be read of this model at its own size."""
    spec, source = package.spec, package.manifest.files.get("fp32")
    built = {}
    for name in engine_names():
        with suppress(EngineError):
            folder = engines_folder() / name
            manifest = read_engine_manifest(folder)
            batches = {each.shape[0] for each in manifest.tensors}
            same = source is not None and manifest.origin.sha256 == source.sha256
            same = same and (manifest.spec.height, manifest.spec.width) == (spec.height, spec.width)
            if same and manifest.backend == backend and batches <= {1, -1}:
                built[manifest.precision.asked] = StoredEngine(folder, manifest)
    return built


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
