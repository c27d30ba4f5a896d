import csv

import pytest
from scripted_recordings import MS, alone, recording

from rtseg.bench.figures import Figures
from rtseg.commands.bench_samples import check_name, write_samples
from rtseg.errors import SinkError, UsageError

ROUNDS = {
    "a": [Figures(recording([0, 100, 200], warm_up=1, stages={"sinks": [1, 2, 3]}))],
    "b": [Figures(recording([0, 50], stages={"sinks": [4, 5]}))] * 2,
}
ROWS = [(0, 0, 1, 0, 0), (0, 0, 0, 1, 100), (0, 0, 0, 2, 200)] + [
    (1, number, 0, frame, 50 * frame) for number in (0, 1) for frame in (0, 1)
]


def essence(row):
    keys = ("cell", "round", "warm_up", "frame")
    return (*(int(row[key]) for key in keys), int(row["done_nanos"]) // MS)


def test_every_frame_of_every_round_is_a_row_and_the_warm_up_is_marked(tmp_path):
    path = tmp_path / "s.csv"
    write_samples(path, ROUNDS)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [essence(row) for row in rows] == ROWS
    assert [int(row["sinks_nanos"]) for row in rows] == [1, 2, 3, 4, 5, 4, 5]


def test_parquet_holds_the_same(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "s.parquet"
    write_samples(path, ROUNDS)
    assert [essence(row) for row in parquet.read_table(path).to_pylist()] == ROWS


def test_the_engine_alone_has_its_inferences_for_rows(tmp_path):
    path = tmp_path / "s.csv"
    write_samples(path, {"a": [Figures(alone([50, 100]))]})
    (first, second) = csv.DictReader(path.read_text().splitlines())
    assert (first["submitted_nanos"], first["collected_nanos"]) == (str(30 * MS), str(50 * MS))
    assert second["collected_nanos"] == str(100 * MS)


def test_what_cannot_be_written_says_so(tmp_path):
    with pytest.raises(SinkError, match=r"s\.csv"):
        write_samples(tmp_path / "absent" / "s.csv", ROUNDS)
    with pytest.raises(UsageError, match=r"name it \.csv, \.jsonl, \.parquet"):
        check_name(tmp_path / "s.txt")
