import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from road_clip import decoded, road_clip

from rtseg.commands import main
from rtseg.engine.package import SHIPPED
from rtseg.labels import CAMVID
from rtseg.source.video import VideoFile


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return road_clip(tmp_path_factory.mktemp("clip") / "road.mp4")


def run(capsys, *words):
    """(exit code, stdout, stderr)."""
    code = main(["run", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def run_json(capsys, *words):
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_video_becomes_a_playable_video_and_statistics(capsys, clip, tmp_path):
    target = tmp_path / "out.mp4"
    code, out, err = run(capsys, clip, "-o", target)
    assert (code, err) == (0, "")
    times = decoded(target)
    assert len(times) == 30
    assert times == sorted(set(times))
    rows = (tmp_path / "out_stats.csv").read_text().splitlines()
    assert len(rows) == 31
    assert rows[0].startswith("frame,pts_s,t_capture,t_done,latency_ms,dropped_before,sky_px")
    for words in ("processed_fps", "30 frames read, 30 written, dropped: none", "openvino int8"):
        assert words in out


def test_json_has_the_promised_keys_and_true_numbers(capsys, clip, tmp_path):
    found = run_json(capsys, clip, "-o", tmp_path / "out.mp4")
    assert found["frames_read"] == found["frames_written"] == 30
    assert (found["model"], found["backend"], found["precision"]) == (
        "roadlite-camvid",
        "openvino",
        "int8",
    )
    assert found["mode"] == "offline"
    assert found["dropped"] == {}
    assert found["picture"] == [90, 160]
    assert found["network"] == [352, 480]
    assert set(found["latency_ms"]) == {"p50", "p95", "p99", "max"}
    assert set(found["stages_ms"]) == {"capture", "preprocess", "inference", "overlay", "sinks"}
    assert found["processed_fps"] > 0
    assert found["first_frame_seconds"] > 0.1
    assert found["peak_rss_mb"] > 50
    assert found["outputs"] == [str(tmp_path / "out.mp4"), str(tmp_path / "out_stats.csv")]
    shares = list(found["classes"].values())
    assert sum(share > 0.01 for share in shares) >= 3
    assert sum(shares) == pytest.approx(1.0, abs=1e-3)


def test_the_overlay_shows_the_network_s_own_labels(capsys, clip, tmp_path):
    run_json(
        capsys, clip, "-o", tmp_path / "f_%03d.png", "--look", "mask", "--limit", 3,
        "--masks", tmp_path / "masks", "--label-video", tmp_path / "labels.mkv",
    )  # fmt: skip
    mask = cv2.cvtColor(cv2.imread(str(tmp_path / "f_001.png")), cv2.COLOR_BGR2RGB)
    with av.open(str(tmp_path / "labels.mkv")) as container:
        labels = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)][1]
    assert len(np.unique(labels)) >= 4
    np.testing.assert_array_equal(mask, CAMVID.colors[labels])
    paletted = cv2.cvtColor(cv2.imread(str(tmp_path / "masks/000001.png")), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(paletted, mask)


def test_pictures_become_overlays_named_after_them(capsys, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name, shape in (("a", (60, 80, 3)), ("b", (359, 641)), ("c", (50, 40, 4))):
        cv2.imwrite(str(source / f"{name}.png"), np.full(shape, 120, np.uint8))
    found = run_json(capsys, source, "-o", f"{tmp_path / 'out'}/")
    assert found["frames_written"] == 3
    assert sorted(path.name for path in (tmp_path / "out/overlay").iterdir()) == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
    ]
    assert cv2.imread(str(tmp_path / "out/overlay/b.jpg")).shape == (359, 641, 3)
    assert (tmp_path / "out/stats.csv").is_file()


def test_without_o_a_numbered_folder_under_runs_holds_everything(
    capsys, clip, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run_json(capsys, clip, "--limit", 2)
    run_json(capsys, clip, "--limit", 2)
    made = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert made == [
        "runs/run/road-2/road_overlay.mp4",
        "runs/run/road-2/stats.csv",
        "runs/run/road/road_overlay.mp4",
        "runs/run/road/stats.csv",
    ]


def test_live_mode_paces_a_file_at_its_own_rate(capsys, clip):
    found = run_json(capsys, clip, "-o", "null", "--mode", "live")
    assert found["mode"] == "live"
    assert found["capture_fps"] <= 31
    assert found["frames_written"] + found["dropped"].get("late", 0) == found["frames_read"]


def test_fp32_and_onnx_runtime_run_the_same_road(capsys, clip):
    found = run_json(
        capsys, clip, "-o", "null", "--limit", 3, "--backend", "onnxruntime", "--precision", "fp32"
    )
    assert (found["backend"], found["precision"], found["frames_written"]) == (
        "onnxruntime",
        "fp32",
        3,
    )


def test_a_legend_is_drawn_into_the_picture(capsys, clip, tmp_path):
    run_json(capsys, clip, "-o", tmp_path / "plain_%d.png", "--limit", 1)
    run_json(capsys, clip, "-o", tmp_path / "legend_%d.png", "--limit", 1, "--legend")
    plain, legend = (cv2.imread(str(tmp_path / f"{name}_0.png")) for name in ("plain", "legend"))
    changed = (plain != legend).any(-1)
    assert changed[:45, :80].mean() > 0.2
    assert not changed[80:, 120:].any()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["drive.mp5", "-o", "null"], 3, "drive.mp5"),
        (["rtsp://bob:secret@127.0.0.1:9/x", "-o", "null"], 3, "bob:"),
        (["99", "-o", "null"], 3, "/dev/video99"),
        (["ftp://x/y", "-o", "null"], 2, "accepted"),
        (["test://moon", "-o", "null"], 2, "test://road"),
        (["CLIP", "-o", "out.xyz"], 2, "out.xyz"),
        (["CLIP", "-o", "null", "--model", "roadlite-camvd"], 4, "did you mean"),
        (["CLIP", "-o", "null", "--backend", "caffe"], 2, "there are: auto, openvino"),
        (["CLIP", "-o", "null", "--precision", "fp4"], 2, "has no precision"),
        (["CLIP", "-o", "null", "--mode", "fast"], 2, "auto, offline, live"),
        (["CLIP", "-o", "null", "--look", "x-ray"], 2, "overlay, mask, side, contours"),
        (["CLIP", "-o", "null", "--opacity", "7"], 2, "between 0 and 1"),
        (["CLIP", "-o", "null", "--hide", "rode"], 2, "no class named 'rode'"),
        (["CLIP", "-o", "null", "--limit", "0"], 2, "limit"),
        (["CLIP", "-o", "null", "--frobnicate"], 2, "frobnicate"),
        (["CLIP", "-o", "a.csv", "--stats", "a.csv"], 2, "asked for twice"),
    ],
)
def test_a_request_that_cannot_work_is_one_line_and_the_right_exit_code(
    capsys, clip, tmp_path, monkeypatch, words, code, message
):
    monkeypatch.chdir(tmp_path)
    found, out, err = run(capsys, *[clip if word == "CLIP" else word for word in words])
    assert (found, out) == (code, "")
    assert message in err
    assert "secret" not in err
    assert list(tmp_path.iterdir()) == []
    if err.startswith("rtseg:"):
        assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.mp4", b""), ("text.mp4", b"this is no video\n" * 50), ("folder/", None)],
)
def test_what_is_no_video_is_a_source_error(capsys, tmp_path, name, content):
    path = tmp_path / name
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    code, _, err = run(capsys, path, "-o", tmp_path / "out.mp4")
    assert code == 3
    assert err.startswith("rtseg: ")
    assert not (tmp_path / "out.mp4").exists()


def test_a_truncated_video_gives_what_is_decodable_and_a_warning(capsys, clip, tmp_path):
    whole = clip.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 6 // 10])
    code, out, err = run(capsys, tmp_path / "cut.mp4", "-o", tmp_path / "out.mp4", "--json")
    found = json.loads(out)
    assert code == 0
    assert 3 <= found["frames_written"] < 30
    assert len(found["warnings"]) == 1
    assert err.startswith("rtseg: warning: ")
    assert len(decoded(tmp_path / "out.mp4")) == found["frames_written"]


@pytest.mark.parametrize("shape", [(1, 1), (4320, 8192), (641, 359), (2, 4000)])
def test_any_size_goes_through(capsys, tmp_path, shape):
    cv2.imwrite(str(tmp_path / "one.png"), np.full((*shape, 3), 99, np.uint8))
    found = run_json(capsys, tmp_path / "one.png", "-o", tmp_path / "out.mp4")
    assert found["frames_written"] == 1
    assert len(decoded(tmp_path / "out.mp4")) == 1


def test_a_size_that_changes_on_the_way_is_resized_and_said(capsys, tmp_path):
    for index, width in enumerate((64, 64, 100, 64)):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((48, width, 3), 99, np.uint8))
    found = run_json(capsys, tmp_path, "-o", tmp_path / "out.mp4")
    assert found["frames_written"] == 4
    assert found["warnings"] == ["1 frames were resized to the first one's 48x64"]


def test_writing_over_the_input_is_refused(capsys, clip, tmp_path):
    mine = tmp_path / "mine.mp4"
    mine.write_bytes(clip.read_bytes())
    (tmp_path / "link.mp4").symlink_to(mine)
    for target in (mine, tmp_path / "link.mp4"):
        code, _, err = run(capsys, mine, "-o", target)
        assert code == 2
        assert "is the input itself" in err
    assert mine.read_bytes() == clip.read_bytes()


@pytest.mark.parametrize("words", [["-o", "IN/a.png"], ["-o", "null", "--masks", "IN"]])
def test_a_picture_that_is_read_is_never_written(capsys, tmp_path, words):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((40, 60, 3), 7, np.uint8))
    before = (tmp_path / "a.png").read_bytes()
    code, _, err = run(capsys, tmp_path, *[word.replace("IN", str(tmp_path)) for word in words])
    assert code == 2
    assert "is an input itself" in err
    assert (tmp_path / "a.png").read_bytes() == before
    assert run(capsys, tmp_path / "a.png", "-o", tmp_path / "b.png")[0] == 0


def test_a_place_that_cannot_be_written_is_named(capsys, clip, tmp_path):
    (tmp_path / "file").touch()
    code, _, err = run(capsys, clip, "-o", tmp_path / "file" / "out.mp4")
    assert code == 1
    assert "cannot write" in err


def broken_model(folder, *, hash_kept):
    folder.mkdir()
    for path in (SHIPPED / "roadlite-camvid").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "model.int8.onnx").write_bytes(b"no network")
    if not hash_kept:
        manifest = json.loads((folder / "manifest.json").read_text())
        import hashlib

        manifest["files"]["int8"]["sha256"] = hashlib.sha256(b"no network").hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(("hash_kept", "message"), [(True, "sha256"), (False, "cannot load")])
def test_a_broken_model_is_exit_4_and_leaves_an_earlier_result_alone(
    capsys, clip, tmp_path, hash_kept, message
):
    earlier = tmp_path / "out.mp4"
    earlier.write_bytes(b"an hour of work")
    model = broken_model(tmp_path / "model", hash_kept=hash_kept)
    code, _, err = run(capsys, clip, "-o", earlier, "--model", model)
    assert code == 4
    assert message in err
    assert err.count("\n") == 1
    assert earlier.read_bytes() == b"an hour of work"


def test_a_full_disk_ends_the_run_and_what_was_written_plays(capsys, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("cannot mount a small tmpfs here")
    try:
        code, _, err = run(
            capsys, "test://road?size=360x640", "-o", disk / "out.mp4", "--preset", "ultrafast",
            "--limit", 600,
        )  # fmt: skip
        assert code == 1
        assert "no space left" in err
        with VideoFile(disk / "out.mp4") as kept:
            assert len(list(kept)) > 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_signal_flushes_everything(tmp_path, number, code):
    target = tmp_path / "out.mp4"
    child = subprocess.Popen(
        [sys.executable, "-m", "rtseg", "run", "test://road?size=180x320", "-o", str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    rows = tmp_path / "out_stats.csv"
    deadline = time.monotonic() + 60
    while not (rows.is_file() and rows.read_text().count("\n") > 20):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.1)
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert child.returncode == code
    assert err == ""
    assert "processed_fps" in out
    written = len(rows.read_text().splitlines()) - 1
    assert len(decoded(target)) == written > 20


def test_debug_shows_where_it_happened(capsys, tmp_path):
    code = main(["run", str(tmp_path / "none.mp4"), "-o", "null", "--debug"])
    assert code == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.shared
def test_a_real_drive_keeps_its_frames_its_times_and_its_sound(capsys, shared, tmp_path):
    clip = shared / "videos/highway_640x360_23.976fps.mp4"
    found = run_json(capsys, clip, "-o", tmp_path / "out.mp4")
    assert found["frames_written"] == 296
    before, after = decoded(clip), decoded(tmp_path / "out.mp4")
    start = before[0]
    assert max(abs(a - b + start) for a, b in zip(after, before, strict=True)) < 1 / 1000
    assert sum(share > 0.01 for share in found["classes"].values()) >= 4
    with av.open(str(clip)) as source, av.open(str(tmp_path / "out.mp4")) as target:
        assert len(target.streams.audio) == len(source.streams.audio)


def test_main_py_is_the_same_program():
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, str(root / "main.py"), "--version"], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout.split()[0]) == (0, "rtseg")


def test_chaos_adds_up_and_its_video_plays(capsys, clip, tmp_path):
    target = tmp_path / "out.mp4"
    faults = "drop=0.2&dup=0.2&reorder=0.2&corrupt=0.2&resize=0.1&seed=2"
    found = run_json(capsys, f"chaos://{clip}?{faults}", "-o", target)
    dropped = found["dropped"]
    assert set(dropped) == {"source", "duplicate", "disorder"}
    assert found["frames_read"] == (
        found["frames_written"] + dropped["duplicate"] + dropped["disorder"]
    )
    assert len(decoded(target)) == found["frames_written"]
    assert found["source"] == f"chaos://{clip}"
    assert found["connection"] is None


def test_a_file_does_not_age(capsys, clip):
    code, _, err = run(capsys, clip, "-o", "null", "--max-age", "100")
    assert code == 2
    assert "its frames do not age" in err


def test_a_stream_that_is_not_there_is_looked_for_as_long_as_asked(capsys):
    began = time.monotonic()
    code, _, err = run(capsys, "http://127.0.0.1:9/x", "-o", "null", "--give-up-after", "0.5")
    assert code == 3
    assert "trying for 0.5 s" in err
    assert "given up after 0." in err
    assert 0.5 <= time.monotonic() - began < 20
