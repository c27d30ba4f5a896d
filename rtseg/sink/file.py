"""What all sinks that write to disk have in common: how they begin, fail and end."""

from __future__ import annotations

import errno
import fcntl
import io
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from rtseg.errors import SinkError
from rtseg.types import Picture

if TYPE_CHECKING:
    from typing_extensions import Buffer

Self = TypeVar("Self", bound="FileSink")

REASONS = {
    errno.ENOSPC: "no space left on the disk: free some or choose another one",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another disk",
    errno.EFBIG: "the file grew larger than the system allows: write shorter pieces",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.EACCES: "no permission to write there: choose another folder",
    errno.EISDIR: "it is a folder: name a file in it",
    errno.EEXIST: "a part of its path is a file: choose another folder",
    errno.ENOTDIR: "a part of its path is a file: choose another folder",
    errno.ENAMETOOLONG: "its name is too long: choose a shorter one",
}


class FileSink(ABC):
    """Counts, remembers and closes. A failed close never hides the error that came before it."""

    wants_image: bool = True

    def __init__(self) -> None:
        self._outputs: list[Path] = []
        self._warnings: list[str] = []
        self._written = 0
        self._claims: list[BinaryIO] = []

    @property
    def outputs(self) -> tuple[Path, ...]:
        return tuple(self._outputs)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self._warnings)

    def __enter__(self: Self) -> Self:
        try:
            self.open()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except SinkError as late:
            if error is None:
                raise
            self._warnings.append(str(late))
        finally:
            self._release()

    @abstractmethod
    def open(self) -> None: ...

    @abstractmethod
    def write(self, picture: Picture) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """May be called twice."""

    def _claim(self, path: Path) -> None:
        """Leave an empty file at path, and keep other runs from writing it until this one closes.

        So a place that cannot be written is known at once. The lock ends with the process, however
        that ends.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
            self._claims.append(file)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.is_file():
                file.truncate(0)
        except BlockingIOError as error:
            raise SinkError(
                f"cannot write {str(path)!r}: another run is writing it: wait for it to end, or "
                "choose another name"
            ) from error
        except OSError as error:
            raise sink_error(path, error, written=0) from error

    def _release(self) -> None:
        while self._claims:
            self._claims.pop().close()


class DiskFile(io.FileIO):
    """Writes all or raises, and remembers: FFmpeg forgets what fails while it closes an MP4."""

    failure: OSError | None = None

    def write(self, content: Buffer) -> int:
        rest = memoryview(content)
        length = rest.nbytes
        try:
            while rest.nbytes:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.failure = self.failure or error
            raise
        return length


def new_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise SinkError(f"cannot write into {str(path)!r}: it is a file, not a folder") from error
    except OSError as error:
        raise sink_error(path, error, written=0) from error


def sink_error(path: Path, error: Exception, *, written: int) -> SinkError:
    """error: an OSError or PyAV's FFmpegError: both carry errno."""
    number = getattr(error, "errno", None)
    reason = REASONS.get(number, str(error)) if isinstance(number, int) else str(error)
    kept = f" (the {written} frames written before are kept)" if written else ""
    return SinkError(f"cannot write {str(path)!r}: {reason}{kept}")
