"""A session that ends in the background: the event loop must not wait for a slow camera."""

from __future__ import annotations

import gc
import threading

from rtseg.pipeline.session import Session


class Leaving:
    """Ends a session. Its source is interrupted before this returns, so that a new session of the
    same source is not."""

    def __init__(self, session: Session) -> None:
        session.end()
        self._saved = threading.Event()
        self._thread = threading.Thread(target=self._leave, args=(session,), name="rtseg-leave")
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """At most so long; its recordings are waited for in any case."""
        self._saved.wait()
        self._thread.join(max(0.0, seconds))

    def _leave(self, session: Session) -> None:
        try:
            session.save()
        finally:
            self._saved.set()
        session.__exit__()
        # Its threads know it and it knows them: many pictures would wait for a rare collection.
        del session
        gc.collect()
