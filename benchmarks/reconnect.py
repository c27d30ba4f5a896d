"""Does a feed come back? Kill its server, start it again, measure; over and over.

python benchmarks/reconnect.py --cycles 50 --clip CLIP.mp4

Two servers: HTTP (MJPEG, of this project) and RTSP (H.264, GStreamer's: on Debian `apt install
python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad`). Gaps
and the times between them are drawn from the seed. Recovery counts from the moment at which the
server listens again to the arrival of the first frame.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from rtseg.errors import SourceError
from rtseg.source.patience import Patience
from rtseg.source.uri import open_source
from rtseg.source.video import VideoFile

SERVER = Path(__file__).with_name("feed_server.py")
DEBIAN_PYTHON = "/usr/bin/python3"
BAR_SECONDS = 5.0
"""For the 99th percentile of recoveries."""

CLOSING_SECONDS = 2.0

WARM_UP = 3
"""Cycles before memory is measured: libraries are loaded and buffers allocated in these."""


class Server:
    """kind: "http" or "rtsp". material: what it sends. Killed, never asked to stop."""

    def __init__(self, kind: str, material: Path) -> None:
        self.kind = kind
        self._interpreter = DEBIAN_PYTHON if kind == "rtsp" else sys.executable
        self._port, self._material = _free_port(), material
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def url(self, path: str, user: str = "") -> str:
        return f"{self.kind}://{user}127.0.0.1:{self._port}/{path}"

    def start(self) -> None:
        """Returns when it listens."""
        command = [self._interpreter, SERVER, self.kind, str(self._port), self._material]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the {self.kind} server did not start")

    def freeze(self) -> None:
        """Its connections stay, and nothing comes over them."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()


@dataclass(frozen=True)
class Outcome:
    """Seconds; leaks are what there was more of at the end than after the warm-up."""

    kind: str
    cycles: int
    recovered: int
    recovery_median: float
    recovery_p99: float
    leaked_threads: int
    leaked_sockets: int
    leaked_mb: float
    frames: int
    connection: dict[str, Any]


class Watch:
    """Reads a source on a thread of its own, and says when frames arrive."""

    def __init__(self, url: str) -> None:
        self.source = open_source(url, patience=Patience())
        self.frames = 0
        self.failure: BaseException | None = None
        self._arrived = 0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Watch:
        self.source.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()
        self._thread.join()
        self.source.__exit__(None, None, None)

    def next_after(self, nanos: int, *, timeout_seconds: float) -> int | None:
        """When the first frame arrived after this moment; None where none did in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._arrived > nanos or self.failure, timeout_seconds)
            return self._arrived if self._arrived > nanos else None

    def _read(self) -> None:
        last = -1
        try:
            for frame in self.source:
                assert frame.index > last, "indices grow, also over a loss"
                last = frame.index
                with self._changed:
                    self.frames += 1
                    self._arrived = frame.captured_nanos
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 - for who watches
            self.failure = error
        with self._changed:
            self._changed.notify_all()


def cycles(server: Server, count: int, *, seed: int, longest_gap: float) -> Outcome:
    chance = random.Random(seed)
    recoveries: list[float] = []
    before = (0, 0, 0.0)
    with server, Watch(server.url("road")) as watch:
        if watch.next_after(0, timeout_seconds=30) is None:
            raise RuntimeError(f"no first frame: {watch.failure}")
        for number in range(count):
            if number == min(WARM_UP, count - 1):
                before = _held()
            time.sleep(chance.uniform(0.3, 1.5))
            server.kill()
            time.sleep(chance.uniform(0.1, longest_gap))
            server.start()
            listening = time.monotonic_ns()
            arrived = watch.next_after(listening, timeout_seconds=30)
            if arrived is not None:
                recoveries.append((arrived - listening) / 1e9)
        after = _held()
        facts = watch.source.connection.facts(time.monotonic_ns())
    median, p99 = np.percentile(recoveries, (50, 99)) if recoveries else (np.nan, np.nan)
    return Outcome(
        kind=server.kind,
        cycles=count,
        recovered=len(recoveries),
        recovery_median=round(float(median), 3),
        recovery_p99=round(float(p99), 3),
        leaked_threads=after[0] - before[0],
        leaked_sockets=after[1] - before[1],
        leaked_mb=round(after[2] - before[2], 1),
        frames=watch.frames,
        connection=facts,
    )


def closing_seconds(server: Server) -> float:
    """How long leaving a source takes whose server has frozen in the middle of sending."""
    with server, ExitStack() as stack:
        watch = stack.enter_context(Watch(server.url("road")))
        if watch.next_after(0, timeout_seconds=30) is None:
            raise RuntimeError(f"no first frame: {watch.failure}")
        server.freeze()
        while watch.next_after(time.monotonic_ns(), timeout_seconds=1.0) is not None:
            pass  # what was on its way
        began = time.monotonic()
        stack.close()
        return round(time.monotonic() - began, 3)


def refusals(server: Server) -> dict[str, str]:
    """What is said of a wrong password, path and codec; the password must not be."""
    paths = {
        "no password": ("locked", ""),
        "wrong password": ("locked", "anna:wrong@"),
        "right password": ("locked", "anna:secret@"),
        "wrong path": ("nothing", ""),
        "wrong codec": ("foreign" if server.kind == "rtsp" else "words", ""),
    }
    with server:
        return {name: _opened(server.url(*each)) for name, each in paths.items()}


def _opened(url: str) -> str:
    try:
        with open_source(url, patience=Patience()) as source:
            return f"opened, {source.info.height}x{source.info.width}"
    except SourceError as error:
        return f"{error.cause}: {error}"


def _held() -> tuple[int, int, float]:
    """Threads, sockets and resident megabytes of this process."""
    links = [os.readlink(f"/proc/self/fd/{file}") for file in _files()]
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    threads = len(os.listdir("/proc/self/task"))
    return (
        threads,
        sum(link.startswith("socket:") for link in links),
        pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
    )


def _files() -> list[str]:
    return [
        each for each in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{each}")
    ]


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def pictures_of(clip: Path, folder: Path, *, count: int = 50) -> Path:
    """The first pictures of a clip as JPEG files."""
    with VideoFile(clip) as source:
        for frame in islice(source, count):
            path = folder / f"{frame.index:04d}.jpg"
            cv2.imwrite(str(path), cv2.cvtColor(frame.picture, cv2.COLOR_RGB2BGR))
    return folder


def bare_stream_of(clip: Path, path: Path, *, count: int = 250) -> Path:
    """H.264 with a key frame every second, as cameras send it, and without a declared end."""
    with VideoFile(clip) as source, av.open(str(path), "w", format="h264") as bare:
        stream = bare.add_stream("libx264", 25, {"g": "25", "bf": "0", "preset": "ultrafast"})
        stream.height, stream.width = source.info.height, source.info.width
        stream.pix_fmt = "yuv420p"
        for frame in islice(source, count):
            bare.mux(stream.encode(av.VideoFrame.from_ndarray(frame.picture, "rgb24")))
        bare.mux(stream.encode())
    return path


def has_rtsp_server() -> bool:
    """Whether Debian's interpreter finds GStreamer's RTSP server."""
    asked = "import gi; gi.require_version('GstRtspServer', '1.0')"
    command = [DEBIAN_PYTHON, "-c", f"{asked}; from gi.repository import GstRtspServer"]
    return (
        Path(DEBIAN_PYTHON).exists()
        and not subprocess.run(command, check=False, capture_output=True).returncode
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill and restart a feed's server.")
    parser.add_argument("--clip", type=Path, required=True, help="MP4 with H.264")
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--kinds", default="http,rtsp")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest-gap", type=float, default=6.0, help="seconds without a server")
    wanted = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        pictures_of(wanted.clip, Path(folder))
        for kind in wanted.kinds.split(","):
            bare = Path(folder) / "clip.h264"
            material = Path(folder) if kind == "http" else bare_stream_of(wanted.clip, bare)
            outcome = cycles(
                Server(kind, material),
                wanted.cycles,
                seed=wanted.seed,
                longest_gap=wanted.longest_gap,
            )
            left = closing_seconds(Server(kind, material))
            said = refusals(Server(kind, material))
            report = {**asdict(outcome), "closing_seconds": left, "refusals": said}
            print(json.dumps(report, indent=2), flush=True)
            failed |= outcome.recovered < outcome.cycles or outcome.recovery_p99 > BAR_SECONDS
            failed |= left > CLOSING_SECONDS
    sys.exit(5 if failed else 0)


if __name__ == "__main__":
    main()
