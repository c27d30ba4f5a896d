"""A model package: one folder with a network's files and the manifest that vouches for them.

Reading a package runs nothing from it, but building an engine from its files lets a runtime parse
them: so every file must have the sha256 that the manifest states, and a package should come from
somebody you trust.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

import platformdirs

from rtseg.errors import EngineError, ManifestError, SinkError, UsageError
from rtseg.labels import BUILT_IN, LABEL_SETS, LabelSet, label_set, learn
from rtseg.types import ModelSpec, Precision

FORMAT = 1
MANIFEST = "manifest.json"
SHIPPED = Path(__file__).parents[1] / "weights"
DEFAULT_MODEL = "roadlite-camvid"

FASTEST_FIRST: tuple[Precision, ...] = ("int8", "fp16", "fp32")
"""What ``auto`` takes of the precisions that there are."""


@dataclass(frozen=True)
class ModelFile:
    """file: relative to the package's folder. sha256: of its bytes, in hexadecimal."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` says.

    files: by precision, the file that a CPU runtime loads for it.
    licence: of the weights; data: what they were trained on, and what that allows.
    made: command, seed, steps and seconds of the training run, in this project's terms.
    accuracy: measured results, each with its data set, precision, backend and mIoU (0..1).
    classes: names and R G B colours of a label set that rtseg does not have built in; may be left
    out for one that it has.
    """

    format: int
    name: str
    network: str
    spec: ModelSpec
    files: dict[Precision, ModelFile]
    licence: str
    data: str
    made: dict[str, Any]
    accuracy: list[dict[str, Any]]
    classes: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelPackage:
    """size: (h, w) that its engines shall have; None is that of the files."""

    folder: Path
    manifest: Manifest
    size: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def spec(self) -> ModelSpec:
        spec = self.manifest.spec
        return spec if self.size is None else replace(spec, height=self.size[0], width=self.size[1])

    @property
    def is_resized(self) -> bool:
        return self.spec != self.manifest.spec

    def at(self, height: int, width: int) -> ModelPackage:
        """The same weights for pictures of another size. What fits shows when an engine opens."""
        return replace(self, size=(height, width))

    @property
    def labels(self) -> LabelSet:
        return LABEL_SETS[self.spec.labels]

    def file(self, precision: Precision) -> Path:
        """The file for one precision, after its hash was checked."""
        if precision not in self.manifest.files:
            known = ", ".join(self.manifest.files)
            raise EngineError(f"model {self.name!r} has no {precision} file; it has: {known}")
        entry = self.manifest.files[precision]
        path = self.folder / entry.file
        if not path.is_file():
            raise ManifestError(f"{str(path)!r} is missing, though the manifest beside it names it")
        if sha256_of(path) != entry.sha256:
            raise ManifestError(
                f"{str(path)!r} is not the file that its manifest describes (sha256 differs): "
                "copy the package again, or export it anew"
            )
        return path


def find_package(reference: str) -> ModelPackage:
    """A shipped or stored model by name, any package by its folder, or an engine of OpenVINO."""
    from rtseg.engine.store import holds_engine, open_stored

    if holds_engine(reference):
        return open_stored(reference).as_package()
    folder = Path(reference)
    if (folder / MANIFEST).is_file():
        return read_package(folder)
    known = {path.name: path for path in package_folders()}
    if reference in known:
        return read_package(known[reference])
    if folder.is_dir():
        raise ManifestError(f"{reference!r} is no model package: it has no {MANIFEST}")
    close = difflib.get_close_matches(reference, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(known))}"
    raise EngineError(f"no model named {reference!r}; {hint}")


def package_folders() -> list[Path]:
    """Folders of the shipped models, then of the user's own (``$RTSEG_HOME/models``)."""
    stores = [SHIPPED, user_store() / "models"]
    return [
        folder
        for store in stores
        if store.is_dir()
        for folder in sorted(store.iterdir())
        if (folder / MANIFEST).is_file()
    ]


def user_store() -> Path:
    """Where this user's models and engines live; the variable RTSEG_HOME overrides it."""
    return Path(os.environ.get("RTSEG_HOME") or platformdirs.user_data_dir("rtseg"))


def read_package(folder: Path) -> ModelPackage:
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ManifestError(f"cannot read {str(path)!r}: {error}") from error
    try:
        return ModelPackage(folder, _manifest(raw, path))
    except (TypeError, ValueError, AttributeError) as error:
        raise ManifestError(
            f"{str(path)!r} has a value of another kind than expected ({error}): export it anew"
        ) from error


def write_package(folder: Path, manifest: Manifest) -> ModelPackage:
    """Write ``manifest.json`` beside files that are already there. Raises SinkError."""
    if manifest.spec.labels not in BUILT_IN:
        manifest = replace(manifest, classes=label_set(manifest.spec.labels).classes)
    text = json.dumps(asdict(manifest), indent=2) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SinkError(
            f"cannot write {str(folder / MANIFEST)!r}: {error.strerror}; make room, then repeat "
            "the command"
        ) from error
    return ModelPackage(folder, manifest)


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _manifest(raw: Any, path: Path) -> Manifest:
    values = checked(raw, Manifest, path)
    if values["format"] != FORMAT:
        raise ManifestError(
            f"{str(path)!r} has format {values['format']!r}, this rtseg reads format {FORMAT}"
        )
    spec = checked(values["spec"], ModelSpec, path, prefix="spec.")
    _learn_labels(spec["labels"], values.get("classes", {}), path)
    files: dict[Precision, ModelFile] = {}
    for precision, entry in values["files"].items():
        if precision not in get_args(Precision):
            raise ManifestError(f"{str(path)!r}: files.{precision} is no known precision")
        files[precision] = ModelFile(
            **checked(entry, ModelFile, path, prefix=f"files.{precision}.")
        )
    if not files:
        raise ManifestError(f"{str(path)!r}: files names no file: expected one a precision")
    spec |= {"mean": tuple(spec["mean"]), "std": tuple(spec["std"])}
    return Manifest(**(values | {"spec": ModelSpec(**spec), "files": files}))


def _learn_labels(name: str, classes: dict[str, list[int]], path: Path) -> None:
    try:
        if classes:
            learn(LabelSet.of_classes(name, classes, source=str(path)))
        label_set(name)
    except (UsageError, ValueError, TypeError, AttributeError) as error:
        raise ManifestError(f"{str(path)!r}: spec.labels or classes: {error}") from error


def checked(raw: Any, kind: type, path: Path, *, prefix: str = "") -> dict[str, Any]:
    """The object, whose keys are exactly the fields of ``kind``; one with a default may be missing.

    path, prefix: the file, and where in it the object is. Raises ManifestError that names the key.
    """
    if not isinstance(raw, dict):
        raise ManifestError(
            f"{str(path)!r}: {prefix.rstrip('.') or 'the manifest'} must be an object"
        )
    wanted = {each.name: each.default_factory is MISSING for each in fields(kind)}
    for key in sorted(each for each in wanted if wanted[each] and each not in raw):
        raise ManifestError(f"{str(path)!r} lacks the key {prefix + key!r}")
    for key in sorted(set(raw) - set(wanted)):
        raise ManifestError(f"{str(path)!r} has the unknown key {prefix + key!r}")
    return dict(raw)
