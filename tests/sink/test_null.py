from __future__ import annotations

from collections.abc import Callable

from rtseg.sink.base import Sink
from rtseg.sink.null import Null
from rtseg.types import Picture


def test_nothing_is_kept(picture: Callable[..., Picture]) -> None:
    with Null() as sink:
        sink.write(picture())
    assert isinstance(sink, Sink)
    assert (sink.outputs, sink.warnings, sink.wants_image) == ((), (), False)


def test_it_can_ask_for_rendering_as_a_video_would() -> None:
    assert Null(wants_image=True).wants_image
