"""A folder that gets one file per frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path

from rtseg.errors import SinkError
from rtseg.sink.file import FileSink, new_folder, sink_error
from rtseg.types import Picture


class FolderSink(FileSink):
    """``outputs`` lists the folder, or the file if there is but one.

    name_of: from a frame's index to a file name with its suffix; it may hold subfolders.
    """

    def __init__(self, folder: Path, *, name_of: Callable[[int], str]) -> None:
        super().__init__()
        self._folder = folder
        self._name_of = name_of
        self._paths: set[Path] = set()

    def path_of(self, index: int) -> Path:
        """Where the frame of this index is written."""
        return self._folder / self._name_of(index)

    def open(self) -> None:
        new_folder(self._folder)

    def write(self, picture: Picture) -> None:
        path = self.path_of(picture.segmentation.frame.index)
        if path in self._paths:
            raise SinkError(
                f"{str(path)!r} holds a frame of this run already: "
                f"number them, as in {path.stem}_%06d{path.suffix}"
            )
        self._save(path, self.encoded(picture, path))
        self._written += 1
        self._paths.add(path)
        self._outputs[:] = [path if len(self._paths) == 1 else self._folder]

    def close(self) -> None:
        """Every file was closed when it was written."""

    @abstractmethod
    def encoded(self, picture: Picture, path: Path) -> bytes: ...

    def _save(self, path: Path, content: bytes) -> None:
        """Wholly or not at all: half a picture would look like a result."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.write_bytes(content)
            except OSError:
                if path.is_file():
                    path.unlink()
                raise
        except OSError as error:
            raise sink_error(path, error, written=self._written) from error
