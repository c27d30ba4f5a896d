"""Fetch one published file: going on where it broke off, refused unless it is the one wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, build_opener

from rtseg import __version__
from rtseg.engine.package import sha256_of
from rtseg.errors import SinkError, SourceError
from rtseg.source.masking import masked

if TYPE_CHECKING:
    from rtseg.models.checkpoints import Checkpoint

TIMEOUT_S = 30.0
"""Without a byte, that is; a slow server may take as long as it likes."""

BLOCK_BYTES = 1 << 16


def download(
    wanted: Checkpoint,
    path: Path,
    *,
    progress: Callable[[int], object] = lambda done: None,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Afterwards ``path`` holds the file; nothing is fetched if it did before.

    progress: is told the bytes there are so far. What has come lies in ``path`` + ``.part`` and is
    kept when the connection, the disk or the user ends it; the next call asks for the rest only.
    Raises SourceError where the server fails or has another file, SinkError where the disk does.
    """
    part = path.with_name(path.name + ".part")
    with _writing(part):
        if _is_there(wanted, path):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        done = part.stat().st_size if part.exists() else 0
    if done < wanted.size_bytes:
        _fetch_rest(wanted, part, progress=progress, timeout_s=timeout_s)
    if sha256_of(part) != wanted.sha256:
        raise _refused(wanted, part, "its sha256 differs")
    with _writing(part):
        part.replace(path)


def _is_there(wanted: Checkpoint, path: Path) -> bool:
    if not path.exists():
        return False
    if not path.is_file() or sha256_of(path) != wanted.sha256:
        raise SinkError(
            f"{str(path)!r} is there already and is not the file of {masked(wanted.url)}: move it "
            "away, or name another folder with -o"
        )
    return True


def _fetch_rest(
    wanted: Checkpoint, part: Path, *, progress: Callable[[int], object], timeout_s: float
) -> None:
    start = part.stat().st_size if part.exists() else 0
    with _answer(wanted, part, start=start, timeout_s=timeout_s) as answer:
        done = _first_byte(wanted, part, answer)
        with _writing(part), part.open("ab" if done else "wb") as file:
            progress(done)
            for block in _blocks(wanted, answer, done):
                file.write(block)
                done += len(block)
                progress(done)
    if done < wanted.size_bytes:
        raise _lost(wanted, f"the connection ended after {done} of {wanted.size_bytes} bytes")


@contextmanager
def _answer(
    wanted: Checkpoint, part: Path, *, start: int, timeout_s: float
) -> Iterator[HTTPResponse]:
    headers = {"User-Agent": f"rtseg/{__version__}"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        # An opener of its own reads the proxies of now from the environment.
        answer = build_opener().open(Request(wanted.url, headers=headers), timeout=timeout_s)
    except HTTPError as error:
        error.close()
        if error.code == 416:
            raise _refused(wanted, part, f"it has no byte {start}") from error
        raise _lost(wanted, f"the server answers {error.code} {error.reason}") from error
    except URLError as error:
        raise _lost(wanted, f"no connection ({_cause(error.reason)})") from error
    except (OSError, HTTPException) as error:
        raise _lost(wanted, f"no answer ({_cause(error)})") from error
    with answer:
        yield answer


def _first_byte(wanted: Checkpoint, part: Path, answer: HTTPResponse) -> int:
    """Where the answer begins: 0 from a server that cannot go on in the middle."""
    start, length = 0, answer.length
    if answer.status == 206:
        spans = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        start, length = (int(spans[1]), int(spans[2])) if spans else (-1, None)
        if start != part.stat().st_size:
            raise _refused(wanted, part, "the server goes on at another byte than asked for")
    if length is not None and length != wanted.size_bytes:
        raise _refused(wanted, part, f"it has {length} bytes instead of {wanted.size_bytes}")
    return start


def _blocks(wanted: Checkpoint, answer: HTTPResponse, done: int) -> Iterator[bytes]:
    while done < wanted.size_bytes:
        try:
            block = answer.read1(min(BLOCK_BYTES, wanted.size_bytes - done))
        except (OSError, HTTPException) as error:
            raise _lost(
                wanted,
                f"the connection broke after {done} of {wanted.size_bytes} bytes ({_cause(error)})",
            ) from error
        if not block:
            return
        done += len(block)
        yield block


@contextmanager
def _writing(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkError(
            f"cannot write {str(part)!r}: {error.strerror or error}; what has come is kept: "
            "make room, then run the same command to go on, or name another folder with -o"
        ) from error


def _lost(wanted: Checkpoint, what: str) -> SourceError:
    return SourceError(
        f"cannot fetch {masked(wanted.url)}: {what}; run the same command again to go on, or "
        f"download it by hand from {wanted.page}"
    )


def _refused(wanted: Checkpoint, part: Path, why: str) -> SourceError:
    part.unlink(missing_ok=True)
    return SourceError(
        f"refused {masked(wanted.url)}: {why}, so it is not the file that was published; nothing "
        f"is kept; run the same command again, or see {wanted.page}"
    )


def _cause(error: BaseException | str) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return masked(str(getattr(error, "strerror", None) or error))
