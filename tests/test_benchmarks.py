"""Each measurement script at its smallest: that it runs, and that its arithmetic holds."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from argparse import Namespace
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rtseg.engine.package import DEFAULT_MODEL, package_folders
from rtseg.sink.container import Encoding, VideoFile
from rtseg.sink.planes import yuv420
from rtseg.yuv import BT601

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
FRAMES, FPS = 6, Fraction(25)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one clip: six grey pictures, each brighter than the last."""
    if DEFAULT_MODEL not in {folder.name for folder in package_folders()}:
        pytest.skip(f"the model {DEFAULT_MODEL} is not installed")
    folder = tmp_path_factory.mktemp("clips")
    encoding = Encoding("libx264", "yuv420p", {"preset": "ultrafast"})
    file = VideoFile(folder / "six.mp4", encoding, height=48, width=64, fps=FPS)
    for index in range(FRAMES):
        file.write(yuv420(np.full((48, 64, 3), 40 * index, np.uint8), BT601), index / FPS)
    file.close()
    return folder


def script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / f"{name}.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def imported(name: str, patch: pytest.MonkeyPatch) -> ModuleType:
    patch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module(name)


def test_contestants_run_on_a_clip_and_every_run_is_kept(clips: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ("--repeat", "1", "--only", "decode,naive_video", "--json", report)
    done = script("main_job", clips / "six.mp4", *options)
    assert done.returncode == 0, done.stderr
    said = json.loads(report.read_text("utf-8"))
    (clip,) = said["clips"]
    assert list(clip["fps"]) == ["decode", "naive_video"]
    assert all(len(each["runs"]) == 1 and each["median"] > 0 for each in clip["fps"].values())
    assert (clip["ideal"], clip["speed_up"]) == ({}, {})
    assert said["machine"]["cores"] >= 1


def test_the_ideal_adds_the_times_of_the_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"decode": [300.0], "engine": [150.0], "encode": [100.0]}
    ours = {"null": [70.0, 90.0, 95.0], "naive_null": [30.0]}
    compared = imported("main_job", monkeypatch).compared(parts | ours)
    assert compared["ideal"] == pytest.approx({"null": 100, "video": 50})
    assert compared["efficiency"] == pytest.approx({"null": 0.9})
    assert compared["speed_up"] == pytest.approx({"null": 3})


def test_quartiles_are_runs_where_five_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    said = imported("main_job", monkeypatch).quartiles([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (said["q1"], said["median"], said["q3"]) == (2, 3, 4)


def test_stages_run_alone(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages = imported("stages", monkeypatch)
    assert stages.decode(clips / "six.mp4")["frames"] == FRAMES
    assert stages.infer(clips / "six.mp4", DEFAULT_MODEL, inferences=5)["frames"] == 5
    encoded = stages.encode(clips / "six.mp4", DEFAULT_MODEL)
    assert (encoded["distinct"], encoded["frames"]) == (FRAMES, 300)


def test_prepared_frames_are_cycled_without_a_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    there_and_back = imported("stages", monkeypatch).back_and_forth(["a", "b", "c"])
    assert "".join(next(there_and_back) for _ in range(9)) == "abcbabcba"


def test_start_up_is_within_the_whole_command(clips: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    clip = clips / "six.mp4"
    done = script("start_up", clip, "--repeat", "1", "--rss", clip, "--json", report)
    assert done.returncode == 0, done.stderr
    said = json.loads(report.read_text("utf-8"))
    (first,), (whole,) = (
        said["start_up"][f"{name}_seconds"] for name in ("first_frame", "whole_command")
    )
    assert 0 < first < whole + 0.02  # the process's own age comes in steps of 10 ms
    assert said["peak_rss"]["frames"] == FRAMES
    kernel, own = said["peak_rss"]["kernel_mb"], said["peak_rss"]["own_mb"]
    assert kernel > own - 0.1 > 50  # its own is rounded, and taken a moment before its end


def test_one_unreadable_clip_fails_the_folder(clips: Path, tmp_path: Path) -> None:
    (tmp_path / "six.mp4").write_bytes((clips / "six.mp4").read_bytes())
    (tmp_path / "text.mp4").write_text("no video", encoding="utf-8")
    done = script("clips", tmp_path)
    assert done.returncode == 1
    assert "1 of 2 clips pass" in done.stdout, done.stdout + done.stderr


def test_lost_frames_times_and_sound_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported("clips", monkeypatch)
    step = Fraction(1, 25)
    before = module.Decoded([step * index for index in range(4)], step, 4 * step, audio=True)
    after = module.Decoded([0 * step, step, step], step, 2 * step, audio=False)
    report = {"frames_read": 4, "frames_written": 4}
    assert list(module.faults(report, before, before)) == []
    assert list(module.faults(report, before, after)) == [
        "frames 4 read, 4 written, 4 decodable in the input, 3 decodable in the output",
        "1 output times do not increase",
        "lasts 0.080 s, the input 0.160 s",
        "the sound was lost",
    ]


def test_the_zoo_table_says_what_was_measured_where(monkeypatch: pytest.MonkeyPatch) -> None:
    zoo = imported("zoo", monkeypatch)
    speed = {"ms": 12.34, "reference_ms": 5.0, "ratio": 2.468}
    found = {"measured_at": "384x512", "fp32": speed, "int8": speed, "agreement": 0.987}
    row = {"network": "enet", "load": [0.25], "parameters": 0.3643, "gmacs": 1.7236}
    row["sizes"] = {"352x480": found | {"classes": 11}}
    failed = {"network": "unet-r18", "error": "exit 1: out of | memory"}
    machine = {"cpu": "Fast", "cores": 2, "versions": dict.fromkeys(zoo.TOOLS, "1")}
    machine["versions"]["openvino"] = "2"
    again = {"sizes": {"352x480": {each: {"ratio": 1.01} for each in zoo.PRECISIONS}}}
    report = {"machine": machine, "networks": [failed, row], "again": again}
    said = zoo.markdown(report)
    assert "| enet | yes | 0.364 | 0.37 | 1.72 | 1.915 | 360x640, 19 classes | 0.364 M" in said
    assert "\n| unet-r18 | no |  |  |  |  |  | exit 1: out of / memory |\n" in said
    assert "gave 1.01 in FP32 and 1.01 in INT8." in said
    speeds = "| enet | 12.3 | 2.47 | 12.3 | 2.47 | 98.7% (11) | measured at 384x512 |\n"
    assert said.endswith("---: | --- |\n" + speeds)


def test_a_failed_network_is_measured_again_and_a_measured_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo = imported("zoo", monkeypatch)
    path = tmp_path / "lines.jsonl"
    names = ["enet", "dabnet", "lednet", "unet-r18"]
    assert zoo.missing(path, names) == names
    said = [("enet", "sizes"), ("dabnet", "error"), ("lednet", "error"), ("lednet", "sizes")]
    rows = (json.dumps({"network": name, key: {}}) for name, key in said)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert zoo.missing(path, names) == ["dabnet", "unet-r18"]


def test_quotients_are_taken_round_by_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy moment slows both: its round says as much as a quiet one."""
    pairs = [[1.0, 2.0], [10.0, 21.0], [1.0, 2.2], [2.0, 4.0], [1.0, 2.1]]
    compared = imported("network", monkeypatch).compared(pairs)
    assert compared == {"ms": 2.2, "reference_ms": 1.0, "ratio": 2.1}


def test_the_table_of_rtx_builds_says_what_failed_and_what_did_not_repeat_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = imported("rtx_builds", monkeypatch)
    layers = {"fp16": 6, "int8": 57}
    made = {"seconds": 2.34, "mb": 15.16, "same": True, "layers": layers}
    good = {"network": "enet", "weights": "fresh", "size": "384x512"}
    good["builds"] = {"fp32": made, "fp16": made | {"same": False}, "int8": made}
    half = {"network": "x/cgnet-camvid", "weights": "trained", "size": "352x480"}
    half["builds"] = {"fp32": made, "fp16": made, "int8": {"error": "no | yes"}}
    lost = {"network": "lednet", "error": "exit 1: out of memory"}
    assert module.cells(good, "352x480") == [
        "enet", "fresh", "2.3, 15.2", "2.3, 15.2", "2.3, 15.2", "57 of 63", "no", "at 384x512"
    ]  # fmt: skip
    assert module.cells(half, "352x480") == [
        "cgnet-camvid", "trained", "2.3, 15.2", "2.3, 15.2", "no", "", "yes", "INT8: no / yes"
    ]  # fmt: skip
    assert module.cells(lost, "352x480")[2:] == ["no", "no", "no", "", "", "exit 1: out of memory"]
    assert module.summary([lost, good, half]) == (
        "Of 3 networks and models it built 2 in FP32, 2 in FP16, 1 in INT8; 4 of these 5 engines "
        "came out the same to the byte when they were built again."
    )
    ordered = sorted([lost, good, half], key=module.place)
    assert [row["network"] for row in ordered] == ["x/cgnet-camvid", "enet", "lednet"]


def test_agreement_counts_pixels_and_the_overlap_of_each_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Classes 0 and 1 share one pixel of two, class 2 its only one, class 3 is nowhere."""
    module = imported("int8_agreement", monkeypatch)
    expected = [np.array([[0, 0]], np.uint8), np.array([[1, 2]], np.uint8)]
    found = [np.array([[0, 1]], np.uint8), np.array([[1, 2]], np.uint8)]
    said = module.agreement(expected, found, classes=4)
    assert said == {"pictures": 2, "share": 0.75, "overlap": 0.6667, "present": 3}


@pytest.mark.parametrize(
    ("share", "miou", "passes"), [(0.97, 0.64, True), (0.9699, 0.64, False), (0.98, 0.6399, False)]
)
def test_int8_passes_with_97_percent_and_a_point_of_miou(
    monkeypatch: pytest.MonkeyPatch, share: float, miou: float, passes: bool
) -> None:
    full = {"name": "FP32, OpenVINO", "data": {"share": 1.0, "miou": 0.65}}
    small = {"pictures": {"share": share}, "data": {"share": 0.99, "miou": miou}}
    small |= {"name": "TensorRT INT8 and FP16, ONNX Runtime as written"}
    assert imported("int8_agreement", monkeypatch).passes([full, small]) is passes


def test_frames_that_calibrate_are_not_those_that_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = imported("calibration_sets", monkeypatch)
    assert module.apart(24, 3) == [2, 10, 18]
    clips = {"a/day.mp4": 32, "b/night.mp4": 6}
    eight, four = Namespace(count=8), Namespace(count=4)
    assert module.frames_of(module.EVENLY, clips, eight) == {
        "a/day.mp4": [0, 8, 16, 24],
        "b/night.mp4": [0, 1, 3, 4],
    }
    assert module.frames_of("in a row of day", clips, four) == {"a/day.mp4": [14, 15, 16, 17]}
    assert module.frames_of("in a row of night", clips, eight) == {"b/night.mp4": list(range(6))}
    assert not set(module.apart(32, 2)) & {0, 8, 16, 24}


def test_slices_of_a_run_say_rate_latency_and_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported("ladder", monkeypatch)
    ladder = {"rungs": [{"rung": "best"}], "switches": [{"seconds": 3.1, "to": "fast"}]}
    rows = [(0.5, 100.0), (1.0, 300.0), (1.5, 200.0), (2.5, 50.0), (4.5, 70.0)]
    found = list(module.slices(rows, {"ladder": ladder, "network": [8, 16]}))
    keys = ("from", "fps", "latency_ms", "worst_ms", "rung")
    assert [tuple(each[key] for key in keys) for each in found] == [
        (0.0, 1.5, 200.0, 300.0, "best"),
        (2.0, 0.5, 50.0, 50.0, "fast"),
    ]
    alone = module.slices(rows, {"ladder": None, "network": [8, 16]})
    assert [each["rung"] for each in alone] == ["8x16", "8x16"]


def test_seeded_faults_leave_every_run_in_time_adding_up_and_playable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chaos = imported("chaos", monkeypatch)
    seen = chaos.runs(range(15))
    assert {*chaos.FAULTS, *chaos.MODES, *chaos.SINKS} <= set(seen)


def test_a_run_whose_numbers_do_not_add_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chaos = imported("chaos", monkeypatch)
    monkeypatch.setattr(chaos.RunStats, "drop", lambda *_: None)
    with pytest.raises(AssertionError, match="read"):
        chaos.runs(range(15))


def test_a_damaged_clip_is_watched_back_and_forth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds of noise at four frames a second, from six pictures; black from 2 s on."""
    health = imported("health", monkeypatch)
    noise = np.random.default_rng(6).integers(0, 256, (6, 144, 192, 3), np.uint8)
    black = health.damages()["black"]
    found = health.found_after(black, list(noise), rate=Fraction(4), seconds=10)
    assert found == {"black": 1.0}


def test_the_table_of_health_counts_clips_and_names_the_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    health = imported("health", monkeypatch)
    day = {"clip": "day", "seconds": 10.0, "frames": 300, "wrong": {}, "ms": 0.4}
    night = day | {"clip": "night", "wrong": {"black": 1.5}, "ms": 0.6}
    day["damaged"] = {"covered": {"covered": 6.0, "blurred": 2.0}, "black": {"black": 1.0}}
    night["damaged"] = {"covered": {}, "black": {"black": 1.2}}
    said = health.markdown([day, night])
    assert "2 clips, 600 frames, 20 s as they are; seconds of wrong faults: {'black': 1.5}" in said
    assert "CPU ms a frame, mean of each clip: 0.40 to 0.60." in said
    assert "| covered | blurred (1; 2.0), covered (1; 6.0) | night |" in said
    assert said.endswith("| black | black (2; 1.1) |  |")
