"""From ``-o`` and its companions to the sinks of one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rtseg.errors import UsageError
from rtseg.labels import LabelSet
from rtseg.sink.base import Sink
from rtseg.sink.events import Events
from rtseg.sink.folder import FolderSink
from rtseg.sink.images import ImageSequence
from rtseg.sink.labels_video import LabelVideo
from rtseg.sink.masks import MaskFolder
from rtseg.sink.naming import FolderNames, output_kind, refuse_input, stem_of
from rtseg.sink.null import Null
from rtseg.sink.statistics import Statistics
from rtseg.sink.video import OverlayVideo
from rtseg.source.base import Source
from rtseg.source.images import ImageFolder
from rtseg.source.masking import masked
from rtseg.zones.description import read_zones


@dataclass(frozen=True)
class Wanted:
    """What the user asked to be written. outputs: one or more ``-o``; the others add to them."""

    outputs: tuple[str, ...]
    masks: Path | None = None
    label_video: Path | None = None
    stats: Path | None = None
    no_stats: bool = False
    crf: int = 23
    preset: str = "veryfast"
    zones: Path | None = None
    events: str = ""

    def __post_init__(self) -> None:
        if bool(self.zones) != bool(self.events):
            raise UsageError(
                "--zones FILE.toml says what to look at, --events FILE.jsonl, udp://HOST:PORT or - "
                "where to say it: give both or neither"
            )


def make_sinks(wanted: Wanted, source: Source, reference: str, *, labels: LabelSet) -> list[Sink]:
    """Not open yet. ``source`` is open. Raises UsageError where two would write one file."""
    sinks = _Sinks(wanted, source, reference, labels)
    for output in wanted.outputs:
        sinks.add(output)
    if wanted.masks:
        sinks.add_masks(wanted.masks)
    if wanted.label_video:
        sinks.add_labels(wanted.label_video)
    if wanted.stats:
        sinks.add_statistics(wanted.stats)
    if wanted.zones:
        sinks.add_events(wanted.events, wanted.zones)
    return sinks.built


def default_folder(reference: str) -> str:
    """``runs/run/NAME``, numbered so that no earlier run is written over."""
    parent, stem = Path("runs/run"), stem_of(masked(reference))
    number = 1
    while (parent / _numbered(stem, number)).exists():
        number += 1
    return f"{parent / _numbered(stem, number)}/"


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"


class _Sinks:
    def __init__(self, wanted: Wanted, source: Source, reference: str, labels: LabelSet) -> None:
        self.built: list[Sink] = []
        self._wanted, self._source, self._labels = wanted, source, labels
        self._stem = stem_of(masked(reference))
        self._taken: set[Path] = set()

    def add(self, output: str) -> None:
        kind = output_kind(output)
        if kind == "null":
            self.built.append(Null())
            return
        path = Path(output)
        add: dict[str, Callable[[Path], None]] = {
            "video": self._add_video_and_statistics,
            "pictures": self._add_pictures,
            "statistics": self.add_statistics,
            "folder": self._add_folder,
        }
        add[kind](path)

    def add_masks(self, folder: Path) -> None:
        self._claim(folder)
        self._add_files(MaskFolder(folder, self._labels, name_of=self._name_of))

    def add_labels(self, path: Path) -> None:
        self._claim(path)
        self.built.append(LabelVideo(path, fps=self._source.info.fps))

    def add_statistics(self, path: Path) -> None:
        self._claim(path)
        self.built.append(Statistics(path, self._labels))

    def add_events(self, target: str, zones: Path) -> None:
        sink = Events(target, read_zones(zones, self._labels))
        if sink.path is not None:
            self._claim(sink.path)
        self.built.append(sink)

    def _add_video_and_statistics(self, path: Path) -> None:
        self._add_video(path)
        if not self._wanted.no_stats and self._wanted.stats is None:
            self.add_statistics(path.with_name(f"{path.stem}_stats.csv"))

    def _add_video(self, path: Path) -> None:
        self._claim(path)
        info = self._source.info
        self.built.append(
            OverlayVideo(
                path,
                fps=info.fps,
                audio_from=info.path,
                crf=self._wanted.crf,
                preset=self._wanted.preset,
            )
        )

    def _add_pictures(self, path: Path) -> None:
        self._claim(path)
        self._add_files(ImageSequence.numbered(path))

    def _add_folder(self, folder: Path) -> None:
        names = FolderNames(folder, self._stem)
        if isinstance(self._source, ImageFolder):
            self._claim(names.overlay_pictures)
            self._add_files(
                ImageSequence(
                    names.overlay_pictures, name_of=lambda index: f"{self._name_of(index)}.jpg"
                )
            )
        else:
            self._add_video(names.overlay_video)
        if not self._wanted.no_stats and self._wanted.stats is None:
            self.add_statistics(names.statistics)

    def _add_files(self, sink: FolderSink) -> None:
        """A folder that is read may be written to as well, but none of its pictures."""
        pictures = self._source.paths if isinstance(self._source, ImageFolder) else ()
        read = {path.resolve() for path in pictures}
        for index in range(len(pictures)):
            if sink.path_of(index).resolve() in read:
                raise UsageError(
                    f"{str(sink.path_of(index))!r} is an input itself: choose another folder"
                )
        self.built.append(sink)

    def _name_of(self, index: int) -> str:
        if isinstance(self._source, ImageFolder):
            return self._source.name_of(index)
        return f"{index:06d}"

    def _claim(self, path: Path) -> None:
        refuse_input(path, self._source.info.path)
        resolved = path.resolve()
        if resolved in self._taken:
            raise UsageError(f"{str(path)!r} is asked for twice: give each output its own name")
        self._taken.add(resolved)
