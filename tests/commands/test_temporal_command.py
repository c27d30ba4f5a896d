import json

import pytest
from channel_model import channel_model, sky_and_building
from road_clip import road_clip

from rtseg.commands import main


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return road_clip(tmp_path_factory.mktemp("clip") / "road.mp4", frames=13)


def call(capsys, *words):
    code = main([*map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_a_clip_is_measured_frame_by_frame_and_smoothed(capsys, clip):
    code, out, err = call(
        capsys, "temporal", "roadlite-camvid", clip, "--keyframe", "3", "--limit", "12", "--json"
    )
    assert code == 0, err
    found = json.loads(out)
    assert (found["smooth"], found["smooth_weight"], found["keyframe"]) == ("flow", 0.5, 3)
    assert (found["frames"], found["frames_key"], found["frames_warped"]) == (12, 4, 8)
    assert found["frame_by_frame"]["miou"] is None
    assert found["truth"] == {"tc": None, "flicker": None}
    assert 0 < found["smoothed"]["flicker"] < found["frame_by_frame"]["flicker"] < 0.5
    assert 0.3 < found["frame_by_frame"]["tc"] < found["smoothed"]["tc"] <= 1
    assert set(found["cost_ms"]) == {"network", "motion", "smooth"}
    assert found["added_share_of_network"] > 0


def test_truth_in_other_classes_is_translated_into_those_of_the_model(capsys, tmp_path):
    data, model = sky_and_building(tmp_path / "data", count=3), channel_model(tmp_path / "model")
    words = ("temporal", model, "--data", data, "--split", "test", "--smooth", "ema", "--json")
    code, out, err = call(capsys, *words)
    assert code == 0, err
    found = json.loads(out)
    assert found["frames"] == 3
    assert found["frame_by_frame"]["miou"] == found["smoothed"]["miou"] == 1.0
    assert found["truth"]["flicker"] == 0.0


@pytest.mark.shared
def test_on_labelled_frames_flow_flickers_less_and_is_as_right(capsys, shared):
    data = f"camvid:{shared / 'camvid'}"
    code, out, err = call(capsys, "temporal", "--data", data, "--limit", "25", "--json")
    assert code == 0, err
    found = json.loads(out)
    alone, smoothed = found["frame_by_frame"], found["smoothed"]
    assert smoothed["tc"] > alone["tc"] + 0.01
    assert smoothed["flicker"] < 0.9 * alone["flicker"]
    assert smoothed["miou"] > alone["miou"] - 0.002 > 0.6
    assert smoothed["vc8"] > 0.8
    assert alone["tc"] < found["truth"]["tc"] < 0.98


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["temporal"], "one of MODEL SOURCE and --data"),
        (["temporal", "m", "a.mp4", "--data", "camvid:x"], "not both"),
        (["temporal", "roadlite-camvid", "a.mp4", "--smooth", "blur"], "off, ema, flow"),
        (["run", "a.mp4", "--keyframe", "0"], "1, 2, 3, ... or adaptive"),
        (["run", "a.mp4", "--smooth", "ema", "--keyframe", "2"], "use --smooth flow or off"),
    ],
)
def test_requests_that_make_no_sense_end_with_2(capsys, words, said):
    code, _, err = call(capsys, *words)
    assert code == 2
    assert said in err


def test_a_run_says_how_many_frames_were_only_warped(capsys, clip):
    words = ["run", clip, "-o", "null", "--smooth", "flow", "--keyframe", "3"]
    code, out, err = call(capsys, *words, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["smooth"], found["smooth_weight"], found["keyframe"]) == ("flow", 0.5, 3)
    assert (found["frames_written"], found["frames_key"], found["frames_warped"]) == (13, 5, 8)
    assert 0 < found["processed_fps"] < found["written_fps"]
    assert {"motion", "smooth"} < set(found["stages_ms"])
    code, out, _ = call(capsys, *words)
    assert "flow 0.5, key frames every 3; 8 frames were warped, not processed" in out
