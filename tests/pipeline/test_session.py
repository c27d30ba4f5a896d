"""The shipped model on the synthetic road and on a real clip."""

from __future__ import annotations

import resource
import socket
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest
from watching import Watch, write_video

from rtseg.errors import EngineError, SourceError, UsageError
from rtseg.pipeline.session import Wish
from rtseg.smoothing import Smoothing
from rtseg.source.road import RoadSource
from rtseg.source.video import VideoFile
from rtseg.types import Rgb

FRAMES = 40


@pytest.fixture(scope="module")
def road() -> list[Rgb]:
    with RoadSource(height=180, width=320, frames=FRAMES) as source:
        return [frame.picture for frame in source]


@pytest.fixture(scope="module")
def clip(road: list[Rgb], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("clip") / "road.mp4", road)


def frames_of(path: Path) -> int:
    with VideoFile(path) as video:
        count = sum(1 for _ in video)
        assert video.warnings == ()
        return count


def test_commands_lead_to_the_exact_frame_and_its_own_labels(clip: Path) -> None:
    with Watch(clip, paused=True) as watch:
        session = watch.session
        assert watch.wait_for_shots(1) == [0]
        session.seek(1.0)
        assert watch.wait_for_shots(2) == [0, 30]
        session.step(-1)
        assert watch.wait_for_shots(3)[2:] == [29]
        session.step(2)
        assert watch.wait_for_shots(5)[3:] == [30, 31]
        session.seek(1e6)
        assert watch.wait_for_shots(6)[5:] == [FRAMES - 1]
        session.step(1)
        watch.wait_for_state("ended")
        assert session.position_seconds == pytest.approx((FRAMES - 1) / 30)
        info = session.source_info
        assert (info.seekable, info.live) == (True, False)
        assert float(info.seconds) == pytest.approx(FRAMES / 30, abs=0.01)
    first, again = watch.shots[1].segmentation, watch.shots[3].segmentation
    assert len(np.unique(first.labels)) >= 5
    np.testing.assert_array_equal(first.labels, again.labels)
    assert [shot.number for shot in watch.shots] == list(range(6))
    assert watch.shots[0].label_set.name == "camvid11"
    assert session.state == "closed"


def test_engines_change_between_two_frames_and_offline_none_is_lost(clip: Path) -> None:
    with Watch(clip, Wish(precision="int8")) as watch:
        session = watch.session
        session.set_loop(True)
        session.set_speed(None)
        watch.wait_for_shots(5)
        session.change(Wish(precision="fp32"))
        watch.wait(lambda: session.engines[0].precision == "fp32")
        after = watch.wait_for_shots(len(watch.shots) + 8)
        assert after == [index % FRAMES for index in range(len(after))]
        assert session.stats.summary().dropped == {}
        session.change(Wish(model="no-such-model"))
        watch.wait(lambda: session.warning != "")
        assert "no-such-model" in session.warning
        assert session.warning.endswith("what ran before goes on")
        assert session.wish == Wish(precision="fp32")
        watch.wait_for_shots(len(watch.shots) + 3)
        assert session.state == "playing"


def test_two_precisions_label_the_same_frame_in_a_pause_and_scores_are_those_of_the_labels(
    clip: Path,
) -> None:
    with Watch(clip, Wish(precision="int8"), paused=True) as watch:
        watch.wait_for_shots(1)
        watch.session.change(Wish(precision="int8", compare=("", "openvino", "fp32"), scores=True))
        assert watch.wait_for_shots(2) == [0, 0]
        alone, shot = watch.shots
        assert (alone.other, alone.scores) == (None, None)
        assert [info.precision for info in watch.session.engines] == ["int8", "fp32"]
        labels = shot.segmentation.labels
        assert len(np.unique(labels)) >= 5
        assert 0.9 < (labels == shot.other).mean() < 1
        np.testing.assert_array_equal(shot.scores.argmax(0), labels)
        np.testing.assert_allclose(shot.scores.sum(0), 1, atol=1e-3)
        watch.session.change(Wish(precision="int8", smoothing=Smoothing("flow")))
        watch.wait_for_shots(3)
        watch.session.step(2)
        assert watch.wait_for_shots(5) == [0, 0, 0, 1, 2]
        assert {"motion", "smooth", "capture"} < set(watch.session.stats.summary().stages)


def test_a_recording_plays_and_holds_every_frame_since_it_was_begun(
    clip: Path, tmp_path: Path
) -> None:
    film, late = tmp_path / "film.mp4", tmp_path / "late.mkv"
    with Watch(clip, paused=True) as watch:
        watch.wait_for_shots(1)
        with pytest.raises(UsageError, match="cannot write video"):
            watch.session.record(tmp_path / "film.txt", render=whole)
        watch.session.record(film, render=whole)
        assert watch.session.recording == film
        watch.session.step(6)
        watch.wait_for_shots(7)
        watch.session.seek(0)
        watch.wait_for_shots(8)
        watch.session.record(late, render=whole)
        watch.session.step(3)
        watch.wait_for_shots(11)
    assert frames_of(film) == 7
    assert frames_of(late) == 3
    with VideoFile(film) as video:
        times = [float(frame.pts) for frame in video]
    assert times == pytest.approx([index / 30 for index in range(7)], abs=1e-3)


def test_a_full_disk_ends_the_recording_and_not_the_session(
    road: list[Rgb], tmp_path: Path
) -> None:
    """At two frames a second every second frame is a key frame, and closes a piece that plays."""
    film = tmp_path / "film.mp4"
    slow = write_video(tmp_path / "slow.mp4", road[:8], fps=2)
    with Watch(slow, paused=True) as watch, disk_of(400_000):
        watch.wait_for_shots(1)
        watch.session.record(film, render=noisy)
        watch.session.set_loop(True)
        watch.session.set_speed(None)
        watch.session.play()
        watch.wait(lambda: watch.session.warning != "")
        assert watch.session.warning.startswith("the recording ended: cannot write")
        assert watch.session.recording is None
        watch.wait_for_shots(len(watch.shots) + 3)
        assert watch.session.state == "playing"
    with VideoFile(film) as video:
        assert sum(1 for _ in video) >= 2


def test_who_paints_badly_loses_the_recording_only(clip: Path, tmp_path: Path) -> None:
    with Watch(clip, paused=True) as watch:
        watch.wait_for_shots(1)
        watch.session.record(tmp_path / "film.mp4", render=lambda shot: 1 // 0)
        watch.session.step(1)
        watch.wait(lambda: "painting failed (ZeroDivisionError" in watch.session.warning)
        watch.session.step(1)
        assert watch.wait_for_shots(3) == [0, 1, 2]


def test_live_the_newest_frame_wins_and_the_others_are_counted(clip: Path) -> None:
    with Watch(clip, Wish(policy="live")) as watch:
        watch.session.set_loop(True)
        watch.session.set_speed(100)
        watch.wait_for_shots(3)
        watch.wait(lambda: watch.session.stats.dropped.get("late", 0) > 3)
        assert watch.session.state == "playing"


def test_two_frames_are_a_clip_and_a_session_ends_at_once(road: list[Rgb], tmp_path: Path) -> None:
    short = write_video(tmp_path / "short.mp4", road[:2])
    with Watch(short) as watch:
        watch.wait_for_state("ended")
        assert watch.indices == [0, 1]
        watch.session.step(-1)
        assert watch.wait_for_shots(3) == [0, 1, 0]
        watch.session.play()
        assert watch.wait_for_shots(4) == [0, 1, 0, 1]
        began = time.monotonic()
    assert time.monotonic() - began < 2


def test_what_cannot_be_opened_fails_with_its_own_error(clip: Path, tmp_path: Path) -> None:
    for source, wish, kind in (
        (tmp_path / "none.mp4", Wish(), SourceError),
        (clip, Wish(model="no-such-model"), EngineError),
        (clip, Wish(precision="int3"), UsageError),
    ):
        with Watch(source, wish) as watch:
            watch.wait_for_state("failed")
            assert type(watch.session.error) is kind
        assert watch.shots == []


def test_a_camera_that_goes_away_is_looked_for_until_it_is_back(road: list[Rgb]) -> None:
    """This one sends three pictures to whoever asks, and hangs up."""
    with camera(road[:3]) as address, Watch(address) as watch:
        watch.wait(lambda: bool(watch.indices) and watch.indices[-1] >= 3)
        assert watch.session.source_info.live
        assert "lost" in watch.session.warning
    assert watch.indices == sorted(set(watch.indices))
    assert watch.session.error is None


def test_a_session_is_left_at_once_also_while_its_stream_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        watch = Watch(f"http://127.0.0.1:{silent.getsockname()[1]}/x")
        with watch:
            stalled, _ = silent.accept()
            left = time.monotonic()
        assert time.monotonic() - left < 2
        stalled.close()
    assert watch.session.state == "closed"


def test_a_truncated_file_ends_and_says_how_much_it_holds(clip: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.mkv"
    whole_file = write_video(tmp_path / "whole.mkv", [noise(seed) for seed in range(20)])
    part.write_bytes(whole_file.read_bytes()[: whole_file.stat().st_size // 2])
    with Watch(part) as watch:
        watch.session.set_speed(None)
        watch.wait_for_state("ended")
        assert 2 <= len(watch.shots) < 20
        assert watch.session.warning.startswith("the file ends early")


@pytest.mark.shared
def test_a_real_clip_is_sought_and_labelled(shared: Path) -> None:
    path = shared / "videos" / "highway_640x360_23.976fps.mp4"
    with Watch(path, Wish(compare=("", "auto", "fp32")), paused=True) as watch:
        watch.wait_for_shots(1)
        watch.session.seek(2.0)
        assert watch.wait_for_shots(2)[1] == int(2 * 24000 / 1001)
    shot = watch.shots[1]
    assert len(np.unique(shot.segmentation.labels)) >= 5
    assert (shot.segmentation.labels == shot.other).mean() > 0.95


def whole(shot) -> Rgb:
    return shot.segmentation.frame.picture


def noise(seed: int) -> Rgb:
    return np.random.default_rng(seed).integers(0, 256, (180, 320, 3), np.uint8)


def noisy(shot) -> Rgb:
    return noise(shot.number)


@contextmanager
def disk_of(length: int):
    """No file may grow beyond it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def camera(pictures: list[Rgb]):
    """The address of one that shows these pictures and then hangs up."""

    class Web(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for picture in pictures:
                jpeg = cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")

        def log_message(self, *_) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Web) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/camera"
        finally:
            server.shutdown()
            thread.join()
