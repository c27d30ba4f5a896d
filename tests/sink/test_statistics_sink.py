from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtseg.errors import SinkError, UsageError
from rtseg.labels import CAMVID, CITYSCAPES
from rtseg.sink.base import Sink
from rtseg.sink.statistics import Statistics, class_counts
from rtseg.types import Picture

MakePicture = Callable[..., Picture]

SECOND = 1_000_000_000
QUARTERS = [[0, 3], [3, 255]]  # sky 1/4, road 1/2, and a quarter nobody labelled


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
        return rows
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return [
        {name: json.loads(value) for name, value in row.items()}
        for row in csv.DictReader(text.splitlines())
    ]


def test_counting_leaves_out_what_has_no_name() -> None:
    counts = class_counts(np.array([[0, 0, 2], [255, 11, 2]], np.uint8), 11)
    assert counts.tolist() == [2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]
    assert counts.dtype == np.int64


def test_sixteen_million_pixels_are_counted_to_the_last() -> None:
    label_map = np.full((4096, 4096), 7, np.uint8)
    label_map[0, 0] = 3
    assert class_counts(label_map, 11)[[3, 7]].tolist() == [1, 4096 * 4096 - 1]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_row_tells_when_and_how_much(suffix: str, tmp_path: Path, picture: MakePicture) -> None:
    start = time.monotonic_ns() - SECOND
    path = tmp_path / "new" / f"stats{suffix}"
    with Statistics(path, CAMVID) as sink:
        for row, index in enumerate((0, 1, 4)):
            captured = start + row * SECOND // 10
            sink.write(picture(index, labels=QUARTERS, captured_nanos=captured))
    assert isinstance(sink, Sink)
    assert sink.outputs == (path,)
    rows = rows_of(path)
    assert [row["frame"] for row in rows] == [0, 1, 4]
    assert [row["dropped_before"] for row in rows] == [0, 0, 2]
    assert [row["t_capture"] for row in rows] == [0, 0.1, 0.2]
    assert [row["pts_s"] for row in rows] == [0, 0.033333, 0.133333]
    for row in rows:
        assert row["latency_ms"] / 1000 == pytest.approx(row["t_done"] - row["t_capture"], abs=1e-6)
        assert 0.8 <= row["t_done"] < 30
        assert (row["sky_px"], row["road_px"], row["car_px"]) == (768, 1536, 0)  # of 48x64
        assert (row["sky_frac"], row["road_frac"], row["car_frac"]) == (0.25, 0.5, 0)
    assert list(rows[0])[:6] == [
        "frame", "pts_s", "t_capture", "t_done", "latency_ms", "dropped_before",
    ]  # fmt: skip
    assert len(rows[0]) == 6 + 2 * len(CAMVID)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_watched_camera_has_a_column_of_its_faults(
    suffix: str, tmp_path: Path, picture: MakePicture
) -> None:
    path = tmp_path / f"stats{suffix}"
    with Statistics(path, CAMVID) as sink:
        for faults in ((), ("black",), ("frozen", "grey blocks")):
            sink.write(replace(picture(), faults=faults))
    rows = rows_of(path)
    assert [row["health"] for row in rows] == ["ok", "black", "frozen+grey blocks"]
    assert list(rows[0])[5:8] == ["dropped_before", "health", "sky_px"]


def test_blanks_in_class_names_become_underscores(tmp_path: Path, picture: MakePicture) -> None:
    with Statistics(tmp_path / "stats.jsonl", CITYSCAPES) as sink:
        sink.write(picture(labels=[[6]]))
    assert rows_of(tmp_path / "stats.jsonl")[0]["traffic_light_frac"] == 1


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_rows_are_on_disk_before_the_file_is_closed(
    suffix: str, tmp_path: Path, picture: MakePicture
) -> None:
    with Statistics(tmp_path / f"stats{suffix}", CAMVID) as sink:
        for index in range(3):
            sink.write(picture(index))
            assert len(rows_of(tmp_path / f"stats{suffix}")) == index + 1


def test_parquet_is_complete_after_an_error_and_grouped(
    tmp_path: Path, picture: MakePicture
) -> None:
    from pyarrow import parquet

    sink = Statistics(tmp_path / "stats.parquet", CAMVID)
    with pytest.raises(ZeroDivisionError):
        break_down(sink, [picture(index) for index in range(250)])
    file = parquet.ParquetFile(tmp_path / "stats.parquet")
    assert file.metadata.num_rows == 250
    assert file.metadata.num_row_groups >= 3


def break_down(sink: Statistics, pictures: list[Picture]) -> None:
    with sink:
        for each in pictures:
            sink.write(each)
        raise ZeroDivisionError


def test_parquet_without_pyarrow_names_the_pip_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    sink = Statistics(tmp_path / "stats.parquet", CAMVID)
    with pytest.raises(SinkError, match=r"pip install 'rtseg\[parquet\]'"), sink:
        pass


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_full_disk_cuts_no_row_in_half(suffix: str, tmp_path: Path, picture: MakePicture) -> None:
    import resource

    path = tmp_path / f"stats{suffix}"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        with pytest.raises(SinkError, match="frames written before are kept"):
            break_down(Statistics(path, CAMVID), [picture(index) for index in range(99)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes().endswith(b"\n")
    assert 2 <= len(rows_of(path)) < 99


def test_parquet_on_a_full_disk_promises_nothing(tmp_path: Path, picture: MakePicture) -> None:
    (tmp_path / "stats.parquet").symlink_to("/dev/full")
    with (
        pytest.raises(SinkError, match="no space left") as caught,
        Statistics(tmp_path / "stats.parquet", CAMVID) as sink,
    ):
        sink.write(picture())
    assert "kept" not in str(caught.value)
    sink.close()


def test_a_second_run_cannot_write_the_same_file_and_takes_nothing_from_the_first(
    tmp_path: Path, picture: MakePicture
) -> None:
    path = tmp_path / "stats.csv"
    with Statistics(path, CAMVID) as first:
        first.write(picture())
        with pytest.raises(SinkError, match="another run is writing it"), Statistics(path, CAMVID):
            pass
        first.write(picture(1))
    assert len(path.read_text().splitlines()) == 3
    with Statistics(path, CAMVID) as later:
        later.write(picture())
    assert len(path.read_text().splitlines()) == 2


def test_another_suffix_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.csv, \.jsonl, \.parquet"):
        Statistics(tmp_path / "stats.xls", CAMVID)
