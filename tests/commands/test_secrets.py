"""Nothing that a command writes, anywhere, holds the password or token of its source."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, cycle, repeat
from pathlib import Path

import cv2
import numpy as np
import pytest

from rtseg.commands import main

PASSWORD, TOKEN = "hunter2-pw", "t0ken-4711"
SECRETS = (PASSWORD, TOKEN)


class Camera(BaseHTTPRequestHandler):
    """MJPEG at /camera for who knows both secrets; frames come while ``flowing`` is set."""

    def do_GET(self):
        if not self.path.startswith("/camera?") or TOKEN not in self.path:
            self.send_error(404 if "gone" in self.path else 401)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        with suppress(ConnectionError):
            self.stream()

    def stream(self):
        pictures = self.server.pictures
        # FFmpeg wants to see many frames before it says what the stream is.
        for seconds in chain(repeat(0.001, 100), repeat(0.05)):
            if self.server.over.wait(seconds):
                return
            if not self.server.flowing.is_set():
                continue
            jpeg = next(pictures)
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")

    def log_message(self, format, *args):  # noqa: A002
        """Nothing: the test's output is no place for an access log."""


class Server(ThreadingHTTPServer):
    """Endless noise, eight pictures over and over; ends its threads when it is closed."""

    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Camera)
        self.flowing, self.over = threading.Event(), threading.Event()
        noise = np.random.default_rng(0).integers(0, 256, (8, 60, 80, 3), np.uint8)
        self.pictures = cycle(cv2.imencode(".jpg", each)[1].tobytes() for each in noise)


@pytest.fixture
def camera():
    with Server() as server:
        server.flowing.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def manager(tmp_path_factory):
    """A service manager's socket; ``heard()`` are the words since it was asked last."""
    path = tmp_path_factory.mktemp("manager") / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        receiver.setblocking(False)

        def heard():
            words = []
            with suppress(BlockingIOError):
                while True:
                    words.append(receiver.recv(100).decode())
            return words

        yield path, heard


def until(met, *, seconds=200):
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def fetched(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read().decode()


def everything_below(folder: Path) -> bytes:
    """Names and contents."""
    paths = sorted(folder.rglob("*"))
    contents = [path.read_bytes() for path in paths if path.is_file()]
    return b"\0".join([*contents, *(str(path).encode() for path in paths)])


def test_a_live_run_is_watched_stalls_recovers_and_never_tells_a_secret(camera, manager, tmp_path):
    address = f"http://anna:{PASSWORD}@127.0.0.1:{camera.server_port}/camera?token={TOKEN}"
    path, heard = manager
    out, err = tmp_path / "stdout", tmp_path / "stderr"
    with out.open("w") as stdout, err.open("w") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-m", "rtseg", "run", "-o", "frames.csv", "-o", "f_%06d.png",
             "--masks", "masks", "--label-video", "labels.mkv", "--stats", "s.jsonl",
             "-o", "out/", "--json", "--log", "json", "--metrics", ":0", "--stall-after", "1",
             "--legend"],
            cwd=tmp_path, stdout=stdout, stderr=stderr,
            env={**os.environ, "RTSEG_SOURCE": address, "NOTIFY_SOCKET": str(path),
                 "WATCHDOG_USEC": "1000000", "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
    pages = []

    def lines():
        return [json.loads(line) for line in err.read_text().splitlines()]

    def health():
        status, page = fetched(f"{url}/healthz")
        pages.append(page)
        return status, json.loads(page)["state"]

    def age():
        _, numbers = fetched(f"{url}/metrics")
        return float(re.search(r"^rtseg_last_frame_age_seconds\{.*\} (.*)$", numbers, re.M)[1])

    try:
        url = until(lines)[0]["url"]
        assert url.startswith("http://127.0.0.1:")
        assert health()[0] == 503
        words = []
        until(lambda: words.extend(heard()) or words.count("WATCHDOG=1") >= 2 or child.poll())
        assert words[0] == "READY=1"
        until(lambda: health() == (200, "flowing"))
        _, numbers = fetched(f"{url}/metrics")
        camera.flowing.clear()
        # On a busy machine frames are on their way for a while, and seldom.
        until(lambda: age() > 2.5)
        assert health() == (503, "stalled")
        heard()
        time.sleep(1)
        assert heard() == []
        camera.flowing.set()
        until(lambda: health() == (200, "flowing"))
        until(lambda: "WATCHDOG=1" in heard())
        child.send_signal(signal.SIGTERM)
        assert child.wait(120) == 143
        assert heard()[-1] == "STOPPING=1"
    finally:
        child.kill()
        child.wait()
    assert {line["event"] for line in lines()} >= {"listening", "stalled", "flowing"}
    assert all(list(line)[:3] == ["time", "level", "event"] for line in lines())
    name = f"http://anna:***@127.0.0.1:{camera.server_port}/camera?token=***"
    assert f'rtseg_healthy{{source="{name}"}} ' in numbers
    assert json.loads(out.read_text())["source"] == name
    assert (tmp_path / "s.jsonl").read_text().count("\n") > 5
    written = everything_below(tmp_path) + "".join([numbers, *pages]).encode()
    assert [secret for secret in SECRETS if secret.encode() in written] == []


LOST = f"rtsp://anna:{PASSWORD}@127.0.0.1:9/a?token={TOKEN}"


@pytest.mark.parametrize(
    "words",
    [
        ["run", f"http://anna:{PASSWORD}@127.0.0.1:PORT/locked?token={TOKEN}"],
        ["run", f"http://anna:{PASSWORD}@127.0.0.1:PORT/gone?access_token={TOKEN}"],
        ["run", f"rtsp://anna:{PASSWORD}/@127.0.0.1:9/a?token={TOKEN}"],
        ["run", f"rtsp://anna:{PASSWORD}@127.0.0.1:port/a?token={TOKEN}"],
        ["run", f"ftp://anna:{PASSWORD}@host/a?apikey={TOKEN}"],
        ["run", f"http://anna:{PASSWORD}@/a?token={TOKEN}"],
        ["run", f"gst:rtspsrc user-pw={PASSWORD} location=rtsp://a:{TOKEN}@127.0.0.1:9/ ! sink"],
        ["run", LOST, "--fps", "3"],
        ["bench", LOST],
        ["label", LOST, "--teacher", "roadlite-camvid", "-o", "labelled"],
        ["label", LOST, f"{LOST}#again", "--teacher", "roadlite-camvid", "-o", "labelled"],
        ["compare", "roadlite-camvid:int8", "roadlite-camvid:fp32", LOST],
        ["calibrate", "mine", LOST],
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_a_command_that_fails_tells_no_secret_either(camera, capfd, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path))
    code = main([*(word.replace("PORT", str(camera.server_port)) for word in words), "--debug"])
    out, err = capfd.readouterr()
    assert code in (2, 3)
    assert "Traceback" in err
    written = everything_below(tmp_path) + f"{out}{err}".encode()
    assert [secret for secret in SECRETS if secret.encode() in written] == []
