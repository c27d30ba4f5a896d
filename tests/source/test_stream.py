from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import av
import cv2
import pytest
from clip_maker import cut, noise, sounding, write_clip

from rtseg.errors import SourceError
from rtseg.source.stream import NetworkStream


class Web(BaseHTTPRequestHandler):
    """Serves ``content`` at /clip, JPEG pictures at /camera."""

    content = b""

    def do_GET(self) -> None:
        answers = {
            "/clip": self.clip,
            "/camera": self.camera,
            "/endless": self.endless,
            "/locked": self.refuse,
        }
        with suppress(ConnectionError):
            answers.get(self.path, self.miss)()

    def clip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def camera(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for picture in noise(8):
            jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")

    def endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.content), self.content))

    def refuse(self) -> None:
        self.send_error(401)

    def miss(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the test's output is no place for an access log."""


@contextmanager
def web(content: bytes = b"") -> Iterator[str]:
    handler = type("Handler", (Web,), {"content": content})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://anna:secret@127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts every connection and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def free_udp_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def failure(url: str, seconds: float = 5.0) -> str:
    source = NetworkStream(url, open_seconds=seconds, read_seconds=seconds)
    with pytest.raises(SourceError) as caught, source:
        pass
    said = f"{caught.value} {caught.value.__cause__}"
    assert "secret" not in said
    assert "\n" not in str(caught.value)
    return str(caught.value)


def clip(tmp_path: Path, frames: int = 20) -> Path:
    return write_clip(tmp_path / "a.mp4", noise(frames), muxer={"movflags": "faststart"})


def test_a_file_on_a_web_server_is_read_to_its_end(tmp_path: Path) -> None:
    with web(clip(tmp_path).read_bytes()) as host, NetworkStream(f"{host}/clip") as source:
        frames = list(source)
        info = source.info
    assert [frame.index for frame in frames] == list(range(20))
    assert (info.height, info.width, info.fps, info.live) == (48, 64, 25, False)
    assert (info.frames, info.path) == (20, None)
    assert info.name.startswith("http://anna:***@127.0.0.1:")


def test_a_file_of_which_a_part_never_comes_is_lost_not_ended(tmp_path: Path) -> None:
    part = cut(clip(tmp_path, frames=60), fraction=0.6).read_bytes()
    given = []
    with (
        web(part) as host,
        NetworkStream(f"{host}/clip") as source,
        pytest.raises(SourceError, match=r"lost http://anna:\*\*\*@"),
    ):
        given.extend(source)
    assert len(given) > 20


def test_a_stream_without_an_end_is_live_and_its_end_is_a_loss(tmp_path: Path) -> None:
    content = write_clip(tmp_path / "a.ts", noise(20)).read_bytes()
    given = []
    with web(content) as host, NetworkStream(f"{host}/endless") as source:
        assert source.info.live
        with pytest.raises(SourceError, match="the other side ended the stream"):
            given.extend(source)
    assert len(given) == 20


def test_a_camera_that_sends_jpeg_pictures_over_http_is_live() -> None:
    given = []
    with web() as host, NetworkStream(f"{host}/camera") as source:
        assert source.info.live
        with pytest.raises(SourceError, match="lost"):
            given.extend(source)
    assert len(given) >= 7
    assert given[0].picture.shape == (48, 64, 3)


def test_frames_carry_the_moment_at_which_they_came(tmp_path: Path) -> None:
    before = time.monotonic_ns()
    with web(clip(tmp_path).read_bytes()) as host, NetworkStream(f"{host}/clip") as source:
        arrivals = [frame.captured_nanos for frame in source]
    assert arrivals == sorted(arrivals)
    assert before < arrivals[0]
    assert arrivals[-1] < time.monotonic_ns()


def test_a_live_stream_over_udp_ends_in_a_timeout_when_it_falls_silent(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.ts", noise(60), codec="mpeg2video")
    url = f"udp://127.0.0.1:{free_udp_port()}"
    stop = threading.Event()

    def send() -> None:
        with av.open(str(path)) as clip, av.open(url, "w", format="mpegts") as wire:
            stream = wire.add_stream_from_template(clip.streams.video[0])
            for packet in clip.demux(video=0):
                if packet.size and not stop.wait(0.02):
                    packet.stream = stream
                    wire.mux(packet)

    sender = threading.Thread(target=send)
    given = []
    try:
        sender.start()
        with NetworkStream(url, open_seconds=5.0, read_seconds=0.5) as source:
            assert source.info.live
            with pytest.raises(SourceError, match="timed out"):
                given.extend(source)
    finally:
        stop.set()
        sender.join()
    assert len(given) > 10


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https"])
def test_a_server_that_never_answers_is_given_up_in_time(scheme: str) -> None:
    with silent_server() as port:
        began = time.monotonic()
        said = failure(f"{scheme}://anna:secret@127.0.0.1:{port}/x", seconds=0.4)
        waited = time.monotonic() - began
    assert said.startswith(f"cannot open {scheme}://anna:***@127.0.0.1:{port}/x: timed out")
    assert waited < 3


def test_nobody_sending_is_given_up_in_time() -> None:
    assert "timed out" in failure(f"udp://127.0.0.1:{free_udp_port()}", seconds=0.4)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_refused_connection_says_so(scheme: str) -> None:
    with silent_server() as port:
        closed_port = port
    assert "refused" in failure(f"{scheme}://anna:secret@127.0.0.1:{closed_port}/x")


def test_what_is_not_there_says_so() -> None:
    with web() as host:
        assert "not found" in failure(f"{host}/nothing")


def test_a_wrong_password_says_so() -> None:
    with web() as host:
        assert "unauthorised" in failure(f"{host}/locked")


def test_what_is_no_video_says_so() -> None:
    with web(b"no video, just some words\n" * 100) as host:
        assert "not video" in failure(f"{host}/clip")


@pytest.mark.parametrize(
    ("status", "words"), [("404 Not Found", "not found"), ("401 Unauthorized", "unauthorised")]
)
def test_an_rtsp_server_that_refuses_says_why(status: str, words: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines, suppress(OSError):
                for line in lines:
                    if line.lower().startswith(b"cseq:"):
                        number = line.split(b":")[1].strip().decode()
                        reply = f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n\r\n"
                        connection.sendall(reply.encode())

        thread = threading.Thread(target=answer)
        thread.start()
        said = failure(f"rtsp://anna:secret@127.0.0.1:{server.getsockname()[1]}/x")
        thread.join()
    assert words in said


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https"])
def test_opening_a_server_that_never_answers_can_be_ended_at_once(scheme: str) -> None:
    with silent_server() as port:
        source = NetworkStream(f"{scheme}://127.0.0.1:{port}/x", open_seconds=30.0)
        closer = threading.Timer(0.3, source.close)
        closer.start()
        began = time.monotonic()
        with pytest.raises(SourceError) as caught, source:
            pass
        waited = time.monotonic() - began
        closer.join()
    assert caught.value.cause == "closed"
    assert waited < 2


def test_a_read_that_waits_can_be_ended_at_once_and_the_frames_just_end() -> None:
    """A camera over HTTP that sends three pictures and then nothing, but stays."""
    go_on = threading.Event()

    class Stalled(Web):
        def camera(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for picture in noise(4):
                jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            go_on.wait(10)

    with HTTPServer(("127.0.0.1", 0), Stalled) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/camera"
        with NetworkStream(url, read_seconds=30.0) as source:
            closer = threading.Timer(0.5, source.close)
            closer.start()
            began = time.monotonic()
            given = list(source)
            waited = time.monotonic() - began
            closer.join()
        go_on.set()
        server.shutdown()
        thread.join()
    assert len(given) >= 3
    assert waited < 2


def test_sound_alone_does_not_keep_a_stream_alive(tmp_path: Path) -> None:
    """The pictures end after a second, the sound goes on."""
    content = sounding(tmp_path / "a.ts", noise(25), sound_seconds=6).read_bytes()
    stop = threading.Event()

    class Droning(Web):
        def endless(self) -> None:
            self.send_response(200)
            self.end_headers()
            most = len(content) // 2
            self.wfile.write(content[:most])
            for place in range(most, len(content), 188):
                if stop.wait(0.005):
                    return
                self.wfile.write(content[place : place + 188])

    with HTTPServer(("127.0.0.1", 0), Droning) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/endless"
        with NetworkStream(url, read_seconds=0.5) as source, pytest.raises(SourceError) as caught:
            list(source)
        heard_enough = not stop.is_set()
        stop.set()
        server.shutdown()
        thread.join()
    assert heard_enough
    assert caught.value.cause == "timeout"


def test_a_stream_that_changes_its_size_gives_frames_of_both_sizes(tmp_path: Path) -> None:
    small = write_clip(tmp_path / "a.ts", noise(15), codec="mpeg2video")
    large = write_clip(tmp_path / "b.ts", noise(15, height=96, width=128), codec="mpeg2video")
    content = small.read_bytes() + large.read_bytes()
    given = []
    with (
        web(content) as host,
        NetworkStream(f"{host}/endless") as source,
        pytest.raises(SourceError, match="ended the stream"),
    ):
        given.extend(source)
    shapes = [frame.picture.shape[:2] for frame in given]
    assert shapes[0] == (48, 64)
    assert shapes[-1] == (96, 128)
    assert len(shapes) > 25
    times = [frame.pts for frame in given]
    assert times == sorted(set(times))
