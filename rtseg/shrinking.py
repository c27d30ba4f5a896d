"""From a video's planes to a small picture in R G B, without a large one in between.

What comes out is what swscale's conversion and ``preprocess.averaged`` give one after the other,
to the bit: the arithmetic and the rounding of the coefficients are those of swscale's vector code
for x86 (elsewhere swscale may differ by a level). Importing this file imports numba.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from rtseg.yuv import ONE, Matrix, Planes

LARGEST_FACTOR = 16
"""Sums of more pixels do not fit into 16 bits."""

Coefficients = NDArray[np.int16]
"""Of Y, of Cr in R, of Cb in G, of Cr in G, of Cb in B, in 1/8192; then black's Y times 8."""


def shrink(planes: Planes, factor: int, out: NDArray[np.uint8]) -> None:
    """Into ``out``, (H // factor, W // factor, 3): means of whole blocks, factor up to 16."""
    coefficients = coefficients_of(planes.matrix, full_range=planes.full_range)
    _shrink(planes.luma, planes.blue, planes.red, coefficients, _means(factor), factor, out)


@lru_cache
def coefficients_of(matrix: Matrix, *, full_range: bool) -> Coefficients:
    kg = 1 - matrix.kr - matrix.kb
    blue, red = 2 * (1 - matrix.kb), 2 * (1 - matrix.kr)
    chroma = (red, -blue * matrix.kb / kg, -red * matrix.kr / kg, blue)
    limited = [round(each * ONE * 255 / 224) for each in chroma]
    fine = [int(each * 224 / 255) for each in limited] if full_range else limited
    luma, black = (ONE, 0) if full_range else (ONE * 255 // 219, 8 * 16)
    return np.array([*((each + 4) >> 3 for each in (luma, *fine)), black], np.int16)


@lru_cache
def _means(factor: int) -> NDArray[np.uint8]:
    """By the sum of a block: as cv2's INTER_AREA rounds, which treats two by two differently."""
    sums = np.arange(255 * factor * factor + 1)
    if factor == 2:
        return ((sums + 2) >> 2).astype(np.uint8)
    share = np.float32(1) / np.float32(factor * factor)
    return np.asarray(np.rint(sums.astype(np.float32) * share), np.uint8)


def _njit(kernel: Any) -> Any:
    return numba.njit(kernel, nogil=True, cache=True)


@_njit
def _shrink(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    luma, blue, red, coefficients, means, factor, out
):
    """Straight loops over lines, channel by channel: they become vector code of 16 bits."""
    rows, columns, _ = out.shape
    width = (columns * factor + 1) // 2 * 2
    r, g, b = np.empty(width, np.uint16), np.empty(width, np.uint16), np.empty(width, np.uint16)
    line = np.empty((3, columns), np.uint8)
    for row in range(rows):
        r[:], g[:], b[:] = 0, 0, 0
        for y in range(row * factor, (row + 1) * factor):
            _add(luma[y], blue[y // 2], red[y // 2], coefficients, r, g, b)
        _average(r, means, factor, line[0])
        _average(g, means, factor, line[1])
        _average(b, means, factor, line[2])
        for x in range(columns):
            for channel in range(3):
                out[row, x, channel] = line[channel, x]


@_njit
def _high(a, b):  # type: ignore[no-untyped-def]
    """The upper half of a product of 16 bits each: one instruction on x86."""
    return np.int16((np.int32(a) * np.int32(b)) >> np.int32(16))


@_njit
def _level(grey, tint):  # type: ignore[no-untyped-def]
    return np.uint16(min(max(np.int16(grey + tint), np.int16(0)), np.int16(255)))


@_njit
def _add(luma, blue, red, coefficients, r, g, b):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """One line to the sums of its channels; two pixels share a sample of chroma."""
    contrast, black = coefficients[0], coefficients[5]
    cr_in_r, cb_in_g, cr_in_g, cb_in_b = (
        coefficients[1], coefficients[2], coefficients[3], coefficients[4]
    )  # fmt: skip
    eight, middle = np.int16(8), np.int16(8 * 128)
    for x in range(r.size // 2):
        left, right = 2 * x, 2 * x + 1
        one = _high(np.int16(np.int16(np.int16(luma[left]) * eight) - black), contrast)
        two = _high(np.int16(np.int16(np.int16(luma[right]) * eight) - black), contrast)
        cb = np.int16(np.int16(np.int16(blue[x]) * eight) - middle)
        cr = np.int16(np.int16(np.int16(red[x]) * eight) - middle)
        tint = _high(cr, cr_in_r)
        r[left] += _level(one, tint)
        r[right] += _level(two, tint)
        tint = np.int16(_high(cb, cb_in_g) + _high(cr, cr_in_g))
        g[left] += _level(one, tint)
        g[right] += _level(two, tint)
        tint = _high(cb, cb_in_b)
        b[left] += _level(one, tint)
        b[right] += _level(two, tint)


@_njit
def _average(sums, means, factor, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """What ``means`` says; small factors, which are the usual ones, without looking it up."""
    if factor == 1:
        for x in range(out.size):
            out[x] = np.uint8(sums[x])
    elif factor == 2:
        for x in range(out.size):
            total = np.int32(sums[2 * x]) + np.int32(sums[2 * x + 1])
            out[x] = np.uint8(np.int32(total + np.int32(2)) >> np.int32(2))
    elif factor == 3:
        for x in range(out.size):
            total = np.int32(sums[3 * x]) + np.int32(sums[3 * x + 1]) + np.int32(sums[3 * x + 2])
            ninth = np.int32(total * np.int32(7282) + np.int32(1 << 15))  # 65536 / 9
            out[x] = np.uint8(ninth >> np.int32(16))
    else:
        for x in range(out.size):
            total = np.int64(0)
            for i in range(x * factor, (x + 1) * factor):
                total += sums[i]
            out[x] = means[total]
