"""Videos of what is shown, written beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from rtseg.errors import RtsegError
from rtseg.pipeline.channel import Channel, Closed
from rtseg.pipeline.shot import Shot
from rtseg.sink.container import UNKNOWN_FPS
from rtseg.sink.video import OverlayVideo
from rtseg.types import Picture, Rgb

LONGEST_STEP = Fraction(1)
"""Seconds of the source between two frames; more, or less than none, is a seek."""


@dataclass
class FilmTime:
    """The time in a film whose frames were played forwards, backwards and with jumps.

    Steps forward take as long as they do in the source, all others one frame's time.
    """

    fps: Fraction
    _last: Fraction | None = None
    _time: Fraction = Fraction(0)

    def __call__(self, pts: Fraction) -> Fraction:
        if self._last is not None:
            step = pts - self._last
            usual = 1 / (self.fps or UNKNOWN_FPS)
            self._time += step if 0 < step <= LONGEST_STEP else usual
        self._last = pts
        return self._time


class Recording:
    """H.264 of every shot that is offered, painted and encoded on a thread of its own.

    path: as for OverlayVideo; raises UsageError. fps: the source's. live: shots are dropped where
    the encoder is too slow; without it whoever offers waits. render: paints, on that thread. ended:
    called on the recording's thread when the file is closed. warning: why it ended by itself; what
    was written until then is playable.
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: Fraction,
        live: bool,
        render: Callable[[Shot], Rgb],
        ended: Callable[[Recording], None],
    ) -> None:
        self.path = path
        self.warning = ""
        self._video = OverlayVideo(path, fps=fps)
        self._render, self._ended = render, ended
        self._time = FilmTime(fps)
        self._shots: Channel[Shot] = Channel(2, latest=live)
        self._thread = threading.Thread(target=self._run, name="rtseg-recording")
        self._thread.start()

    def offer(self, shot: Shot) -> int:
        """How many earlier shots were dropped for it."""
        try:
            return self._shots.put(shot)
        except Closed:
            return 0

    def stop(self) -> None:
        """What was offered is still written. Any thread, any number of times."""
        self._shots.close()

    def join(self) -> None:
        self._thread.join()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with self._video as video:
                for shot in self._shots:
                    video.write(self._picture(shot))
        except RtsegError as error:
            self.warning = f"the recording ended: {error}"
        except Exception as error:  # noqa: BLE001 - who paints is not ours
            self.warning = f"the recording ended: painting failed ({type(error).__name__}: {error})"
        finally:
            self._shots.abort()
            self._ended(self)

    def _picture(self, shot: Shot) -> Picture:
        segmentation = shot.segmentation
        frame = replace(segmentation.frame, pts=self._time(segmentation.frame.pts))
        return Picture(replace(segmentation, frame=frame), self._render(shot))


class Recorder:
    """One recording at a time, of which each begins and ends when somebody says so.

    changed: called on any thread when ``path`` or ``warning`` is another.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.warning = ""
        self._changed = changed
        self._recording: Recording | None = None
        self._begun: list[Recording] = []

    @property
    def path(self) -> Path | None:
        """What is being written; None where nothing is."""
        recording = self._recording
        return None if recording is None or recording.is_over else recording.path

    def begin(
        self, path: Path, *, fps: Fraction, live: bool, render: Callable[[Shot], Rgb]
    ) -> None:
        """As for Recording. The one before ends."""
        recording = Recording(path, fps=fps, live=live, render=render, ended=self._over)
        self.stop()
        self.warning = ""
        self._begun = [each for each in self._begun if not each.is_over]
        self._begun.append(recording)
        self._recording = recording
        self._changed()

    def offer(self, shot: Shot) -> int:
        """How many earlier shots were dropped for it."""
        recording = self._recording
        return 0 if recording is None else recording.offer(shot)

    def stop(self) -> None:
        """What was offered is still written, aside."""
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.stop()
            self._changed()

    def close(self) -> None:
        """Waits until all files are closed."""
        self.stop()
        for each in self._begun:
            each.join()

    def _over(self, recording: Recording) -> None:
        if self._recording is recording:
            self._recording = None
        self.warning = recording.warning or self.warning
        self._changed()
