"""From what a user types to the source that it means."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from rtseg.errors import UsageError
from rtseg.source.base import Source
from rtseg.source.camera import DEFAULT_FOURCC, Camera
from rtseg.source.chaos import Chaos
from rtseg.source.chaos_uri import SCHEME, source_and_faults
from rtseg.source.csi import CsiCamera
from rtseg.source.growing import GrowingFile
from rtseg.source.gst import GStreamerPipeline
from rtseg.source.images import DEFAULT_FPS, EXTENSIONS, LIST_EXTENSION, ImageFolder
from rtseg.source.masking import masked
from rtseg.source.patience import Patience
from rtseg.source.steadfast import Steadfast
from rtseg.source.stream import NetworkStream
from rtseg.source.video import VideoFile

ACCEPTED = (
    "a video file, a picture, a folder of pictures, a quoted glob, a list.txt, 0 or /dev/video0 "
    "(cameras), v4l2:///dev/video0?size=HxW&fps=30&fourcc=MJPG, csi://0?size=HxW&fps=30, file://, "
    "rtsp:// (rtspu:// by UDP), rtsps://, http://, https://, rtp://, udp://, gst:PIPELINE, "
    "test://road?size=HxW&fps=30&seed=1&frames=300, chaos://SOURCE?drop=0.05"
)
_FORM = "SCHEME://USER:PASSWORD@HOST:PORT/PATH"
_LIVE = (NetworkStream, Camera, GStreamerPipeline)
_GST = "gst:"


@dataclass(frozen=True)
class Wishes:
    """What a user would like; None is no wish. A source that cannot be asked refuses a wish.

    height, width, fourcc: of cameras. fps: of cameras, and the rate at which pictures play.
    """

    height: int | None = None
    width: int | None = None
    fps: Fraction | None = None
    fourcc: str | None = None


def open_source(
    reference: str,
    *,
    height: int | None = None,
    width: int | None = None,
    fps: Fraction | None = None,
    fourcc: str | None = None,
    follow: bool = False,
    patience: Patience | None = None,
) -> Source:
    """Not opened yet: ``with open_source(reference) as source: ...``. Touches no device.

    follow: a video file may still be growing. patience: with it, cameras and streams are connected
    again when they are lost; without it that is an error. Both hold for what chaos is around, too.
    """
    if not reference.strip():
        raise UsageError(f"no source given; accepted: {ACCEPTED}")
    wishes = Wishes(height, width, fps=fps, fourcc=fourcc)
    if reference.startswith(SCHEME):
        inner, faults = source_and_faults(reference)
        source = open_source(inner, **vars(wishes), follow=follow, patience=patience)
        return Chaos(source, faults)
    make = partial(_followed if follow else _opened, reference, wishes)
    source = make()
    lasts = patience is not None and isinstance(source, _LIVE)
    return Steadfast(make, patience=patience) if lasts else source


def _followed(reference: str, wishes: Wishes) -> Source:
    source = _opened(reference, wishes)
    if not isinstance(source, VideoFile):
        raise UsageError(f"{masked(reference)!r} is no video file: only one can be followed")
    return GrowingFile(source.path)


def _opened(reference: str, wishes: Wishes) -> Source:
    if reference.isdecimal():
        return _camera(f"/dev/video{reference}", wishes)
    if reference.startswith("/dev/"):
        return _camera(reference, wishes)
    if reference.startswith(_GST) or " ! " in reference:
        _refuse(wishes, reference, allowed=())
        return GStreamerPipeline(reference.removeprefix(_GST).strip())
    if "://" in reference:
        return _from_url(reference, wishes)
    return _from_path(os.path.expanduser(reference), wishes)


def _from_url(reference: str, wishes: Wishes) -> Source:
    try:
        url = urlsplit(reference)
        url.port  # noqa: B018 (a bad port is noticed only when it is asked for)
    except ValueError:
        # Not with its words: to Python a password that holds a slash is a port, and it says so.
        raise UsageError(
            f"{masked(reference)!r} is no valid address: expected {_FORM}; write @ : / ? # of user "
            "and password as %40 %3A %2F %3F %23"
        ) from None
    if url.scheme not in _SCHEMES:
        raise UsageError(f"nothing can open {masked(reference)!r}; accepted: {ACCEPTED}")
    return _SCHEMES[url.scheme](reference, url, wishes)


def _network(reference: str, url: SplitResult, wishes: Wishes) -> Source:
    _refuse(wishes, reference, allowed=())
    if not url.hostname:
        raise UsageError(f"{masked(reference)!r} names no host: expected {url.scheme}://HOST/PATH")
    return NetworkStream(url.scheme + reference[len(url.scheme) :])


def _file(reference: str, url: SplitResult, wishes: Wishes) -> Source:
    if url.netloc not in ("", "localhost"):
        raise UsageError(f"{reference!r} is on another machine: expected file:///PATH")
    return _from_path(unquote(url.path), wishes)


def _v4l2(reference: str, url: SplitResult, wishes: Wishes) -> Source:
    if url.netloc or not url.path.startswith("/dev/"):
        raise UsageError(f"{reference!r} is no camera: expected v4l2:///dev/video0")
    asked = _query(reference, url.query, keys=_CAMERA_KEYS, example=_CAMERA_EXAMPLE)
    twice = [name for name in asked if getattr(wishes, name) is not None]
    if twice:
        raise UsageError(f"{reference!r} and an option both ask for {twice[0]}: leave one out")
    return _camera(url.path, replace(wishes, **asked))


def _csi(reference: str, url: SplitResult, wishes: Wishes) -> Source:
    if not url.netloc.isdecimal() or url.path not in ("", "/"):
        raise UsageError(f"{reference!r} is no CSI camera: expected csi://0 or csi://1")
    _refuse(wishes, reference, allowed=("height", "width", "fps"))
    asked = _query(reference, url.query, keys=_CSI_KEYS, example=_CSI_EXAMPLE)
    wishes = replace(wishes, **asked)
    size = (wishes.height or 720, wishes.width or 1280)
    return CsiCamera(int(url.netloc), size=size, fps=wishes.fps or Fraction(30))


def _test(reference: str, url: SplitResult, wishes: Wishes) -> Source:
    _refuse(wishes, reference, allowed=())
    if url.netloc != "road" or url.path not in ("", "/"):
        raise UsageError(f"no test source {reference!r}; there is: test://road")
    query = _query(reference, url.query, keys=_ROAD_KEYS, example=_ROAD_EXAMPLE)

    from rtseg.source.road import RoadSource

    return RoadSource(**query)


_SCHEMES: dict[str, Callable[[str, SplitResult, Wishes], Source]] = {
    "rtsp": _network,
    "rtsps": _network,
    "rtspt": _network,
    "rtspu": _network,
    "http": _network,
    "https": _network,
    "rtp": _network,
    "udp": _network,
    "file": _file,
    "v4l2": _v4l2,
    "csi": _csi,
    "test": _test,
}


def _from_path(path: str, wishes: Wishes) -> Source:
    extension = os.path.splitext(path)[1]
    holds_pictures = (
        os.path.isdir(path)
        or extension == LIST_EXTENSION
        or extension.lower() in EXTENSIONS
        or (glob.has_magic(path) and not os.path.exists(path))
    )
    if holds_pictures:
        _refuse(wishes, path, allowed=("fps",))
        return ImageFolder(path, fps=wishes.fps or DEFAULT_FPS)
    _refuse(wishes, path, allowed=())
    return VideoFile(path)


def _camera(device: str, wishes: Wishes) -> Source:
    return Camera(
        device,
        width=wishes.width,
        height=wishes.height,
        fps=wishes.fps,
        fourcc=wishes.fourcc or DEFAULT_FOURCC,
    )


def _refuse(wishes: Wishes, reference: str, *, allowed: tuple[str, ...]) -> None:
    """A wish that would be ignored silently is an error."""
    for name, wish in vars(wishes).items():
        if wish is not None and name not in allowed:
            raise UsageError(
                f"{masked(reference)!r} has its own {name}: only a camera can be asked"
            )


def _query(
    reference: str, query: str, *, keys: dict[str, Callable[[str], dict[str, Any]]], example: str
) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
        given = dict(pairs)
        if len(given) < len(pairs):
            raise ValueError("a key is there twice")
        parsed: dict[str, Any] = {}
        for key, text in given.items():
            parsed.update(keys[key](text))
    except (KeyError, ValueError) as error:
        raise UsageError(
            f"cannot read {reference!r} ({error}); expected {example}, every key at most once"
        ) from error
    return parsed


def _size(text: str) -> dict[str, int]:
    height, _, width = text.partition("x")
    return {**_whole(height, key="height"), **_whole(width, key="width")}


def _whole(text: str, *, key: str, least: int = 1) -> dict[str, int]:
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"{key} {text!r} is no whole number from {least} up")
    return {key: int(text)}


def _rate(text: str) -> dict[str, Fraction]:
    try:
        rate = Fraction(text)
    except ZeroDivisionError:
        rate = Fraction(0)
    if rate <= 0:
        raise ValueError(f"fps {text!r} is no positive number")
    return {"fps": rate}


def _four(text: str) -> dict[str, str]:
    if len(text) != 4 or not text.isascii():
        raise ValueError(f"fourcc {text!r} is no four letters")
    return {"fourcc": text}


_ROAD_EXAMPLE = "test://road?size=HxW&fps=30&seed=1&frames=300"
_CSI_EXAMPLE = "csi://0?size=HxW&fps=30"
_CAMERA_EXAMPLE = "v4l2:///dev/video0?size=HxW&fps=30&fourcc=MJPG"

_CAMERA_KEYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "size": _size,
    "fps": _rate,
    "fourcc": _four,
}

_CSI_KEYS: dict[str, Callable[[str], dict[str, Any]]] = {"size": _size, "fps": _rate}

_ROAD_KEYS: dict[str, Callable[[str], dict[str, int]]] = {
    "size": _size,
    "fps": partial(_whole, key="fps"),
    "seed": partial(_whole, key="seed", least=0),
    "frames": partial(_whole, key="frames"),
}
