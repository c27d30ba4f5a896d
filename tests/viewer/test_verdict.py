import pytest

pytest.importorskip("qtpy")

from rtseg.errors import EngineError, SourceError
from rtseg.viewer.verdict import Verdict, in_order, judge, stage_name


def test_a_run_that_gets_what_it_wants_keeps_up(reading):
    found = judge(reading(processed_fps=29.0), "playing", wanted_fps=30, live=True)
    assert found == Verdict("good", "Keeps up")


def test_a_camera_that_is_too_fast_is_trouble_and_the_slowest_stage_is_named(reading):
    slow = reading(processed_fps=20.0, stages={"capture": 1.0, "inference": 48.3, "painting": 90.0})
    found = judge(slow, "playing", wanted_fps=30, live=True)
    assert found.level == "bad"
    assert found.text == (
        "Cannot keep up: 20.0 of 30.0 FPS; Inference takes 48.3 ms; late frames are dropped"
    )


def test_a_file_that_is_too_fast_loses_nothing(reading):
    slow = reading(processed_fps=20.0, stages={})
    found = judge(slow, "playing", wanted_fps=25, live=False)
    assert found == Verdict(
        "warning", "Cannot keep up: 20.0 of 25.0 FPS; no frame is dropped, it is slower"
    )


def test_a_camera_that_gives_less_than_it_declares_is_kept_up_with(reading):
    dark = reading(capture_fps=15.0, processed_fps=15.0)
    assert judge(dark, "playing", wanted_fps=30, live=True).level == "good"


def test_a_camera_of_unknown_rate_is_measured_by_what_arrives(reading):
    slow = reading(capture_fps=60.0, processed_fps=31.0)
    found = judge(slow, "playing", wanted_fps=0, live=True)
    assert found.level == "bad"
    assert found.text.startswith("Cannot keep up: 31.0 of 60.0 FPS")


def test_a_file_that_is_played_as_fast_as_it_goes_is_never_too_slow(reading):
    found = judge(reading(processed_fps=3.0), "playing", wanted_fps=0, live=False)
    assert found == Verdict("good", "As fast as it goes")


def test_the_first_seconds_after_a_start_or_a_seek_are_not_judged(reading):
    starting = reading(seconds=99.0, stretch_seconds=1.0, processed_fps=0.0)
    assert judge(starting, "playing", wanted_fps=30, live=True).level == "good"


@pytest.mark.parametrize("state", ["playing", "paused", "failed"])
def test_an_error_says_more_than_anything_else(reading, state):
    lost = judge(
        reading(), state, wanted_fps=30, live=True, error=SourceError("no packet for 20 s")
    )
    assert lost == Verdict("bad", "Source lost: no packet for 20 s")
    broken = judge(
        reading(), state, wanted_fps=30, live=True, error=EngineError("bad plan"), warning="w"
    )
    assert broken == Verdict("bad", "Stopped: bad plan")


def test_a_warning_is_said_while_all_else_is_well(reading):
    said = "roadlite now runs on openvino in place of tensorrt"
    found = judge(reading(), "playing", wanted_fps=30, live=True, warning=said)
    assert found == Verdict("warning", said)
    slow = reading(processed_fps=9)
    behind = judge(slow, "playing", wanted_fps=30, live=True, warning=said)
    assert behind.text.startswith("Cannot keep up")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("opening", "Opening ..."),
        ("paused", "Paused"),
        ("ended", "At the end"),
        ("failed", "Stopped"),
        ("closed", "Nothing is open"),
    ],
)
def test_a_run_that_rests_says_why(reading, state, text):
    assert judge(reading(), state, wanted_fps=30, live=False) == Verdict("idle", text)
    warned = judge(reading(), state, wanted_fps=30, live=False, warning="disk full")
    assert warned == Verdict("warning", "disk full")


def test_stages_are_told_in_the_order_of_a_frame_and_unknown_ones_last():
    stages = {"teleport": 1.0, "painting": 2.0, "preprocess": 3.0, "capture": 4.0}
    assert list(in_order(stages)) == ["capture", "preprocess", "painting", "teleport"]
    assert in_order(stages) == stages


def test_an_unknown_stage_keeps_its_name():
    assert stage_name("inference") == "Inference"
    assert stage_name("teleport") == "teleport"
