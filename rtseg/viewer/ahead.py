"""A session that begins before there is a window. Needs no Qt, whose loading it overlaps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from rtseg.pipeline.session import Session, Shot, Wish


class Ahead:
    """``with Ahead(reference, wish) as ahead: ...``: source and engine open meanwhile.

    The session waits at its first frame, which whoever adopts it is shown, and plays from there.
    One that nobody has adopted ends with the block. session: None once it was adopted.
    """

    def __init__(self, reference: str, wish: Wish) -> None:
        self.reference, self.wish = reference, wish
        self._lock = threading.Lock()
        self._first: Shot | None = None
        self._shown: Callable[[Shot], None] = self._keep
        self._changed: Callable[[], None] = _nobody_asks
        self.session: Session | None = Session(
            reference,
            wish,
            shown=self._pass_on,
            changed=lambda: self._changed(),
            started_paused=True,
        )

    def __enter__(self) -> Ahead:
        if self.session is not None:
            self.session.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.__exit__(kind, error, trace)

    def adopt(
        self, reference: str, *, shown: Callable[[Shot], None], changed: Callable[[], None]
    ) -> Session | None:
        """The session, paused, if it is of that source; whoever asked leaves it from now on."""
        if reference != self.reference or self.session is None:
            return None
        session, self.session = self.session, None
        with self._lock:
            first, self._first = self._first, None
            self._shown, self._changed = shown, changed
            if first is not None:
                shown(first)
        return session

    def _pass_on(self, shot: Shot) -> None:
        with self._lock:
            self._shown(shot)

    def _keep(self, shot: Shot) -> None:
        self._first = shot


def _nobody_asks() -> None:
    pass
