"""From what somebody wants to the engines that it takes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rtseg.engine.base import EngineInfo
from rtseg.errors import UsageError
from rtseg.pipeline.engines import fallback
from rtseg.pipeline.wish import Wish
from rtseg.smoothing import Smoothing
from rtseg.source.base import SourceInfo

FILE = SourceInfo("a.mp4", 48, 64, fps=Fraction(30), live=False)
CAMERA = replace(FILE, name="camera", live=True)
FAST = EngineInfo("roadlite", "tensorrt", "int8", {}, device="gpu", version="10")
SURE = EngineInfo("roadlite", "openvino", "int8", {}, device="cpu", version="2026")


def test_auto_leaves_the_policy_to_the_source_and_a_camera_cannot_wait() -> None:
    assert [Wish().is_live(each) for each in (FILE, CAMERA)] == [False, True]
    assert Wish(policy="live").is_live(FILE)
    assert not Wish(policy="offline").is_live(FILE)
    with pytest.raises(UsageError, match="no offline policy"):
        Wish(policy="offline").is_live(CAMERA)


def test_engines_are_equal_where_nothing_that_concerns_them_changed() -> None:
    wish = Wish(compare=("other", "auto", "fp32"))
    assert wish.engines(live=False) == replace(wish, model="roadlite-camvid").engines(live=False)
    assert wish.engines(live=False)[0] != wish.engines(live=True)[0]
    scored = replace(wish, scores=True).engines(live=False)
    assert [each.scored for each in scored] == [True, False]
    assert scored[1] == wish.engines(live=False)[1]
    flow, ema = (
        replace(wish, smoothing=Smoothing(mode)).engines(live=False) for mode in ("flow", "ema")
    )
    assert flow == ema
    assert [each.scored for each in flow] == [True, True]


def test_one_tensor_is_in_flight_live_and_between_key_frames() -> None:
    (offline,) = Wish().engines(live=False)
    (live,) = Wish().engines(live=True)
    (sparse,) = Wish(smoothing=Smoothing(keyframe=3)).engines(live=False)
    assert [each.depth for each in (offline, live, sparse)] == [2, 1, 1]


def test_another_backend_than_before_is_told() -> None:
    assert fallback((FAST,), (SURE,)) == (
        "roadlite now runs on openvino in place of tensorrt: only there are the scores that were "
        "asked for"
    )
    assert fallback((FAST,), (FAST,)) == ""
    assert fallback((FAST,), (replace(SURE, model="another"),)) == ""
