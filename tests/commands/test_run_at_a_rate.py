"""``rtseg run --target-fps``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from channel_model import channel_model
from road_clip import road_clip

from rtseg.commands import main


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return road_clip(tmp_path_factory.mktemp("clip") / "road.mp4", frames=12)


def run(capsys, *words):
    code = main(["run", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_a_rate_too_high_for_the_network_is_held_by_a_smaller_one():
    """On any machine: a core draws such frames several times faster than it segments them."""
    words = (
        "test://road?size=48x64&fps=1000 --mode live -o null --threads 1 --target-fps 400 "
        "--ladder 352x480,32x64"
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "rtseg", "run", *words.split(), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = next((line for line in child.stderr if "from 352x480 to 32x64" in line), "")
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()
    assert "FPS" in told
    found = json.loads(out)
    assert found["frames_written"] == found["frames_read"] - found["dropped"]["late"]
    ladder = found["ladder"]
    assert ladder["target_fps"] == 400
    assert [each["network"] for each in ladder["rungs"]] == [[352, 480], [32, 64]]
    (switch,) = ladder["switches"]
    assert f"{switch['seconds']:.1f} s: from {switch['from']} to {switch['to']}" in told


def test_a_plain_run_has_no_ladder(capsys, tmp_path, clip):
    model = channel_model(tmp_path / "channels")
    code, out, _ = run(capsys, clip, "-m", model, "-o", "null", "--json")
    assert (code, json.loads(out)["ladder"]) == (0, None)


def test_smoothing_and_legend_belong_to_the_first_rung_alone(capsys, tmp_path, clip):
    model = channel_model(tmp_path / "channels")
    code, out, err = run(
        capsys, clip, "-m", model, "-o", tmp_path / "out.mp4", "--mode", "live", "--json",
        "--target-fps", 20, "--smooth", "flow", "--legend",
    )  # fmt: skip
    assert code == 0, err
    rungs = json.loads(out)["ladder"]["rungs"]
    assert (rungs[0]["rung"], rungs[0]["network"]) == ("16x24 full", [16, 24])
    assert sum(each["frames"] for each in rungs) == json.loads(out)["frames_written"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target-fps", "nan"], "--target-fps must be a number above 0, e.g. 30, not nan"),
        (["--target-fps", "inf"], "must be a number above 0"),
        (["--target-fps", "0"], "must be a number above 0"),
        (["--target-fps", "-30"], "must be a number above 0"),
        (["--target-fps", "30"], "add --mode live"),
        (["--target-fps", "30", "--mode", "offline"], "add --mode live"),
        (["--target-fps", "30", "--mode", "live", "--keyframe", "3"], "leave one of them out"),
        (["--target-fps", "30", "--mode", "live", "--ladder", "96"], "is not HxW"),
        (["--ladder", "96x128"], "give that, too"),
    ],
)
def test_what_makes_no_sense_ends_in_one_line(capsys, tmp_path, clip, words, message):
    code, out, err = run(capsys, clip, "-o", tmp_path / "out.mp4", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert not (tmp_path / "out.mp4").exists()
