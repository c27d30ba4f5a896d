"""SwiftNet's own: the pools of its pyramid."""

from __future__ import annotations

import torch
from torch.nn import functional

from rtseg.models.networks.swiftnet import SpatialPyramid, SwiftNet


def test_the_pyramid_averages_square_windows() -> None:
    """At 512x1024 the map is 16x32: 8, 4 and 2 rows of twice as many columns, as adaptive pools."""
    pyramid = SpatialPyramid(6, 12).eval()
    x = torch.rand(1, 6, 16, 32)
    seen: list[torch.Tensor] = []
    for level in pyramid.levels:
        level.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs))
    with torch.inference_mode():
        pyramid(x)
        y = pyramid.reduce(x)
    for found, rows in zip(seen, (8, 4, 2), strict=True):
        torch.testing.assert_close(found, functional.adaptive_avg_pool2d(y, (rows, 2 * rows)))


def test_a_map_smaller_than_the_finest_pool_is_left_as_it_is() -> None:
    network = SwiftNet(5).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 96, 160)).shape == (1, 5, 24, 40)


def test_widths_of_the_pyramid_are_those_of_the_paper() -> None:
    pyramid = SwiftNet(5).pyramid
    assert [level[2].out_channels for level in pyramid.levels] == [42, 42, 42]
    assert pyramid.fuse[2].in_channels == 128 + 3 * 42
