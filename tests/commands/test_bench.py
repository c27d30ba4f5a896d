from __future__ import annotations

import json
import os
import re
import signal
import threading
from dataclasses import asdict

import cv2
import numpy as np
import pytest
from channel_model import BLUE, GREEN, RED, channel_model, picture
from reading_pages import Page

from rtseg.bench.order import Order
from rtseg.commands import main
from rtseg.commands.bench_race import CHILD
from rtseg.engine.package import DEFAULT_MODEL
from rtseg.errors import UsageError
from rtseg.worker import Worker

ROAD = "test://road?size=96x160&frames=400"


def call(capsys, *words):
    code = main(["bench", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return channel_model(tmp_path_factory.mktemp("models") / "channels")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """60 pictures of three colours, 90 x 160."""
    folder = tmp_path_factory.mktemp("pictures")
    image = cv2.resize(picture(RED, GREEN, BLUE), (160, 90), interpolation=cv2.INTER_NEAREST)
    for index in range(60):
        cv2.imwrite(str(folder / f"{index}.png"), image[..., ::-1])
    return folder


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The default model on the synthetic road, once: its result, its folder."""
    folder = tmp_path_factory.mktemp("report")
    words = ("bench", ROAD, "--duration", "0.5", "--repeat", "1", "--warm-up", "5", "-o", folder)
    code = main([*map(str, words), "--samples", str(folder / "samples.jsonl")])
    assert code == 0
    return json.loads((folder / "report.json").read_text()), folder


def test_the_card_holds_all_that_was_promised(measured):
    result, _ = measured
    (row,) = result["cells"]
    assert (row["model"], row["precision"], row["rounds"]) == (DEFAULT_MODEL, "int8", 1)
    for key in ("capture_fps", "processed_fps", "engine_fps", "cpu_cores", "cpu_ms_per_frame"):
        assert row[key]["median"] > 0
        assert row[key]["rounds"] == [row[key]["median"]]
        assert row[key]["interval"] is None
    assert row["displayed_fps"] is None
    low, middle, high, most = (row["latency_ms"][key] for key in ("p50", "p95", "p99", "max"))
    assert 0 < low <= middle <= high <= most
    assert set(row["stages_ms"]) == {"capture", "preprocess", "inference", "overlay", "sinks"}
    assert row["stages_ms"]["overlay"]["p50"] > 0
    assert row["frames_read"] >= row["frames"] > 0
    assert 0 <= row["deadline"]["share"] <= 1
    assert row["peak_rss_mb"] > 50
    assert row["first_frame_seconds"]["median"] > 0.1
    assert row["accuracy"]["miou"] > 0.6
    assert 0.9 < row["agreement"]["share"] < 1
    assert row["agreement"]["frames"] == 24
    assert row["seconds"][0] >= 0.5
    assert len(row["sha256"]) == 64
    assert result["machine"]["cores"] >= 1
    assert result["machine"]["versions"]["openvino"]
    assert result["warm_up"].startswith("2 inferences, then 5 frames")
    assert DEFAULT_MODEL in result["recommended"]["words"]
    assert result["recommended"]["target_fps"] == 30


def test_the_report_stands_alone_and_has_its_pictures(measured):
    result, folder = measured
    page = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert page.references == []
    for words in (DEFAULT_MODEL, "processed_fps", "Latency", "no outlier is removed"):
        assert words in page.text
    picture = cv2.imread(str(folder / "bench.png"))
    assert picture.shape[1] == 1100
    assert len(np.unique(picture[::5, ::5].reshape(-1, 3), axis=0)) > 20
    names = ("samples.jsonl", "report.json", "index.html", "bench.png")
    assert result["outputs"] == [str(folder / name) for name in names]


def test_the_figures_follow_from_the_samples(measured):
    result, folder = measured
    rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    counted = [row for row in rows if not row["warm_up"]]
    assert len(rows) - len(counted) == 5
    done = [row["done_nanos"] for row in counted]
    fps = round((len(done) - 1) * 1e9 / (done[-1] - done[0]), 2)
    (row,) = result["cells"]
    assert row["processed_fps"]["rounds"] == [fps]
    worst = max(each["done_nanos"] - each["captured_nanos"] for each in counted)
    assert row["latency_ms"]["max"] == round(worst / 1e6, 3)


def test_a_report_is_compared_with_itself_and_with_a_faster_past(capsys, measured, tmp_path):
    result, folder = measured
    report = folder / "report.json"
    code, out, _ = call(capsys, report, "--history", report, "--json")
    found = json.loads(out)["history"]
    assert code == 0
    assert [each["figure"] for each in found] == ["processed_fps", "engine_fps", "latency_p99_ms"]
    assert {each["ratio"] for each in found} == {1.0}
    for key in ("processed_fps", "engine_fps"):
        figure = result["cells"][0][key]
        figure["rounds"] = [100 * each for each in figure["rounds"]]
    past = tmp_path / "past.json"
    past.write_text(json.dumps(result))
    code, out, err = call(capsys, report, "--history", past)
    assert code == 5
    assert "processed_fps is 0.010 of that in" in err
    assert "WORSE" in out
    result["machine"]["cpu"] = "another"
    past.write_text(json.dumps(result))
    code, _, err = call(capsys, report, "--history", past)
    assert code == 2
    assert "--across-machines" in err


def test_sizes_and_failures_stand_in_one_table(capsys, models, pictures, tmp_path):
    samples = tmp_path / "samples.csv"
    code, out, err = call(
        capsys,
        pictures,
        *("--models", f"{models},nowhere", "--sizes", ",32x48"),
        *("--engine-only", "--duration", "0.2", "--repeat", "1", "--warm-up", "2"),
        *("--min-fps", "0.001", "--samples", samples, "--json"),
    )
    assert code == 5
    assert "nowhere auto auto was not measured; nowhere auto auto 32x48 was not measured" in err
    result = json.loads(out)
    own, other, *failed = result["cells"]
    assert (own["network"], other["network"]) == ([16, 24], [32, 48])
    assert own["engine_fps"]["median"] > 1
    assert "processed_fps" not in own
    assert [each["error"].partition(";")[0] for each in failed] == ["no model named 'nowhere'"] * 2
    # Three bands of one width are the same at both sizes.
    assert (own["agreement"]["share"], other["agreement"]["share"]) == (1, 1)
    assert other["agreement"]["frames"] == 12
    assert result["quality"] == "agreement with FP32"
    assert samples.read_text().startswith("cell,round,warm_up,submitted_nanos,collected_nanos\n")


def test_a_threshold_is_judged_after_the_report_was_written(capsys, models, pictures, tmp_path):
    code, out, err = call(
        capsys,
        pictures,
        *("--models", models, "--mode", "live", "--repeat", "1", "--warm-up", "3"),
        *("--duration", "0.5", "--min-fps", "1e6", "--max-p99-ms", "0.0001", "-o", tmp_path),
    )
    assert code == 5
    assert "is below 1e+06" in err
    assert "is above 0.0001" in err
    result = json.loads((tmp_path / "report.json").read_text())
    (row,) = result["cells"]
    assert (result["mode"], row["source_fps"]) == ("live", 25)
    assert row["deadline"]["period_ms"] == 40
    # Of a live source no more can be asked than it gives.
    assert "24.75 FPS" in out


def test_ctrl_c_keeps_what_was_measured(capsys, models, pictures, tmp_path):
    """The seventh picture is a pipe: who reads it waits until Ctrl-C was pressed here."""
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    paths = [pictures / f"{index}.png" for index in range(12)]
    pictures_list = tmp_path / "list.txt"
    pictures_list.write_text("\n".join(map(str, [*paths[:6], pipe, *paths[6:]])))

    def press() -> None:
        with pipe.open("wb"):
            os.kill(os.getpid(), signal.SIGINT)

    hand = threading.Thread(target=press)
    hand.start()
    code, _, _ = call(
        capsys,
        pictures_list,
        *("--models", models, "--repeat", "3", "--warm-up", "1", "-o", tmp_path / "report"),
    )
    hand.join()
    assert code == 130
    result = json.loads((tmp_path / "report" / "report.json").read_text())
    (row,) = result["cells"]
    assert result["interrupted"]
    assert (row["rounds"], row["agreement"]) == (1, None)
    assert row["processed_fps"]["median"] > 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("absent.mp4", "--sizes", "64"), "is not HxW"),
        (("absent.mp4", "--mode", "quick"), "no mode named 'quick'"),
        (("test://road", "--samples", "s.txt"), "cannot write samples as"),
        (("report.json",), "is no report|cannot read|can only be compared"),
        (("test://road", "--history", "absent.json"), "cannot read 'absent.json'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_measured(capsys, words, complaint):
    code, _, err = call(capsys, *words)
    assert code == 2
    assert re.search(complaint, err)


def test_a_source_that_is_not_there_is_exit_3(capsys):
    code, _, err = call(capsys, "absent.mp4")
    assert code == 3
    assert "absent.mp4" in err


def test_a_child_dies_of_the_same_errors_as_a_run():
    order = Order("road", "test://road", "offline", DEFAULT_MODEL, "auto", "fp16", 1.0, 1)
    with pytest.raises(UsageError, match="has no precision 'fp16'"):
        Worker("it", CHILD).ask(asdict(order), print)
