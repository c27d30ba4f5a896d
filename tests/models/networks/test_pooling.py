from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from rtseg.models.networks.pooling import adaptive_average_pool, fixed_average_pool


@pytest.mark.parametrize("size", [(6, 12), (7, 13), (11, 15), (2, 3)])
@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_fixed_pools_are_adaptive_ones_where_the_map_divides(
    size: tuple[int, int], bins: int
) -> None:
    x = torch.rand(1, 2, *size)
    pooled = fixed_average_pool(x, bins, bins)
    assert pooled.shape[2:] == (min(bins, size[0]), min(bins, size[1]))
    if size[0] % bins == 0 and size[1] % bins == 0:
        torch.testing.assert_close(pooled, functional.adaptive_avg_pool2d(x, bins))
    x[0, :, -1, -1] += 100.0  # the last window reaches the last pixel
    assert (fixed_average_pool(x, bins, bins) > pooled + 0.1)[0, :, -1, -1].all()


@given(
    st.tuples(st.integers(5, 40), st.integers(5, 40)),
    st.sampled_from([(1, 2), (2, 3), (1, 10), (3, 5)]),
)
@settings(max_examples=30, deadline=None)
def test_pooling_equals_torchs_adaptive_pooling(
    extents: tuple[int, int], share: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 2, *extents)
    size = (max(1, extents[0] * share[0] // share[1]), max(1, extents[1] * share[0] // share[1]))
    expected = functional.adaptive_avg_pool2d(x, size)
    torch.testing.assert_close(adaptive_average_pool(x, size), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 12, 4, 6), (12, 6, 8, 4), (9, 12, 6, 8)])
def test_pooling_without_matrices_equals_it_too(shape: tuple[int, int, int, int]) -> None:
    """Halves, and two of three: windows of one size, side by side and overlapping."""
    height, width, rows, columns = shape
    x = torch.arange(float(height * width)).view(1, 1, height, width)
    expected = functional.adaptive_avg_pool2d(x, (rows, columns))
    torch.testing.assert_close(adaptive_average_pool(x, (rows, columns)), expected)
