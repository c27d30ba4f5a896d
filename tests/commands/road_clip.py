"""Small videos with known content, made on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from rtseg.source.road import RoadSource


def road_clip(path: Path, *, frames=30, height=90, width=160, fps=30, audio=False) -> Path:
    """A stretch of the synthetic road, moov in front so that a truncated copy can be read."""
    with RoadSource(height=height, width=width, fps=fps, frames=frames) as road:
        pictures = [frame.picture for frame in road]
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.height, stream.width = height + height % 2, width + width % 2
        stream.pix_fmt = "yuv420p"
        for index, picture in enumerate(pictures):
            even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
            frame = av.VideoFrame.from_ndarray(even, "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def decoded(path: Path) -> list[Fraction]:
    """The presentation times in seconds of every frame that plays."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]
