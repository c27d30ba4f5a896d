"""What the two kinds of video have in common: one file, one size, warnings that add up."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from rtseg.sink.container import Encoding, VideoFile
from rtseg.sink.file import FileSink


class VideoSink(FileSink):
    """The first frame decides the size. A run without frames leaves no file."""

    def __init__(self, path: Path, *, fps: Fraction) -> None:
        super().__init__()
        self._path = path
        self._fps = fps
        self._file: VideoFile | None = None
        self._height = self._width = 0
        self._resized = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        warnings = list(super().warnings)
        if self._resized:
            size = f"{self._height}x{self._width}"
            warnings.append(f"{self._resized} frames were resized to the first one's {size}")
        if self._file is not None:
            warnings += self._file.warnings
        return tuple(warnings)

    def open(self) -> None:
        self._claim(self._path)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        elif self._path.is_file():
            self._path.unlink()
            self._warnings.append(f"no frame was written: {str(self._path)!r} was removed")

    def _begin(self, encoding: Encoding, *, height: int, width: int) -> VideoFile:
        """height, width: of the file, which may be larger than the frames."""
        file = VideoFile(self._path, encoding, height=height, width=width, fps=self._fps)
        self._outputs.append(self._path)
        return file
