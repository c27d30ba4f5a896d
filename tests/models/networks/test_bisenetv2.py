from __future__ import annotations

import pytest
import torch
from weight_shapes import listed, shapes_of_weights

from rtseg.models.networks.bisenetv2 import (
    BiSeNetV2,
    ContextEmbedding,
    GatherExpand,
    GatherExpandStrided,
    GuidedAggregation,
)

WEIGHTS = """
detail.S1.0.conv:64x3x3x3 detail.S1.0.bn:64 detail.S1.1.conv:64x64x3x3 detail.S1.1.bn:64
detail.S2.0.conv:64x64x3x3 detail.S2.0.bn:64 detail.S2.1.conv:64x64x3x3 detail.S2.1.bn:64
detail.S2.2.conv:64x64x3x3 detail.S2.2.bn:64 detail.S3.0.conv:128x64x3x3 detail.S3.0.bn:128
detail.S3.1.conv:128x128x3x3 detail.S3.1.bn:128 detail.S3.2.conv:128x128x3x3 detail.S3.2.bn:128
segment.S1S2.conv.conv:16x3x3x3 segment.S1S2.conv.bn:16 segment.S1S2.left.0.conv:8x16x1x1
segment.S1S2.left.0.bn:8 segment.S1S2.left.1.conv:16x8x3x3 segment.S1S2.left.1.bn:16
segment.S1S2.fuse.conv:16x32x3x3 segment.S1S2.fuse.bn:16 segment.S3.0.conv1.conv:16x16x3x3
segment.S3.0.conv1.bn:16 segment.S3.0.dwconv1.0:96x1x3x3 segment.S3.0.dwconv1.1:96
segment.S3.0.dwconv2.0:96x1x3x3 segment.S3.0.dwconv2.1:96 segment.S3.0.conv2.0:32x96x1x1
segment.S3.0.conv2.1:32 segment.S3.0.shortcut.0:16x1x3x3 segment.S3.0.shortcut.1:16
segment.S3.0.shortcut.2:32x16x1x1 segment.S3.0.shortcut.3:32 segment.S3.1.conv1.conv:32x32x3x3
segment.S3.1.conv1.bn:32 segment.S3.1.dwconv.0:192x1x3x3 segment.S3.1.dwconv.1:192
segment.S3.1.conv2.0:32x192x1x1 segment.S3.1.conv2.1:32 segment.S4.0.conv1.conv:32x32x3x3
segment.S4.0.conv1.bn:32 segment.S4.0.dwconv1.0:192x1x3x3 segment.S4.0.dwconv1.1:192
segment.S4.0.dwconv2.0:192x1x3x3 segment.S4.0.dwconv2.1:192 segment.S4.0.conv2.0:64x192x1x1
segment.S4.0.conv2.1:64 segment.S4.0.shortcut.0:32x1x3x3 segment.S4.0.shortcut.1:32
segment.S4.0.shortcut.2:64x32x1x1 segment.S4.0.shortcut.3:64 segment.S4.1.conv1.conv:64x64x3x3
segment.S4.1.conv1.bn:64 segment.S4.1.dwconv.0:384x1x3x3 segment.S4.1.dwconv.1:384
segment.S4.1.conv2.0:64x384x1x1 segment.S4.1.conv2.1:64 segment.S5_4.0.conv1.conv:64x64x3x3
segment.S5_4.0.conv1.bn:64 segment.S5_4.0.dwconv1.0:384x1x3x3 segment.S5_4.0.dwconv1.1:384
segment.S5_4.0.dwconv2.0:384x1x3x3 segment.S5_4.0.dwconv2.1:384
segment.S5_4.0.conv2.0:128x384x1x1 segment.S5_4.0.conv2.1:128 segment.S5_4.0.shortcut.0:64x1x3x3
segment.S5_4.0.shortcut.1:64 segment.S5_4.0.shortcut.2:128x64x1x1 segment.S5_4.0.shortcut.3:128
segment.S5_4.1.conv1.conv:128x128x3x3 segment.S5_4.1.conv1.bn:128
segment.S5_4.1.dwconv.0:768x1x3x3 segment.S5_4.1.dwconv.1:768 segment.S5_4.1.conv2.0:128x768x1x1
segment.S5_4.1.conv2.1:128 segment.S5_4.2.conv1.conv:128x128x3x3 segment.S5_4.2.conv1.bn:128
segment.S5_4.2.dwconv.0:768x1x3x3 segment.S5_4.2.dwconv.1:768 segment.S5_4.2.conv2.0:128x768x1x1
segment.S5_4.2.conv2.1:128 segment.S5_4.3.conv1.conv:128x128x3x3 segment.S5_4.3.conv1.bn:128
segment.S5_4.3.dwconv.0:768x1x3x3 segment.S5_4.3.dwconv.1:768 segment.S5_4.3.conv2.0:128x768x1x1
segment.S5_4.3.conv2.1:128 segment.S5_5.bn:128 segment.S5_5.conv_gap.conv:128x128x1x1
segment.S5_5.conv_gap.bn:128 segment.S5_5.conv_last.conv:128x128x3x3
segment.S5_5.conv_last.bn:128 bga.left1.0:128x1x3x3 bga.left1.1:128 bga.left1.2:128x128x1x1
bga.left2.0:128x128x3x3 bga.left2.1:128 bga.right1.0:128x128x3x3 bga.right1.1:128
bga.right2.0:128x1x3x3 bga.right2.1:128 bga.right2.2:128x128x1x1 bga.conv.0:128x128x3x3
bga.conv.1:128 head.conv.conv:1024x128x3x3 head.conv.bn:1024 head.conv_out.1:19x1024x1x1
aux2.conv.conv:128x16x3x3 aux2.conv.bn:128 aux2.conv_out.0.1.conv:16x128x3x3
aux2.conv_out.0.1.bn:16 aux2.conv_out.1:19x16x1x1 aux3.conv.conv:128x32x3x3 aux3.conv.bn:128
aux3.conv_out.0.1.conv:64x128x3x3 aux3.conv_out.0.1.bn:64 aux3.conv_out.1:19x64x1x1
aux4.conv.conv:128x64x3x3 aux4.conv.bn:128 aux4.conv_out.0.1.conv:256x128x3x3
aux4.conv_out.0.1.bn:256 aux4.conv_out.1:19x256x1x1 aux5_4.conv.conv:128x128x3x3
aux5_4.conv.bn:128 aux5_4.conv_out.0.1.conv:1024x128x3x3 aux5_4.conv_out.0.1.bn:1024
aux5_4.conv_out.1:19x1024x1x1
"""
"""With 19 classes, as CoinCheung/BiSeNet names and shapes them."""


def test_the_weights_are_called_and_shaped_as_in_the_public_checkpoint() -> None:
    network = BiSeNetV2(19)
    assert shapes_of_weights(network) == listed(WEIGHTS)
    assert len(network.state_dict()) == 383


def test_training_adds_logits_at_twice_the_size_of_each_stage() -> None:
    network = BiSeNetV2(5).train()
    logits, auxiliary, boundary = network(torch.rand(2, 3, 64, 96))
    assert logits.shape == (2, 5, 8, 12)
    assert [each.shape for each in auxiliary] == [
        (2, 5, 32, 48),
        (2, 5, 16, 24),
        (2, 5, 8, 12),
        (2, 5, 4, 6),
    ]
    assert boundary is None
    with torch.inference_mode():
        assert network.eval()(torch.rand(1, 3, 32, 64)).shape == (1, 5, 4, 8)


def test_a_fresh_block_passes_on_what_it_gets() -> None:
    features = torch.rand(2, 8, 5, 7)
    assert torch.equal(GatherExpand(8).train()(features), features)


def test_a_fresh_strided_block_is_its_shortcut() -> None:
    block = GatherExpandStrided(8, 16).train()
    features = torch.randn(2, 8, 6, 8)
    expected = block.shortcut(features).relu()
    assert expected.shape == (2, 16, 3, 4)
    assert expected.std() > 0.1
    assert torch.equal(block(features), expected)


@pytest.mark.parametrize(
    ("fine_gate", "coarse_gate", "corner", "inside"),
    [(50, -50, 6, 6), (-50, 50, 8 / 3, 6), (0, 0, 13 / 3, 6), (50, 50, 26 / 3, 12)],
)
def test_context_gates_detail_at_both_its_sizes(
    fine_gate: float, coarse_gate: float, corner: float, inside: float
) -> None:
    """Detail is 6 everywhere. On the coarse way it is pooled with zeros around it: 4 of the 9
    pixels of a corner's window are inside, which makes 6 * 4 / 9. A gate of 0 halves its way.
    """
    layer = GuidedAggregation(1).eval()
    pass_through(layer)
    for norm, gate in ((layer.right1[1], fine_gate), (layer.right2[1], coarse_gate)):
        torch.nn.init.zeros_(norm.weight)
        torch.nn.init.constant_(norm.bias, gate)
    with torch.inference_mode():
        fused = layer(torch.full((1, 1, 16, 16), 6.0), torch.randn(1, 1, 4, 4))
    assert fused[0, 0, 0, 0].item() == pytest.approx(corner)
    torch.testing.assert_close(fused[..., 4:, 4:], torch.full((1, 1, 12, 12), float(inside)))


def test_context_is_the_mean_of_the_map_added_everywhere() -> None:
    """Mean 2 of the pixels 1 and 3 makes 3 and 5."""
    layer = ContextEmbedding(1).eval()
    pass_through(layer)
    with torch.inference_mode():
        found = layer(torch.tensor([[[[1.0, 3.0]]]]))
    assert found.flatten().tolist() == [3.0, 5.0]


def pass_through(module: torch.nn.Module) -> None:
    """Weight 1 at the centre of every kernel, and batch norms that change nothing."""
    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.dirac_(layer.weight)
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eps = 0.0
