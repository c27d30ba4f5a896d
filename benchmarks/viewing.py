"""A viewer's window under observation: opened as the command does it, on an X server of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

BEAT_MILLIS = 5


def watched(clip: Path, *, until: Any, prepared: Any = lambda window: None) -> Any:
    """The window, closed again once ``until`` held; with what it had spent and counted by then."""
    from rtseg.commands.view import watch
    from rtseg.pipeline.session import Wish

    windows: list[Any] = []

    def look() -> None:
        window = windows[0]
        if window.player.session is not None and until(window):
            window.spent = marks(window)
            window.player_stats = window.player.session.stats
            window.close()

    def opened(window: Any) -> None:
        from qtpy.QtCore import QTimer

        windows.append(window)
        prepared(window)
        timer = QTimer(window)
        timer.timeout.connect(look)
        timer.start(10)

    watch(str(clip), Wish(), opened=opened)
    windows[0].player.close(60)
    return windows[0]


def marks(window: Any) -> dict[str, int]:
    """CPU time of the event loop and the renderer, and what was displayed."""
    render = next(each for each in threading.enumerate() if each.name == "rtseg-render")
    assert render.ident is not None
    clock = time.pthread_getcpuclockid(render.ident)
    return {
        "loop": time.thread_time_ns(),
        "renderer": time.clock_gettime_ns(clock),
        "displayed": window.canvas.displayed.count,
    }


def on_first_paint(widget: Any, then: Callable[[], None]) -> None:
    from qtpy.QtCore import QEvent, QObject

    class Watcher(QObject):
        def eventFilter(self, watched: Any, event: Any) -> bool:
            if event.type() == QEvent.Type.Paint:
                widget.removeEventFilter(self)
                then()
            return False

    widget.installEventFilter(Watcher(widget))


class Pulse:
    """How long the event loop was blocked, by a timer that should come every BEAT_MILLIS."""

    def __init__(self, window: Any) -> None:
        from qtpy.QtCore import QTimer

        self._beats: list[int] = []
        timer = QTimer(window)
        timer.timeout.connect(lambda: self._beats.append(time.monotonic_ns()))
        timer.start(BEAT_MILLIS)

    def blocked(self, name: str, *, since_nanos: int = 0) -> dict[str, float]:
        beats = [each for each in self._beats if each > since_nanos]
        gaps = np.maximum(np.diff(beats) / 1e6 - BEAT_MILLIS, 0)
        return {
            f"{name}_block_p99_ms": float(np.percentile(gaps, 99)),
            f"{name}_block_max_ms": float(gaps.max()),
        }


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
