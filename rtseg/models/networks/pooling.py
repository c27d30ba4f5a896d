"""Average pooling without the adaptive operator, which neither exporter nor TensorRT takes.

Adaptive pooling cuts ``extent`` pixels into ``count`` windows, from floor(i * extent / count) to
ceil((i + 1) * extent / count): of several sizes, and overlapping, where it does not divide.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def fixed_average_pool(x: Tensor, rows: int, columns: int) -> Tensor:
    """(N, C, H, W) -> (N, C, rows, columns), at most one per pixel.

    Where the map divides evenly it is a pool with a constant kernel; elsewhere two constant
    matrices average the windows.
    """
    height, width = int(x.shape[2]), int(x.shape[3])
    rows, columns = min(rows, height), min(columns, width)
    if height % rows == 0 and width % columns == 0:
        return functional.avg_pool2d(x, (height // rows, width // columns))
    return _averaged(x, (_windows(height, rows), _windows(width, columns)))


def adaptive_average_pool(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Exactly what adaptive average pooling gives, also where ``size`` is the greater.

    Windows of one size are pooled at once, then picked; others are two products with constant
    matrices, which only small maps need.
    """
    rows, columns = (_windows(int(x.shape[2 + axis]), size[axis]) for axis in range(2))
    extents = [{end - start for start, end in windows} for windows in (rows, columns)]
    if any(len(each) > 1 for each in extents):
        return _averaged(x, (rows, columns))
    kernel = (extents[0].pop(), extents[1].pop())
    return _picked(x, kernel, ([start for start, _ in rows], [start for start, _ in columns]))


def _windows(extent: int, count: int) -> list[tuple[int, int]]:
    return [(i * extent // count, -(-(i + 1) * extent // count)) for i in range(count)]


def _picked(x: Tensor, kernel: tuple[int, int], starts: tuple[list[int], list[int]]) -> Tensor:
    side_by_side = tuple(
        [extent * i for i in range(len(each))] for extent, each in zip(kernel, starts, strict=True)
    )
    if starts == side_by_side:
        return functional.avg_pool2d(x, kernel)
    x = functional.avg_pool2d(x, kernel, 1)
    for axis, each in enumerate(starts):
        x = x.index_select(2 + axis, torch.tensor(each, device=x.device))
    return x


def _averaged(x: Tensor, windows: tuple[list[tuple[int, int]], list[tuple[int, int]]]) -> Tensor:
    down, across = (
        torch.tensor(_weights(each, int(x.shape[2 + axis])), dtype=x.dtype, device=x.device)
        for axis, each in enumerate(windows)
    )
    return down @ x @ across.T


def _weights(windows: list[tuple[int, int]], extent: int) -> list[list[float]]:
    """A row per window: 1/n over its n pixels, 0 elsewhere."""
    return [
        [1 / (end - start) if start <= pixel < end else 0.0 for pixel in range(extent)]
        for start, end in windows
    ]
