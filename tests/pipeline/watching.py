"""Somebody who watches a session, and a clip to watch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from rtseg.pipeline.session import Session, Shot, Wish
from rtseg.sink.video import OverlayVideo
from rtseg.types import Frame, Picture, Rgb, Segmentation

PATIENCE_SECONDS = 120


class Watch:
    """A session whose shots are kept; waits for what they or the session should become."""

    def __init__(self, source: str | Path, wish: Wish | None = None, *, paused: bool = False):
        self.shots: list[Shot] = []
        self._changed = threading.Condition()
        self.session = Session(
            str(source),
            wish or Wish(),
            shown=self._keep,
            changed=self._tell,
            started_paused=paused,
        )

    def __enter__(self) -> Watch:
        self.session.__enter__()
        return self

    def __exit__(self, *error) -> None:
        self.session.__exit__(*error)

    @property
    def indices(self) -> list[int]:
        return [shot.segmentation.frame.index for shot in self.shots]

    def wait(self, condition: Callable[[], bool]) -> None:
        session = self.session
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_SECONDS), (
                session.state,
                session.error,
                session.warning,
                self.indices,
            )

    def wait_for_shots(self, count: int) -> list[int]:
        self.wait(lambda: len(self.shots) >= count)
        return self.indices

    def wait_for_state(self, state: str) -> None:
        self.wait(lambda: self.session.state == state)

    def _keep(self, shot: Shot) -> None:
        with self._changed:
            self.shots.append(shot)
            self._changed.notify_all()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()


def write_video(path: Path, pictures: list[Rgb], *, fps: int = 30) -> Path:
    """H.264, with a key frame every second."""
    with OverlayVideo(path, fps=Fraction(fps)) as video:
        for index, picture in enumerate(pictures):
            frame = Frame(picture, index, Fraction(index, fps), 0)
            video.write(Picture(Segmentation(frame, picture[..., 0]), picture))
    return path
