"""From the moments of a recording to its figures, in the words of the measurement vocabulary.

The frames of the warm-up are left out of all of them, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtseg.bench.intervals import variation
from rtseg.bench.recording import Recording
from rtseg.errors import RtsegError

Nanos = NDArray[np.int64]

SECOND = 1_000_000_000
THIRDS = 3
DEADLINE_RULES = {
    "live": "done within one period of the source after its capture, and not dropped",
    "offline": "done within one period of the source after the frame before",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of a run. start, end: seconds since the frame after which counting began."""

    start: float
    end: float
    fps: float
    latency_p99_ms: float
    lost: int
    cpu_cores: float


class Figures:
    """Of one round. Raises RtsegError where it is too short for any."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        first = recording.warm_up
        columns = {name: np.array(each, np.int64) for name, each in recording.frames.items()}
        self.frames: dict[str, Nanos] = {name: each[first:] for name, each in columns.items()}
        self.stages = {name: each[first:] for name, each in recording.stages.items()}
        engine = {name: np.array(each, np.int64) for name, each in recording.engine.items()}
        self.engine: dict[str, Nanos] = {name: each[first:] for name, each in engine.items()}
        moments = self.frames.get("done_nanos", self.engine.get("collected_nanos"))
        if moments is None or len(moments) < 2:
            whole = len(recording.frames.get("done_nanos", ()))
            raise RtsegError(
                f"only {whole} frames were done, {first + 2} are needed ({first} to warm up): "
                "give a longer source, or less --warm-up"
            )

    @property
    def headline(self) -> float:
        """processed_fps, or engine_fps where the engine ran alone."""
        return self.processed_fps if self.frames else self.engine_fps or 0.0

    @property
    def capture_fps(self) -> float:
        """Of frames that arrived, from the first that counts to the last, dropped ones too."""
        arrivals = self.recording.arrivals
        first, last = self.frames["frame"][[0, -1]]
        return rate(
            [
                nanos
                for frame, nanos in zip(arrivals["frame"], arrivals["nanos"], strict=True)
                if first <= frame <= last
            ]
        )

    @property
    def seconds(self) -> float:
        """From the first frame that counts to the last."""
        return float((self._moments[-1] - self._moments[0]) / SECOND)

    @property
    def processed_fps(self) -> float:
        """Of frames that the network saw; a mask that was used again counts nowhere."""
        return rate(self.frames["done_nanos"][self.frames["warped"] == 0])

    @property
    def engine_fps(self) -> float | None:
        """Inference alone, nothing before or after it; None where that was not measured."""
        moments = self.engine.get("collected_nanos")
        return None if moments is None or len(moments) < 2 else rate(moments)

    @property
    def latency_nanos(self) -> Nanos:
        return self.frames["done_nanos"] - self.frames["captured_nanos"]

    @property
    def engine_nanos(self) -> Nanos:
        """Of the engine alone, from submission to result."""
        if not self.engine:
            return np.zeros(0, np.int64)
        return self.engine["collected_nanos"] - self.engine["submitted_nanos"]

    @property
    def jitter_ms(self) -> float:
        """How much latency changes from one frame to the next: mean, without sign."""
        return float(np.abs(np.diff(self.latency_nanos)).mean() / 1e6)

    @property
    def lost(self) -> Nanos:
        """(n,) frames that were lost just before each of them, as their indices tell."""
        indices = self.frames["frame"]
        return np.diff(indices, prepend=indices[0] - 1) - 1

    @property
    def deadline(self) -> tuple[int, int] | None:
        """Frames that missed it, and all frames; None where the source has no rate."""
        fps, mode = self.recording.facts["source_fps"], self.recording.facts["mode"]
        if not fps:
            return None
        period = SECOND / fps
        if mode == "offline":
            late = np.diff(self.frames["done_nanos"]) > period
            return int(late.sum()), len(late)
        late, lost = self.latency_nanos > period, int(self.lost.sum())
        return int(late.sum()) + lost, len(late) + lost

    @property
    def cpu_cores(self) -> float:
        """CPU seconds per second: 2 keeps two cores busy."""
        moments, used = self.frames["done_nanos"], self.frames["cpu_nanos"]
        return float((used[-1] - used[0]) / (moments[-1] - moments[0]))

    @property
    def cpu_ms_per_frame(self) -> float:
        used = self.frames["cpu_nanos"]
        return float((used[-1] - used[0]) / 1e6 / (len(used) - 1))

    @property
    def energy(self) -> dict[str, float] | None:
        """watts, and joules per frame; of the readings between the first frame and the last."""
        began, ended = self._moments[0], self._moments[-1]
        inside = (each for each in self.recording.readings if began <= each["nanos"] <= ended)
        read = [each for each in inside if each["joules"] is not None]
        if len(read) < 2:
            return None
        seconds = (read[-1]["nanos"] - read[0]["nanos"]) / SECOND
        watts = (read[-1]["joules"] - read[0]["joules"]) / seconds
        return {"watts": watts, "joules_per_frame": watts / self.headline}

    @property
    def seconds_variation(self) -> float | None:
        """The coefficient of variation of the whole seconds' frame rates."""
        return variation([piece.fps for piece in self.pieces(1.0)])

    def pieces(self, seconds: float) -> list[Piece]:
        """Whole ones only: of a last one that is shorter nothing can be said."""
        moments = self._moments
        whole = int((moments[-1] - moments[0]) // (seconds * SECOND))
        return [self._piece(each * seconds, (each + 1) * seconds) for each in range(whole)]

    def drift(self) -> dict[str, Any]:
        """The last third of the run beside the first one: fps and clock_mhz as ratios.

        None for what was not measured, or not often enough.
        """
        moments = self._moments
        third = (moments[-1] - moments[0]) / THIRDS
        first = moments[moments <= moments[0] + third]
        last = moments[moments >= moments[-1] - third]
        enough = min(len(first), len(last)) >= 2
        begin = (0.0, third / SECOND)
        end = ((THIRDS - 1) * third / SECOND, THIRDS * third / SECOND)
        clocks = [self.sensed("clock_mhz", *each) for each in (begin, end)]
        degrees = [self.sensed("celsius", *each) for each in (begin, end)]
        return {
            "fps": rate(last) / rate(first) if enough else None,
            "clock": clocks[1] / clocks[0] if clocks[0] and clocks[1] else None,
            "celsius": degrees if None not in degrees else None,
        }

    def sensed(self, key: str, start: float, end: float) -> float | None:
        """The mean of the sensors' readings; start, end as in ``Piece``. None for no reading."""
        began = self._moments[0]
        low, high = began + start * SECOND, began + end * SECOND
        inside = (each for each in self.recording.readings if low <= each["nanos"] <= high)
        read = [each[key] for each in inside if each[key] is not None]
        return sum(read) / len(read) if read else None

    @property
    def _moments(self) -> Nanos:
        return self.frames["done_nanos"] if self.frames else self.engine["collected_nanos"]

    def _piece(self, start: float, end: float) -> Piece:
        """fps: frames that were done in it, per second; a mask used again is none of them."""
        moments = self._moments
        low, high = moments[0] + round(start * SECOND), moments[0] + round(end * SECOND)
        inside = (moments > low) & (moments <= high)
        cores, p99, lost = float("nan"), float("nan"), 0
        if self.frames and inside.any():
            places = np.flatnonzero(inside)
            before, last = max(places[0] - 1, 0), places[-1]
            used = self.frames["cpu_nanos"]
            cores = float((used[last] - used[before]) / max(moments[last] - moments[before], 1))
            p99 = float(np.percentile(self.latency_nanos[inside], 99) / 1e6)
            lost = int(self.lost[inside].sum())
        seen = inside & (self.frames["warped"] == 0) if self.frames else inside
        return Piece(start, end, int(seen.sum()) / (end - start), p99, lost, cores)


def rate(moments: Nanos | Sequence[int]) -> float:
    """(n - 1) / elapsed, a second; 0 for less than two moments."""
    if len(moments) < 2 or moments[-1] <= moments[0]:
        return 0.0
    return float((len(moments) - 1) * SECOND / (moments[-1] - moments[0]))
