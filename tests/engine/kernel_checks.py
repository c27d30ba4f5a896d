"""What frame.cu must do, whoever compiled it: by the tests as it is, and with planted mistakes.

As a program, with a library and its entries: which check each entry fails first, line by line.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from host_kernels import HostKernels, pitched

from rtseg.engine.kernels import fitted, palette
from rtseg.labels import CAMVID, IGNORE
from rtseg.overlay import Look, render, weights
from rtseg.preprocess import prepare
from rtseg.types import Frame, ModelSpec, Segmentation

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)

SIZES = [  # of the picture, of the network
    ((1, 1), (3, 5)),
    ((257, 513), (33, 47)),
    ((133, 181), (33, 45)),
    ((359, 641), (65, 41)),
    ((97, 131), (47, 65)),
    ((61, 83), (41, 57)),
    ((67, 129), (33, 43)),
    ((9, 2), (20, 35)),
    ((33, 9), (33, 9)),
    ((1, 393), (1, 1465)),  # weights come out otherwise if a quotient is rounded twice
]


def network(size, order="rgb"):
    return ModelSpec(*size, order, MEAN, STD, "camvid11")


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def stripes(shape):
    """As many halves between levels as there can be, and the steepest edges."""
    picture = noise((*shape, 3), 3) % 2 + 100
    picture[:, ::3] = noise((*picture[:, ::3].shape[:2], 1), 4) // 128 * 255
    return picture


def normalised(levels):
    """(h, w, 3) R G B -> (1, 3, h, w) float64"""
    return ((levels.astype(np.float64) - MEAN) / STD).transpose(2, 0, 1)[None]


def on_cpu(picture, spec):
    return prepare(Frame(picture, 0, Fraction(0), 0), spec).tensor[0]


def close(found, expected, tolerance=2e-6):
    difference = np.abs(found.astype(np.float64) - expected).max()
    assert difference <= tolerance, difference


def equals_the_cpu_road(kernels):
    for shape, size in SIZES:
        for picture in (noise((*shape, 3)), stripes(shape)):
            spec = network(size)
            close(kernels.prepare(spec, picture, shape), normalised(on_cpu(picture, spec)))


def is_bilinear_like_opencv_in_fp32(kernels):
    for shape, (height, width) in SIZES[:-1]:
        picture = noise((*shape, 3))
        expected = normalised(_exact(picture, height, width))
        spec = network((height, width))
        close(kernels.prepare(spec, picture, shape, rounded=False), expected)


def is_one_unit_off_at_most_in_fp16(kernels):
    for shape, (height, width) in SIZES[:-1]:
        picture = noise((*shape, 3))
        expected = normalised(_exact(picture, height, width)).astype(np.float16)
        spec = network((height, width))
        found = kernels.prepare(spec, picture, shape, half=True, rounded=False)
        unit = np.maximum(np.abs(np.spacing(expected)), np.float16(2e-6))
        assert (np.abs(found - expected) <= unit).all()
        assert (found == expected).mean() > 0.99


def takes_every_order_and_pitch(kernels):
    shape, size = (61, 83), (41, 57)
    picture = noise((*shape, 3))
    expected = normalised(on_cpu(picture, network(size)))
    for layout, order in (("rgb", "bgr"), ("bgr", "rgb"), ("bgr", "bgr")):
        spec = ModelSpec(*size, order, MEAN, STD, "camvid11")
        pixels = pitched(picture if layout == "rgb" else picture[:, :, ::-1], 3 * 83 + 7)
        found = kernels.prepare(spec, pixels, shape, layout=layout, pitch=3 * 83 + 7)
        mean, std = (np.reshape(each, (1, 3, 1, 1)) for each in (MEAN, STD))
        levels = found * std + mean
        rgb = levels if order == "rgb" else levels[:, ::-1]
        np.testing.assert_allclose(rgb, expected * std + mean, atol=1e-3)


def keeps_proportions_in_a_letterbox(kernels):
    for shape, size in (((72, 128), (35, 48)), ((129, 67), (33, 43)), ((5, 5), (31, 77))):
        picture, spec = noise((*shape, 3)), network(size)
        content = fitted(spec, shape, "letterbox")
        expected = np.zeros((1, 3, *size))
        rows = slice(content.top, content.top + content.height)
        columns = slice(content.left, content.left + content.width)
        inner = on_cpu(picture, network((content.height, content.width)))
        expected[:, :, rows, columns] = normalised(inner)
        close(kernels.prepare(spec, picture, shape, fit="letterbox"), expected)


def converts_nv12(kernels):
    for shape in ((34, 66), (33, 47), (1, 1)):
        for matrix, full_range in (("bt601", False), ("bt709", False), ("bt709", True)):
            luma, chroma = _nv12(shape)
            pitch = 2 * chroma.shape[1] + 6
            found = kernels.prepare(
                network(shape),
                pitched(luma, pitch),
                shape,
                layout="nv12",
                pitch=pitch,
                chroma=pitched(chroma, pitch),
                matrix=matrix,
                full_range=full_range,
            )
            levels = found[0].transpose(1, 2, 0) * np.float64(STD) + MEAN
            exact = rgb_of(luma, chroma, matrix, full_range=full_range)
            assert np.abs(levels - exact).max() < 0.501


def shrinks_nv12_like_its_rgb_picture(kernels):
    shape, size = (67, 129), (21, 43)
    luma, chroma = _nv12(shape)
    planes = np.hstack([luma, luma[:, :1]]).tobytes() + chroma.tobytes()
    pixels = np.frombuffer(planes, np.uint8)
    for half, order in ((False, "bgr"), (True, "rgb")):
        found = kernels.prepare(network(size, order), pixels, shape, layout="nv12", half=half)
        picture = np.rint(rgb_of(luma, chroma, "bt709", full_range=False)).astype(np.uint8)
        expected = on_cpu(picture, network(size))[:, :, :: 1 if order == "rgb" else -1]
        tolerance = 2e-3 if half else 2e-6
        close(found, normalised(expected), tolerance)


def overlays_like_the_cpu_road(kernels):
    looks = [Look(), Look(opacity=0.3, hidden=frozenset({"sky"})), Look("mask")]
    for shape, grid in (((61, 83), (9, 13)), ((257, 131), (31, 257)), ((1, 1), (3, 2))):
        picture, labels = noise((*shape, 3)), noise(grid, 1) % 13
        labels[labels == 12] = IGNORE
        for look in looks:
            frame = Frame(picture, 0, Fraction(0), 0)
            expected = render(Segmentation(frame, labels), CAMVID, look)
            image = np.zeros_like(picture)
            table = palette(*weights(CAMVID, look))
            kernels.overlay(
                network((64, 96)), picture, shape, labels=labels, weights=table, target=image
            )
            np.testing.assert_array_equal(image, expected)


def overlays_in_place_with_every_pitch(kernels):
    shape, grid = (61, 83), (9, 13)
    picture, labels = noise((*shape, 3)), noise(grid, 1) % 12
    frame = Frame(picture, 0, Fraction(0), 0)
    expected = render(Segmentation(frame, labels), CAMVID, Look())[:, :, ::-1]
    table = palette(*weights(CAMVID, Look()), layout="bgr")
    source, gap = pitched(picture[:, :, ::-1], 260), pitched(labels, 17)
    view = np.lib.stride_tricks.as_strided(gap, grid, (17, 1))
    for target, target_pitch in ((source.copy(), 260), (np.zeros(60 * 271 + 249, np.uint8), 271)):
        pixels = target if target_pitch == 260 else source
        kernels.overlay(
            network((64, 96)),
            pixels,
            shape,
            labels=view,
            weights=table,
            target=target,
            pitch=260,
            target_pitch=target_pitch,
            labels_pitch=17,
        )
        np.testing.assert_array_equal(_rows(target, target_pitch, 249), expected.reshape(61, 249))
        if target_pitch == 260:
            np.testing.assert_array_equal(target[249:260], source[249:260])


def leaves_the_letterbox_out_of_the_overlay(kernels):
    for shape, size in (((72, 128), (40, 48)), ((129, 67), (40, 48))):
        spec, stride = network(size), 4
        picture, labels = noise((*shape, 3)), noise((size[0] // stride, size[1] // stride), 1) % 11
        content = fitted(spec, shape, "letterbox")
        rows = _places(shape[0], content.top, content.height, stride)
        columns = _places(shape[1], content.left, content.width, stride)
        segmentation = Segmentation(
            Frame(picture, 0, Fraction(0), 0), labels[np.ix_(rows, columns)]
        )
        image = np.zeros_like(picture)
        table = palette(*weights(CAMVID, Look()))
        kernels.overlay(
            spec, picture, shape, labels=labels, weights=table, target=image, fit="letterbox"
        )
        np.testing.assert_array_equal(image, render(segmentation, CAMVID, Look()))


CHECKS = {
    check.__name__: check
    for check in (
        equals_the_cpu_road,
        is_bilinear_like_opencv_in_fp32,
        is_one_unit_off_at_most_in_fp16,
        takes_every_order_and_pitch,
        keeps_proportions_in_a_letterbox,
        converts_nv12,
        shrinks_nv12_like_its_rgb_picture,
        overlays_like_the_cpu_road,
        overlays_in_place_with_every_pitch,
        leaves_the_letterbox_out_of_the_overlay,
    )
}


def rgb_of(luma, chroma, matrix, *, full_range):
    """(H, W, 3) float64, 0..255, by the definition: Y' = Kr R' + (1 - Kr - Kb) G' + Kb B'."""
    red_share, blue_share = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    black, luma_span, chroma_span = (0, 255, 255) if full_range else (16, 219, 224)
    gray = np.maximum((luma.astype(np.float64) - black) / luma_span, 0)
    pairs = chroma.astype(np.float64).repeat(2, 0).repeat(2, 1)[: luma.shape[0], : luma.shape[1]]
    blue_chroma, red_chroma = np.moveaxis((pairs - 128) / chroma_span, 2, 0)
    red = gray + red_chroma * 2 * (1 - red_share)
    blue = gray + blue_chroma * 2 * (1 - blue_share)
    green = (gray - red_share * red - blue_share * blue) / (1 - red_share - blue_share)
    return np.clip(255 * np.stack([red, green, blue], 2), 0, 255)


def _nv12(shape):
    height, width = shape
    return noise(shape, 5), noise(((height + 1) // 2, (width + 1) // 2, 2), 6)


def _exact(picture, height, width):
    """What preprocess.prepare does, by OpenCV in FP32 without rounding."""
    factor = max(1, min(picture.shape[0] // height, picture.shape[1] // width))
    rows, columns = picture.shape[0] // factor, picture.shape[1] // factor
    whole = picture[: rows * factor, : columns * factor].astype(np.float32)
    averaged = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    return cv2.resize(averaged, (width, height), interpolation=cv2.INTER_LINEAR)


def _places(length, first, size, stride):
    """The label under each pixel, in fractions."""
    centers = [first + Fraction(2 * place + 1, 2) * size / length for place in range(length)]
    return [int(center / stride) for center in centers]


def _rows(memory, pitch, length):
    return np.lib.stride_tricks.as_strided(memory, (61, length), (pitch, 1))


def first_failure(kernels):
    for name, check in CHECKS.items():
        try:
            check(kernels)
        except AssertionError as error:
            return f"{name}: {' '.join(str(error).split())[:80]}"
    return None


if __name__ == "__main__":
    library, *entries = sys.argv[1:]
    for entry in entries:
        failure = first_failure(HostKernels(Path(library), entry))
        sys.stdout.write(json.dumps([entry, failure]) + "\n")
