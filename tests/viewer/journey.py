"""A person at the viewer, on a real X server: ``python journey.py SOURCE FOLDER`` prints JSON.

Opens, plays, pauses, steps, seeks, changes the precision, compares two, swipes, records, takes a
screenshot and closes, by the keys and controls that a person has.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from pathlib import Path

from qtpy import API_NAME
from qtpy.QtCore import QPoint, Qt, QtMsgType, qInstallMessageHandler
from qtpy.QtTest import QTest

from rtseg.pipeline.session import Wish
from rtseg.viewer import keeping
from rtseg.viewer.application import view

PATIENCE_SECONDS = 120
WARNED: list[str] = []


class Journey:
    def __init__(self, window, source: str, folder: Path) -> None:
        self.window, self.source, self.folder = window, source, folder
        self.saw: dict[str, object] = {"binding": API_NAME}
        keeping._folder = lambda _: folder

    def start(self) -> None:
        try:
            self.go()
        except Exception:  # noqa: BLE001 - whatever it is ends the visit
            traceback.print_exc()
            self.saw["failed"] = True
            self.window.close()

    def go(self) -> None:
        window = self.window
        # Round and round: else a slow machine is at the end before the first picture is painted.
        window.player.loop = True
        window.open(self.source)
        self.until(lambda: window.canvas.displayed.count >= 2)
        self.key(" ")
        self.until(lambda: self.state == "paused")
        window.measuring.timeline.sought.emit(0.2)
        self.until(lambda: self.index == round(0.2 * float(window.player.session.source_info.fps)))
        at = self.index
        self.key(".")
        self.until(lambda: self.index == at + 1)
        self.key(",")
        self.until(lambda: self.index == at)
        self.saw["sought"] = self.seek_by_timeline()
        self.switch()
        self.compare()
        self.record()
        self.close()

    @property
    def state(self) -> str:
        return self.window.player.session.state

    @property
    def shot(self):
        return self.window.canvas.painted.shot

    @property
    def index(self) -> int:
        return self.shot.segmentation.frame.index

    def key(self, key: str) -> None:
        # Nobody manages windows here: the server gives the keyboard when it is asked, and later.
        self.window.activateWindow()
        self.until(self.window.isActiveWindow)
        self.window.canvas.setFocus()
        QTest.keyClicks(self.window.canvas, key)

    def until(self, holds) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, f"waited too long; {self.saw}"
            QTest.qWait(10)

    def seek_by_timeline(self) -> int:
        self.window.measuring.timeline.sought.emit(0.5)
        self.until(lambda: abs(float(self.shot.segmentation.frame.pts) - 0.5) < 0.05)
        return self.index

    def switch(self) -> None:
        precision = self.window.engine.precision
        precision.setCurrentText("fp32")
        precision.activated.emit(precision.currentIndex())
        self.until(lambda: self.window.player.session.engines[0].precision != "int8")
        self.saw["ratio"] = self.window.devicePixelRatioF()
        self.saw["precision"] = self.window.player.session.engines[0].precision

    def compare(self) -> None:
        panel = self.window.engine
        panel.second.setCurrentIndex(1)
        panel.second_precision.clear()
        panel.second_precision.addItem("int8")
        panel.second.activated.emit(1)
        self.until(lambda: len(self.window.player.session.engines) == 2)
        self.window.look.change(mode="swipe")
        self.until(lambda: self.shot.other is not None)
        labels = self.shot.segmentation.labels
        self.saw["agreement"] = float((labels == self.shot.other).mean())
        self.saw["classes"] = len(set(labels.flat))
        self.saw["divider"] = self.swipe()
        self.saw["missed"] = self.look_around()
        for mode in ("disagreement", "entropy", "side", "overlay"):
            self.window.look.change(mode=mode)
            self.until(lambda mode=mode: self.window.canvas.painted.request.appearance.mode == mode)

    def swipe(self) -> float:
        """Drags the divider to a quarter of the picture; where that says that it is."""
        canvas = self.window.canvas
        middle, quarter = (QPoint(*map(round, self.at(x, 0.5))) for x in (0.5, 0.25))
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
        QTest.mouseMove(canvas, quarter)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=quarter)
        self.until(lambda: self.window.canvas.painted.request.appearance.divider != 0.5)
        return self.window.look.appearance.divider

    def look_around(self) -> list[str]:
        """What the status bar says of some points, where it is not what is there."""
        labels, missed = self.shot.segmentation.labels, []
        height, width, _ = self.shot.segmentation.frame.picture.shape
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            point = QPoint(*map(round, self.at(share, share)))
            # Not at the border of two pixels: the picture begins at a whole pixel of the screen.
            place = self.seen_at(point)
            while any(abs(each - round(each)) < 0.2 for each in place):
                point += QPoint(1, 1)
                place = self.seen_at(point)
            QTest.mouseMove(self.window.canvas, point)
            QTest.qWait(50)
            x, y = map(int, place)
            row, column = (y + 0.5) / height * len(labels), (x + 0.5) / width * len(labels[0])
            name = self.shot.label_set.names[labels[int(row), int(column)]]
            said = self.window.looking.spot.text()
            if not said.startswith(f"{x}, {y} ") or name not in said:
                missed.append(f"{x}, {y} is {name}, not {said}")
        return missed

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The canvas's logical pixel at a share of the picture."""
        left, top, scale = self.shown_at()
        height, width, _ = self.shot.segmentation.frame.picture.shape
        return left + x * width * scale, top + y * height * scale

    def seen_at(self, point: QPoint) -> tuple[float, float]:
        """The place in the picture, in its pixels."""
        left, top, scale = self.shown_at()
        return (point.x() - left) / scale, (point.y() - top) / scale

    def shown_at(self) -> tuple[float, float, float]:
        """Left and top of the picture in the canvas, and its scale, in logical pixels."""
        canvas = self.window.canvas
        height, width, _ = self.shot.segmentation.frame.picture.shape
        scale = min(canvas.width() / width, canvas.height() / height)
        return (canvas.width() - width * scale) / 2, (canvas.height() - height * scale) / 2, scale

    def record(self) -> None:
        self.key("r")
        for _ in range(3):
            at = self.index
            self.key(".")
            self.until(lambda at=at: self.index == at + 1)
        self.key("r")
        self.key("s")
        self.until(lambda: len(list(self.folder.glob("*.png"))) == 2)
        self.key("f")
        self.until(lambda: self.window.isFullScreen())
        self.key("f")
        self.until(lambda: not self.window.isFullScreen())

    def close(self) -> None:
        began = time.monotonic()
        self.window.close()
        self.saw["closed_seconds"] = time.monotonic() - began


def main(source: str, folder: Path) -> None:
    serious = (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg)
    qInstallMessageHandler(lambda kind, _, text: WARNED.append(text) if kind in serious else None)
    journeys: list[Journey] = []

    def opened(window) -> None:
        from qtpy.QtCore import QTimer

        journeys.append(Journey(window, source, folder))
        QTimer.singleShot(0, journeys[0].start)

    code = view("", Wish(precision="int8"), opened=opened)
    for each in threading.enumerate():
        if each.name == "rtseg-leave":
            each.join(PATIENCE_SECONDS)
    threads = [each.name for each in threading.enumerate() if each.name.startswith("rtseg")]
    sys.stdout.write(
        json.dumps({**journeys[0].saw, "code": code, "warned": WARNED, "threads": threads}) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
