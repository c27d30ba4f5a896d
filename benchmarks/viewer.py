"""The viewer against its bars, on an X server of its own (Xvfb, 1920x1080).

python benchmarks/viewer.py CLIP [--cycles 200] [--json FILE]

CLIP should be 1920x1080 and long enough for the window to settle. One process each plays it as
fast as it goes (rates, CPU of the viewer's threads, how long the event loop was blocked), starts up
to the first painted frame, and opens and closes windows. ``rtseg run -o null`` is the yardstick.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from child import run_rtseg

from rtseg.machine import fingerprint, load

BARS = {
    "first_painted_seconds": "< 2",
    "displayed_share": ">= 0.95 of min(processed, 60)",
    "viewer_cpu_ms_per_frame": "<= 6, of the event loop and the renderer",
    "block_p99_ms": "<= 50",
    "share_of_null": ">= 0.80 of rtseg run -o null",
    "rss_growth_mib": "after all cycles; should not grow with them",
}
BEAT_MILLIS = 5


def main() -> None:
    wanted = _parser().parse_args()
    if wanted.part:
        print(json.dumps(PARTS[wanted.part](wanted)))
        return
    with display("1920x1080") as environment:
        result: dict[str, Any] = {"machine": fingerprint(), "load_at_start": load()[0]}
        for part in PARTS:
            result.update(_run(part, wanted, environment))
    result["null_fps"] = run_rtseg(wanted.clip, "-o", "null").report["processed_fps"]
    result["share_of_null"] = result["processed_fps"] / result["null_fps"]
    for key, bar in BARS.items():
        print(f"{key:26} {result.get(key, float('nan')):8.3f}   {bar}")
    if wanted.json:
        wanted.json.write_text(json.dumps(result, indent=2) + "\n")


def _start(wanted: argparse.Namespace) -> dict[str, float]:
    """From the start of the process to the first frame on the screen."""
    from rtseg.commands.report import process_age_nanos

    began = time.monotonic_ns() - process_age_nanos()
    window = _viewed(wanted.clip, until=lambda window: window.canvas.displayed.count >= 1)
    return {"first_painted_seconds": (window.canvas.displayed.first_nanos - began) / 1e9}


def _play(wanted: argparse.Namespace) -> dict[str, float]:
    """The whole clip, as fast as it goes; the first second is warm-up."""
    from qtpy.QtCore import QTimer

    beats: list[int] = []
    marks: dict[str, int] = {}

    def over(window: Any) -> bool:
        stats = window.player.session.stats
        if "began" not in marks and stats.processed.count > 10:
            marks.update(_marks(window), began=time.monotonic_ns())
        return window.player.session.state == "ended"

    def prepared(window: Any) -> None:
        window.player.speed = None
        timer = QTimer(window)
        timer.timeout.connect(lambda: beats.append(time.monotonic_ns()))
        timer.start(BEAT_MILLIS)

    window = _viewed(wanted.clip, until=over, prepared=prepared)
    gaps = np.diff([each for each in beats if each > marks["began"]]) / 1e6 - BEAT_MILLIS
    return {
        **_rates(window, marks),
        "block_p99_ms": float(np.percentile(np.maximum(gaps, 0), 99)),
        "block_max_ms": float(gaps.max()),
    }


def _rates(window: Any, marks: dict[str, int]) -> dict[str, float]:
    frames = window.canvas.displayed.count - marks["displayed"]
    loop, renderer = (
        (window.spent[name] - marks[name]) / 1e6 / max(1, frames) for name in ("loop", "renderer")
    )
    processed, displayed = window.player_stats.processed.fps, window.canvas.displayed.fps
    return {
        "processed_fps": processed,
        "displayed_fps": displayed,
        "displayed_share": displayed / min(processed, 60),
        "event_loop_ms_per_frame": loop,
        "renderer_ms_per_frame": renderer,
        "viewer_cpu_ms_per_frame": loop + renderer,
    }


def _cycle(wanted: argparse.Namespace) -> dict[str, float]:
    """Memory between the tenth and the last window that was opened and closed."""
    sizes = []
    for number in range(wanted.cycles):
        _viewed(wanted.clip, until=lambda window: window.canvas.displayed.count >= 1)
        if number >= min(9, wanted.cycles - 2):
            sizes.append(_resident_mib())
    print([round(each) for each in sizes], file=sys.stderr)
    left = [each.name for each in threading.enumerate() if each.name.startswith("rtseg")]
    return {"rss_growth_mib": sizes[-1] - sizes[0], "rss_mib": sizes[-1], "threads": len(left)}


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


PARTS = {"start": _start, "play": _play, "cycle": _cycle}


def _viewed(clip: Path, *, until: Any, prepared: Any = lambda window: None) -> Any:
    """The window, closed again once ``until`` held; with what it had spent and counted by then."""
    from qtpy.QtCore import QTimer

    from rtseg.pipeline.session import Wish
    from rtseg.viewer.application import view

    windows: list[Any] = []

    def watch() -> None:
        window = windows[0]
        if window.player.session is not None and until(window):
            window.spent = _marks(window)
            window.player_stats = window.player.session.stats
            timer.stop()
            window.close()

    def opened(window: Any) -> None:
        windows.append(window)
        prepared(window)
        timer.timeout.connect(watch)
        timer.start(10)

    from qtpy.QtWidgets import QApplication

    application = QApplication.instance() or QApplication(["rtseg"])
    timer = QTimer(application)
    view(str(clip), Wish(), opened=opened)
    timer.deleteLater()
    return windows[0]


def _marks(window: Any) -> dict[str, int]:
    """CPU time of the event loop and the renderer, and what was displayed."""
    render = next(each for each in threading.enumerate() if each.name == "rtseg-render")
    assert render.ident is not None
    clock = time.pthread_getcpuclockid(render.ident)
    return {
        "loop": time.thread_time_ns(),
        "renderer": time.clock_gettime_ns(clock),
        "displayed": window.canvas.displayed.count,
    }


def _run(part: str, wanted: argparse.Namespace, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, __file__, str(wanted.clip), "--part", part]
    command += ["--cycles", str(wanted.cycles)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{part} failed:\n{ended.stderr}")
    return dict(json.loads(ended.stdout.splitlines()[-1]))


@contextmanager
def display(size: str) -> Iterator[dict[str, str]]:
    """An environment with an X server of its own, in which no viewer remembers anything yet."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-noreset"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server,
    ):
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        environment = {**os.environ, "DISPLAY": f":{number}", "XDG_CONFIG_HOME": folder}
        environment.pop("QT_QPA_PLATFORM", None)
        try:
            yield environment
        finally:
            server.terminate()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", choices=PARTS, help="run one in this process")
    return parser


if __name__ == "__main__":
    main()
