"""Tables that grow row by row on disk."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from rtseg.errors import SinkError
from rtseg.sink.file import DiskFile

Row: TypeAlias = Mapping[str, int | float | str]

ROWS_PER_GROUP = 100
SECONDS_PER_GROUP = 1.0


class Rows(Protocol):
    """All rows have the same keys in the same order. Errors are OSErrors.

    crash_safe: whether the rows so far can be read while the file is open, or after a crash.
    """

    crash_safe: bool

    def append(self, row: Row) -> None: ...

    def close(self) -> None:
        """May be called twice."""


class CsvRows:
    """RFC 4180, UTF-8, with a header."""

    crash_safe = True

    def __init__(self, path: Path) -> None:
        self._lines = _LineFile(path)
        self._empty = True

    def append(self, row: Row) -> None:
        text = io.StringIO()
        writer = csv.writer(text)
        if self._empty:
            writer.writerow(row.keys())
        writer.writerow(row.values())
        self._lines.append(text.getvalue())
        self._empty = False

    def close(self) -> None:
        self._lines.close()


class JsonRows:
    """One JSON object a line."""

    crash_safe = True

    def __init__(self, path: Path) -> None:
        self._lines = _LineFile(path)

    def append(self, row: Mapping[str, Any]) -> None:
        self._lines.append(json.dumps(row) + "\n")

    def close(self) -> None:
        self._lines.close()


class ParquetRows:
    """Row groups of a second or a hundred rows; the file can be read once it was closed."""

    crash_safe = False

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise SinkError(
                f"cannot write {str(path)!r}: Parquet needs pyarrow: pip install 'rtseg[parquet]'"
            ) from error
        self._pyarrow = pyarrow
        self._path = path
        self._writer: Any = None
        self._group: list[Row] = []
        self._flushed_seconds = time.monotonic()

    def append(self, row: Row) -> None:
        self._group.append(row)
        waited = time.monotonic() - self._flushed_seconds
        if len(self._group) >= ROWS_PER_GROUP or waited >= SECONDS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        try:
            self._flush()
        finally:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()

    def _flush(self) -> None:
        group, self._group = self._group, []
        self._flushed_seconds = time.monotonic()
        if not group:
            return
        table = self._pyarrow.Table.from_pylist(group)
        if self._writer is None:
            self._writer = self._pyarrow.parquet.ParquetWriter(str(self._path), table.schema)
        self._writer.write_table(table)


class _LineFile:
    """Every line reaches the system at once, and wholly or not at all."""

    def __init__(self, path: Path) -> None:
        self._file = DiskFile(path, "w")

    def append(self, lines: str) -> None:
        start = self._file.tell()
        try:
            self._file.write(lines.encode())
        except OSError:
            self._file.truncate(start)
            raise

    def close(self) -> None:
        self._file.close()
