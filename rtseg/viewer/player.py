"""The session that plays and the renderer that paints it, as one object of the event loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from qtpy.QtCore import QObject, Signal

from rtseg.pipeline.session import Session, Shot, Wish
from rtseg.viewer.ahead import Ahead
from rtseg.viewer.bridge import Doorbell
from rtseg.viewer.leaving import Leaving
from rtseg.viewer.renderer import Renderer, Request
from rtseg.viewer.verdict import PAINTING

ENOUGH_SECONDS = 1.5
"""For threads to end in: two seconds are promised for all that closing a window takes."""


class Player(QObject):
    """At most one session at a time; ``close`` ends all its threads.

    changed: the session's state, error or warning. painted: see ``renderer.take``.
    """

    changed = Signal()
    painted = Signal()

    def __init__(self, wish: Wish, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.wish = wish
        self.session: Session | None = None
        self.reference = ""
        self.loop = False
        self.speed: float | None = 1.0
        self.ahead: Ahead | None = None
        self._changed = Doorbell(self)
        self._changed.answered.connect(self.changed)
        self._painted = Doorbell(self)
        self._painted.answered.connect(self.painted)
        self._threads = ExitStack()
        self.renderer = self._threads.enter_context(Renderer(self._painted.ring))
        self._leaving: list[Leaving] = []
        self._turn = 0

    def open(self, reference: str, *, paused: bool = False) -> None:
        """Any source that ``rtseg run`` takes; the one before is left."""
        self.leave()
        self.reference = reference
        self._turn += 1
        shown = partial(self._shown, self._turn)
        session = self._adopted(reference, shown, paused=paused) or self._begun(
            reference, shown, paused=paused
        )
        session.set_loop(self.loop)
        session.set_speed(self.speed)
        self.session = session
        self.changed.emit()

    def _begun(self, reference: str, shown: Callable[[Shot], None], *, paused: bool) -> Session:
        session = Session(
            reference, self.wish, shown=shown, changed=self._changed.ring, started_paused=paused
        )
        return session.__enter__()

    def _adopted(
        self, reference: str, shown: Callable[[Shot], None], *, paused: bool
    ) -> Session | None:
        ahead, self.ahead = self.ahead, None
        if ahead is None:
            return None
        session = ahead.adopt(reference, shown=shown, changed=self._changed.ring)
        if session is None:
            return None
        if self.wish != ahead.wish:
            session.change(self.wish)
        if not paused:
            session.play()
        return session

    def leave(self) -> None:
        """The session ends in the background: the event loop must not wait for a slow camera."""
        session, self.session = self.session, None
        self._turn += 1
        self.renderer.forget()
        if session is not None:
            self._leaving = [each for each in self._leaving if not each.is_over]
            self._leaving.append(Leaving(session))

    def close(self, seconds: float = ENOUGH_SECONDS) -> None:
        """All recordings are closed, and threads have ended, but for what cannot be interrupted:
        that is waited for so long at most, and ends by itself later."""
        self.leave()
        self._threads.close()
        for bell in (self._changed, self._painted):
            bell.muffle()
        until = time.monotonic() + seconds
        for each in self._leaving:
            each.join(until - time.monotonic())

    def change(self, **wishes: Any) -> None:
        """Of the fields of ``Wish``: applied while it plays, or to what is opened next."""
        wish = replace(self.wish, **wishes)
        if wish == self.wish:
            return
        self.wish = wish
        if self.session is not None:
            self.session.change(wish)

    def settle(self) -> Wish:
        """What the session could not grant is wished for no longer."""
        if self.session is not None:
            self.wish = self.session.wish
        return self.wish

    def show_as(self, request: Request) -> None:
        self.renderer.ask(request)

    def clock(self, nanos: int) -> None:
        """So long a picture was painted: a stage of the session, though beside its pipeline."""
        if self.session is not None:
            self.session.stats.clock(PAINTING, nanos)

    def _shown(self, turn: int, shot: Shot) -> None:
        """On a thread of the session; one that was left may still have a frame to give."""
        if turn == self._turn:
            self.renderer.show(shot)
