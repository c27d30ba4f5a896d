"""The picture of the viewer in the README: the drawn road on an X server of its own (Xvfb).

python benchmarks/viewer_picture.py docs/viewer.jpg [--theme dark] [--size 1280x800]
    [--percent 100] [--mode overlay] [--plots] [--fast] [--seconds 4] [--source test://road]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from viewer import display

QUALITY = 88
ROAD = "test://road?seed=1&frames=240"


def main() -> None:
    wanted = _parser().parse_args()
    if not wanted.inside:
        with display("3840x2160") as environment:
            command = [sys.executable, *sys.argv, "--inside"]
            sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    _take(wanted)


def _take(wanted: argparse.Namespace) -> None:
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    from rtseg.pipeline.session import Wish
    from rtseg.viewer.application import view

    windows: list[Any] = []
    application = QApplication(["rtseg"])
    timer = QTimer(application)

    def prepared(window: Any) -> None:
        windows.append(window)
        _dress(window, wanted)
        timer.start(100)

    def watch() -> None:
        window = windows[0]
        session = window.player.session
        if wanted.source and (session is None or session.state == "opening"):
            return
        if wanted.source and session.position_seconds < wanted.seconds and session.error is None:
            return
        if wanted.source and session.state == "playing":
            session.pause()
            return
        timer.stop()
        window.grab().save(str(wanted.picture), quality=QUALITY)
        window.close()

    timer.timeout.connect(watch)
    compare = ("roadlite-camvid", "auto", "fp32") if wanted.mode == "swipe" else None
    view(wanted.source, Wish(compare=compare), opened=prepared)


def _dress(window: Any, wanted: argparse.Namespace) -> None:
    window.settings.setValue("theme", wanted.theme)
    window.settings.setValue("percent", wanted.percent)
    window.use_theme()
    window.resize(*map(int, wanted.size.split("x")))
    window.look.change(mode=wanted.mode, contours=wanted.contours)
    window.measuring.plots.setVisible(wanted.plots)
    if wanted.fast:
        window.transport.nudge_speed(+9)
    if wanted.legend:
        window.deeds["legend"].trigger()
    if wanted.keys:
        window.deeds["help"].trigger()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("--theme", default="dark")
    parser.add_argument("--size", default="1280x800", help="of the window, WIDTHxHEIGHT")
    parser.add_argument("--percent", type=int, default=100)
    parser.add_argument("--mode", default="overlay")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--source", default=ROAD)
    for flag in ("fast", "plots", "legend", "keys", "contours", "inside"):
        parser.add_argument(f"--{flag}", action="store_true")
    return parser


if __name__ == "__main__":
    main()
