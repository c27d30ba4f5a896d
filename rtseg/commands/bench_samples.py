"""The raw moments of a benchmark, one row a frame: for whoever trusts no summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rtseg.bench.figures import Figures
from rtseg.bench.recording import Recording
from rtseg.errors import UsageError
from rtseg.sink.file import sink_error
from rtseg.sink.rows import Row
from rtseg.sink.statistics import TABLES


def check_name(path: Path) -> None:
    """Raises UsageError for a kind of file that there is not."""
    if path.suffix.lower() not in TABLES:
        raise UsageError(f"cannot write samples as {path.name!r}: name it {', '.join(TABLES)}")


def write_samples(path: Path, rounds: Mapping[str, Sequence[Figures]]) -> None:
    """``cell`` and ``round`` count from 0, in the order of the result; the warm-up is marked.

    Raises SinkError.
    """
    try:
        table = TABLES[path.suffix.lower()](path)
        try:
            for cell, each in enumerate(rounds.values()):
                for number, figures in enumerate(each):
                    for row in _rows(figures.recording):
                        table.append({"cell": cell, "round": number, **row})
        finally:
            table.close()
    except OSError as error:
        raise sink_error(path, error, written=0) from error


def _rows(recording: Recording) -> Iterator[Row]:
    columns = recording.frames or recording.engine
    stages = {f"{name}_nanos": values for name, values in recording.stages.items()}
    if not recording.frames:
        stages = {}
    names = [*columns, *stages]
    for place, values in enumerate(zip(*columns.values(), *stages.values(), strict=False)):
        yield {"warm_up": int(place < recording.warm_up), **dict(zip(names, values, strict=True))}
