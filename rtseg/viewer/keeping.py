"""What a person keeps: screenshots, masks, recordings."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from qtpy.QtCore import QObject, QStandardPaths, Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from rtseg.errors import RtsegError, SinkError
from rtseg.pipeline.session import Shot
from rtseg.types import Rgb
from rtseg.viewer.actions import Actions
from rtseg.viewer.bridge import Doorbell
from rtseg.viewer.canvas import Canvas
from rtseg.viewer.composition import compose_whole, pane_count
from rtseg.viewer.language import tr
from rtseg.viewer.look_state import LookState
from rtseg.viewer.player import Player
from rtseg.viewer.snapshots import Snapshots


class Keeping(QObject):
    """said: one line on what was kept. failed: what could not be, in one line."""

    said = Signal(str)
    failed = Signal(str)

    def __init__(self, player: Player, canvas: Canvas, look: LookState, *, parent: QWidget) -> None:
        super().__init__(parent)
        self._player, self._canvas, self._look = player, canvas, look
        self._written: list[list[Path] | SinkError] = []
        self._bell = Doorbell(self)
        self._bell.answered.connect(self._tell)
        self._snapshots = Snapshots(self._take_over)
        self._recording: Path | None = None
        self._panes = 1
        self._actions: Actions | None = None
        player.changed.connect(self._follow)

    def obey(self, actions: Actions) -> None:
        self._actions = actions
        actions.on("screenshot", self.screenshot)
        actions.on_checked("record", self.record)
        actions.on("export_mask", self._export_mask)

    def close(self) -> None:
        self._snapshots.close()

    def screenshot(self) -> None:
        painted = self._canvas.painted
        if painted is not None:
            folder = _folder(QStandardPaths.StandardLocation.PicturesLocation)
            self._snapshots.take(painted.shot, self._look.appearance, folder)

    def record(self, wanted: bool) -> None:
        """Every finished frame, at the source's size, as it is seen while it is written."""
        session = self._player.session
        if session is None:
            return
        if not wanted:
            self.stop_recording()
            return
        folder = _folder(QStandardPaths.StandardLocation.MoviesLocation)
        path = folder / f"rtseg-{time.strftime('%Y%m%d-%H%M%S')}.mp4"
        try:
            self._panes = pane_count(self._look.appearance.mode)
            folder.mkdir(parents=True, exist_ok=True)
            session.record(path, render=self._as_seen)
        except (OSError, RtsegError) as error:
            self.failed.emit(tr("Cannot record: {reason}").format(reason=error))
            self._follow()
            return
        self.said.emit(tr("Recording into {path}").format(path=path))

    def stop_recording(self) -> None:
        session = self._player.session
        if self._recording is not None and session is not None:
            session.stop_recording()
            self._follow()

    def _follow(self) -> None:
        """A recording may also have ended by itself; the session's warning then says why."""
        session = self._player.session
        path = session.recording if session is not None else None
        if path is None and self._recording is not None:
            self.said.emit(tr("Recorded {path}").format(path=self._recording))
        self._recording = path
        if self._actions is not None:
            self._actions.mark("record", path is not None)

    def _as_seen(self, shot: Shot) -> Rgb:
        """On a thread of the session. A video keeps its size: one or two panes to its end."""
        appearance = self._look.appearance
        if pane_count(appearance.mode) != self._panes:
            appearance = replace(appearance, mode="side" if self._panes == 2 else "overlay")
        return compose_whole(shot, appearance)

    def _export_mask(self) -> None:
        painted = self._canvas.painted
        if painted is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self._canvas, tr("Export the mask"), "mask.png", "PNG (*.png)"
        )
        if name:
            self._snapshots.mask(painted.shot, self._look.appearance, Path(name))

    def _take_over(self, written: list[Path] | SinkError) -> None:
        """On the writing thread."""
        self._written.append(written)
        self._bell.ring()

    def _tell(self) -> None:
        written, self._written = self._written, []
        for each in written:
            if isinstance(each, SinkError):
                self.failed.emit(str(each))
            else:
                names = ", ".join(map(str, each))
                self.said.emit(tr("Saved {names}").format(names=names))


def _folder(place: QStandardPaths.StandardLocation) -> Path:
    return Path(QStandardPaths.writableLocation(place) or Path.home()) / "rtseg"
