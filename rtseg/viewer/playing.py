"""The session as its controls see it: told what to do, and asked four times a second how it is."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget

from rtseg.labels import LabelSet
from rtseg.pipeline.session import Session
from rtseg.source.masking import masked
from rtseg.stats import Meter
from rtseg.viewer.actions import Actions
from rtseg.viewer.icons import icon
from rtseg.viewer.language import tr
from rtseg.viewer.notice import Notice
from rtseg.viewer.player import Player
from rtseg.viewer.readings import Reader, Reading
from rtseg.viewer.transport import Transport
from rtseg.viewer.verdict import Verdict, judge

TICK_MILLIS = 250
JUMP_SECONDS = 5.0


class Playing(QObject):
    """labels_known: the first engine's, whenever they change. At every tick, read: a reading and
    the rate that is wanted, and judged: the verdict. warned: the session could not do as told."""

    labels_known = Signal(object)
    read = Signal(object, float)
    judged = Signal(object)
    warned = Signal()

    def __init__(self, player: Player, transport: Transport, *, parent: QWidget) -> None:
        super().__init__(parent)
        self._player, self._transport = player, transport
        self.notice = Notice()
        self._labels: LabelSet | None = None
        self._reader = Reader(0)
        self._said: object = ""
        self._actions: Actions | None = None
        self.displayed = Meter()
        player.changed.connect(self.follow)
        transport.speed_chosen.connect(self._set_speed)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MILLIS)

    def obey(self, actions: Actions) -> None:
        self._actions = actions
        actions.on("play", self._toggle)
        actions.on("step_back", lambda: self._order(lambda each: each.step(-1)))
        actions.on("step_forward", lambda: self._order(lambda each: each.step(1)))
        actions.on("back", lambda: self.jump(-JUMP_SECONDS))
        actions.on("ahead", lambda: self.jump(JUMP_SECONDS))
        actions.on("start", lambda: self.seek(0.0))
        actions.on("slower", lambda: self._transport.nudge_speed(-1))
        actions.on("faster", lambda: self._transport.nudge_speed(1))
        actions.on_checked("loop", self._set_loop)
        self.follow()

    def begin(self, displayed: Meter) -> None:
        """Another source: its numbers begin anew. displayed: what the canvas marks."""
        self.displayed = displayed
        self._reader = Reader(len(self._labels) if self._labels else 0)
        self._said = ""
        self.notice.hide()

    def seek(self, seconds: float) -> None:
        if self._seekable:
            self._order(lambda each: each.seek(max(0.0, seconds)))

    def jump(self, seconds: float) -> None:
        session = self._player.session
        if session is not None:
            self.seek(session.position_seconds + seconds)

    def follow(self) -> None:
        """The session's state, as its controls show it."""
        session = self._player.session
        state = session.state if session is not None else "closed"
        if self._actions is not None:
            self._mark(self._actions, state)
        if session is None:
            return
        if session.labels is not None and session.labels is not self._labels:
            self._labels = session.labels
            self._reader = Reader(len(session.labels))
            self.labels_known.emit(session.labels)
        self._say(session)

    def _mark(self, actions: Actions, state: str) -> None:
        going = state == "playing"
        there = state in ("playing", "paused", "ended")
        play = actions["play"]
        if play.isChecked() != going:
            actions.mark("play", going)
            play.setIcon(icon("pause" if going else "play"))
        actions.enable("play", "step_forward", "record", enabled=there)
        actions.enable("screenshot", "export_mask", enabled=there or state == "failed")
        seeking = ("step_back", "back", "ahead", "start", "loop")
        actions.enable(*seeking, enabled=there and self._seekable)

    def _say(self, session: Session) -> None:
        said = session.error or session.warning
        if said == self._said:
            return
        self._said = said
        if session.error is not None:
            self.notice.show_error(session.error, source=masked(self._player.reference))
        elif session.warning:
            self.notice.show_warning(session.warning)
            self.warned.emit()
        else:
            self.notice.hide()

    def _tick(self) -> None:
        session = self._player.session
        if session is None:
            return
        info = session.source_info
        seconds = info.seconds if info is not None else None
        duration = None if seconds is None else float(seconds)
        self._transport.show_time(session.position_seconds, duration)
        reading = self._reader.read(session.stats, self.displayed, time.monotonic_ns())
        wanted = self._wanted_fps(session)
        self.judged.emit(self._verdict(session, reading, wanted))
        if self._labels is not None:
            self.read.emit(reading, wanted)

    def _verdict(self, session: Session, reading: Reading, wanted_fps: float) -> Verdict:
        info = session.source_info
        live = info is not None and (info.live or self._player.wish.policy == "live")
        return judge(
            reading,
            session.state,
            wanted_fps=wanted_fps,
            live=live,
            error=session.error,
            warning=session.warning,
        )

    def _wanted_fps(self, session: Session) -> float:
        info = session.source_info
        if info is None or self._player.speed is None:
            return 0.0
        return float(info.fps) * (1.0 if info.live else self._player.speed)

    @property
    def _seekable(self) -> bool:
        session = self._player.session
        info = session.source_info if session is not None else None
        return info is not None and info.seekable

    def _toggle(self) -> None:
        session = self._player.session
        if session is not None:
            if session.state == "playing":
                session.pause()
            else:
                session.play()
        self.follow()

    def _order(self, order: Callable[[Session], None]) -> None:
        session = self._player.session
        if session is not None and session.source_info is not None:
            order(session)

    def _set_speed(self, speed: float | None) -> None:
        self._player.speed = speed
        self._order(lambda each: each.set_speed(speed))
        words = tr("as fast as it goes") if speed is None else f"{speed:g}x"
        self._transport.setStatusTip(words)

    def _set_loop(self, loop: bool) -> None:
        self._player.loop = loop
        self._order(lambda each: each.set_loop(loop))
