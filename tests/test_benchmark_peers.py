"""The race beside the peers: its arithmetic, its page, and every contestant whose packages are
there."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rtseg.engine.package import DEFAULT_MODEL, find_package, package_folders
from rtseg.sink.container import Encoding, VideoFile
from rtseg.sink.planes import yuv420
from rtseg.yuv import BT601

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
FRAMES, FPS = 6, Fraction(25)
PAIR = ("rtseg-int8-video", "naive-fp32-video")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six grey pictures, each brighter than the last."""
    if DEFAULT_MODEL not in {folder.name for folder in package_folders()}:
        pytest.skip(f"the model {DEFAULT_MODEL} is not installed")
    path = tmp_path_factory.mktemp("peers") / "six.mp4"
    file = VideoFile(path, Encoding("libx264", "yuv420p", {}), height=48, width=64, fps=FPS)
    for index in range(FRAMES):
        file.write(yuv420(np.full((48, 64, 3), 40 * index, np.uint8), BT601), index / FPS)
    file.close()
    return path


@pytest.fixture(name="module")
def imported(monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(name: str) -> ModuleType:
        monkeypatch.syspath_prepend(str(BENCHMARKS))
        return importlib.import_module(name)

    return of


def race(clip: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / "peers.py", clip, "--repeat", "1", "--threads", "1"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def report(rounds: list[dict[str, Any]], load: float = 0.1) -> dict[str, Any]:
    return {
        "machine": {"cpu": "Fast"},
        "load": {"start": [load]},
        "clip": {"name": "road.mp4", "picture": [720, 1280], "codec": "h264"},
        "model": "m",
        "threads": 2,
        "limit": 100,
        "failed": {},
        "rounds": rounds,
    }


def ran(fps: float, **times: float) -> dict[str, Any]:
    return {"fps": fps, "versions": {"numpy": "2.4.6"}, **times}


def test_ratios_are_taken_round_by_round(module: Any) -> None:
    """In the second round the machine was busy and slowed both alike."""
    pairs = [(60, 20), (20, 10), (80, 20)]
    rounds = [dict(zip(PAIR, map(ran, pair), strict=True)) for pair in pairs]
    figure = module("comparison").ratio(rounds, *PAIR)
    assert figure.values == [3, 2, 4]
    assert figure.written(1) == "3.0 (2.0 to 4.0)"
    assert module("comparison").ratio(rounds, "rtseg-int8-video", "naive-int8-video") is None


def test_overhead_is_what_a_frame_takes_beyond_inference_alone(module: Any) -> None:
    """rtseg: 20 ms less 16 of benchmark_app; Ultralytics: 50 less 30, or 40 by its own clock."""
    comparison, peer = module("comparison"), "ultralytics-openvino-null"
    one = {"benchmark_app-int8-alone": ran(62.5), "rtseg-int8-null": ran(50)}
    one[peer] = ran(20, inference_ms=40, alone_ms=30)
    assert comparison.overhead_ms([one], "rtseg-int8-null").values == pytest.approx([4])
    assert comparison.overhead_ms([one], peer).values == pytest.approx([20])
    ratios = [
        comparison.overhead_ratio([one], "rtseg-int8-null", peer, clock=clock).median
        for clock in (comparison.ALONE, comparison.OWN)
    ]
    assert ratios == pytest.approx([0.2, 0.4])
    without = {name: said for name, said in one.items() if not name.startswith("benchmark_app")}
    assert comparison.overhead_ms([without], "rtseg-int8-null") is None


def test_inference_is_counted_over_the_frames_that_the_fps_counts(module: Any) -> None:
    """Not of the first frame, and not of the warm-up."""
    clock = module("frame_clock").FrameClock()
    for seconds in (9.0, 8.0):
        clock.infer(seconds)
    for seconds in (7.0, 0.001, 0.003):
        clock.infer(seconds)
        clock.finish()
    said = clock.report("numpy")
    assert said["inference_ms"] == pytest.approx(2)
    assert said["frames"] == 3
    assert said["fps"] == pytest.approx(2 / said["seconds"])
    assert said["versions"] == {"numpy": np.__version__}


def test_the_results_say_what_was_measured_and_what_was_not(module: Any) -> None:
    one = {PAIR[0]: ran(50), PAIR[1]: ran(20, inference_ms=40.04)}
    text = module("peers_page").results(report([one]) | {"failed": {"naive-fp32-null": "exit 1"}})
    assert "\n| rtseg | int8 | video | 50.0 | 20.0 |  |  |\n" in text
    assert "\n| naive | fp32 | video | 20.0 | 50.0 | 40.0 | 10.0 |\n" in text
    assert "\n| supervision | fp32 | video | not measured |  |  |  |\n" in text
    assert "\n| rtseg-int8-video | naive-fp32-video | 2.50 | at least 2.3 |\n" in text
    assert "\n- naive-fp32-null: exit 1\n" in text
    assert text.startswith("Measured on Fast, cores: 2, load 0.1 at the start: 1 rounds")
    assert "Versions: numpy 2.4.6." in text


def test_a_busy_machine_is_named_and_five_rounds_give_94_percent(module: Any) -> None:
    text = module("peers_page").results(report([{}] * 5, load=1.2))
    assert text.startswith("**Taken on a busy machine: not to be quoted.** ")
    assert "Intervals: 94%." in text


def test_the_page_in_docs_takes_new_results_and_keeps_its_text(module: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    committed = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    page.write_text(committed, encoding="utf-8")
    module("peers_page").write(page, "first\n")
    module("peers_page").write(page, "second\n")
    text = page.read_text(encoding="utf-8")
    assert "begin -->\n\nsecond\n\n<!--" in text
    assert "first\n" not in text
    before, _, rest = committed.partition("begin -->")
    assert text.startswith(before)
    assert text.endswith(rest.partition("end -->")[2])


def test_a_page_without_the_marks_is_left_alone(module: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text", encoding="utf-8")
    with pytest.raises(SystemExit, match="lacks the lines"):
        module("peers_page").write(page, "results")
    assert page.read_text(encoding="utf-8") == "text"


def test_rtseg_and_the_naive_loop_race_and_every_run_is_kept(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = race(clip, "--only", ",".join(PAIR), "--limit", "5", "--json", path)
    assert done.returncode == 0, done.stderr
    said = json.loads(path.read_text("utf-8"))
    (one,) = said["rounds"]
    assert [(name, each["frames"]) for name, each in one.items()] == [(name, 5) for name in PAIR]
    assert all(each["fps"] > 0 for each in one.values())
    assert 0 < one[PAIR[1]]["inference_ms"] < 1e3 / one[PAIR[1]]["fps"]
    assert said["machine"]["cores"] == said["threads"] == 1
    assert said["failed"] == {}
    assert "| rtseg-int8-video | naive-fp32-video |" in done.stdout


def test_a_contestant_that_fails_is_named(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = race(clip, "--only", "naive-fp32-null", "--limit", "1", "--json", path)
    assert done.returncode == 1
    said = json.loads(path.read_text("utf-8"))
    assert said["rounds"] == [{}]
    assert "1 frames were finished" in said["failed"]["naive-fp32-null"]


@pytest.mark.parametrize(
    ("peer", "network", "output"),
    [
        ("supervision", "fp32", "video"),
        ("ultralytics", "openvino", "video"),
        ("benchmark_app", "int8", "alone"),
    ],
)
def test_a_peer_runs_where_its_environment_was_made(
    module: Any, clip: Path, tmp_path: Path, *, peer: str, network: str, output: str
) -> None:
    contestants = module("contestants")
    who = contestants.Contestant(peer, network, output)
    if not module("environment").is_there(who.environment):
        pytest.skip(f"no environment {who.environment}: benchmarks/peers.py makes it")
    package = find_package(DEFAULT_MODEL)
    task = contestants.Task(clip, package, threads=1, limit=5, seconds=1, work=tmp_path)
    said = who.run(task)
    assert said["fps"] > 0
    assert who.peer == "benchmark_app" or said["frames"] == 5


def test_an_environment_is_used_while_its_requirements_stay(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = module("environment")
    for name in ("REQUIREMENTS", "ENVIRONMENTS"):
        monkeypatch.setattr(environment, name, tmp_path / name)
        (tmp_path / name / "tool").mkdir(parents=True)
    wanted, stamp = tmp_path / "REQUIREMENTS/tool.txt", tmp_path / "ENVIRONMENTS/tool"
    wanted.write_text("tool==1\n", encoding="utf-8")
    assert not environment.is_there("tool")
    (stamp / "requirements.txt").write_text("tool==1\n", encoding="utf-8")
    assert environment.is_there("tool")
    assert environment.python_of("tool") == stamp / "bin/python"
    wanted.write_text("tool==2\n", encoding="utf-8")
    assert not environment.is_there("tool")
