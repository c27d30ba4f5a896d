"""The overlay in planes, against the one in R G B and against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from rtseg.labels import CAMVID, IGNORE
from rtseg.overlay import Look, render
from rtseg.overlay_planes import can_paint, paint
from rtseg.sink.planes import Films, yuv420
from rtseg.source.video import VideoFile
from rtseg.stretch import stretched
from rtseg.types import Frame, LabelMap, Segmentation
from rtseg.yuv import BT601, BT709, Planes, matrix_for

LOOKS = [Look(), Look("mask"), Look(opacity=0.3, hidden=frozenset({"sky", "car"}))]


def noise(height: int, width: int) -> Planes:
    planes = Films().blank(height, width, matrix_for(height))
    random = np.random.default_rng(1)
    for plane in (planes.luma, planes.blue, planes.red):
        plane[:] = random.integers(0, 256, plane.shape, np.uint8)
    return planes


def label_map(height: int, width: int) -> LabelMap:
    labels = np.random.default_rng(2).integers(0, len(CAMVID) + 1, (height, width), np.uint8)
    labels[labels == len(CAMVID)] = IGNORE
    assert len(np.unique(labels)) == 12
    return labels


def painted(segmentation: Segmentation, look: Look) -> Planes:
    assert can_paint(segmentation, look)
    height, width = segmentation.frame.size
    onto = Films().blank(height, width, matrix_for(height))
    paint(segmentation, CAMVID, look, onto=onto)
    return onto


def exact(segmentation: Segmentation, look: Look) -> list[np.ndarray]:
    """In floats, pixel by pixel; the mean of four for chroma."""
    planes = segmentation.frame.given
    assert isinstance(planes, Planes)
    labels = stretched(segmentation.labels, planes.height, planes.width)
    colors = np.zeros((256, 3))
    share = np.full(256, 1.0 if look.mode == "mask" else 0.0)
    for label, name in enumerate(CAMVID.names):
        if name not in look.hidden:
            colors[label] = CAMVID.colors[label]
            share[label] = 1.0 if look.mode == "mask" else round(256 * look.opacity) / 256
    kr, kb = planes.matrix.kr, planes.matrix.kb
    luma = colors @ (kr, 1 - kr - kb, kb)
    levels = (
        16 + 219 / 255 * luma,
        128 + 224 / 255 * (colors[:, 2] - luma) / (2 - 2 * kb),
        128 + 224 / 255 * (colors[:, 0] - luma) / (2 - 2 * kr),
    )
    blended = []
    for plane, level in zip((planes.luma, planes.blue, planes.red), levels, strict=True):
        step = planes.height // plane.shape[0]
        grown = plane[:, : planes.width // step].repeat(step, 0).repeat(step, 1)
        mixed = grown * (1 - share[labels]) + (level * share)[labels]
        rows, columns = planes.height // step, planes.width // step
        blended.append(mixed.reshape(rows, step, columns, step).mean((1, 3)))
    return blended


@pytest.mark.parametrize("look", LOOKS, ids=["overlay", "mask", "hidden"])
@pytest.mark.parametrize(("height", "width"), [(48, 70), (722, 94)])
def test_every_sample_is_the_blend_of_its_labels(height: int, width: int, look: Look) -> None:
    frame = Frame(noise(height, width), 0, Fraction(0), 0)
    segmentation = Segmentation(frame, label_map(13, 17))
    onto = painted(segmentation, look)
    found = onto.luma, onto.blue, onto.red
    for plane, expected in zip(found, exact(segmentation, look), strict=True):
        difference = np.abs(plane[:, : expected.shape[1]] - expected)
        assert difference.max() < 0.6  # half a level of the result, and what the weights round


def test_a_real_clip_looks_as_it_does_by_way_of_rgb(shared: Path) -> None:
    """Which rounds twice more, and clips the few colours that it cannot hold."""
    clip = shared / "videos" / "us123_road_1280x720_30fps_reencoded.mp4"
    with VideoFile(clip) as source:
        for frame in islice(source, 3):
            segmentation = Segmentation(frame, label_map(22, 30))
            found = painted(segmentation, Look()).film.to_ndarray().astype(int)
            by_rgb = yuv420(render(segmentation, CAMVID, Look()), BT709).to_ndarray()
            difference = np.abs(found - by_rgb)
            assert np.mean(difference <= 1) > 0.985
            assert np.mean(difference <= 2) > 0.9998


@pytest.mark.parametrize(
    ("look", "reason"), [(Look("side"), "twice as wide"), (Look(legend=True), "text")]
)
def test_other_looks_are_left_to_rgb(look: Look, reason: str) -> None:
    segmentation = Segmentation(Frame(noise(48, 64), 0, Fraction(0), 0), label_map(13, 17))
    assert not can_paint(segmentation, look), reason


def test_planes_of_another_matrix_than_the_video_has_are_left_to_rgb() -> None:
    planes = Films().blank(48, 64, BT709)
    assert matrix_for(48) == BT601
    segmentation = Segmentation(Frame(planes, 0, Fraction(0), 0), label_map(13, 17))
    assert not can_paint(segmentation, Look())
    rgb = Frame(np.zeros((48, 64, 3), np.uint8), 0, Fraction(0), 0)
    assert not can_paint(Segmentation(rgb, label_map(13, 17)), Look())


def test_a_film_keeps_its_memory_while_an_encoder_has_it() -> None:
    films = Films()
    planes = films.blank(48, 64, BT601)
    film: av.VideoFrame = planes.film
    address = planes.luma.ctypes.data
    del planes
    other = films.blank(48, 64, BT601)
    assert other.luma.ctypes.data != address
    del film
    assert films.blank(48, 64, BT601).luma.ctypes.data == address
