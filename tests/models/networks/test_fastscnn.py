from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from rtseg.models.networks.fastscnn import FastSCNN, InvertedResidual, PyramidPooling

WEIGHTS = """
learning_to_downsample.conv.conv.0:32x3x3x3 learning_to_downsample.dsconv1.conv.0:32x1x3x3
learning_to_downsample.dsconv1.conv.3:48x32x1x1 learning_to_downsample.dsconv2.conv.0:48x1x3x3
learning_to_downsample.dsconv2.conv.3:64x48x1x1
global_feature_extractor.bottleneck1.0.block.0.conv.0:384x64x1x1
global_feature_extractor.bottleneck1.0.block.1.conv.0:384x1x3x3
global_feature_extractor.bottleneck1.0.block.2:64x384x1x1
global_feature_extractor.bottleneck1.1.block.0.conv.0:384x64x1x1
global_feature_extractor.bottleneck1.1.block.1.conv.0:384x1x3x3
global_feature_extractor.bottleneck1.1.block.2:64x384x1x1
global_feature_extractor.bottleneck1.2.block.0.conv.0:384x64x1x1
global_feature_extractor.bottleneck1.2.block.1.conv.0:384x1x3x3
global_feature_extractor.bottleneck1.2.block.2:64x384x1x1
global_feature_extractor.bottleneck2.0.block.0.conv.0:384x64x1x1
global_feature_extractor.bottleneck2.0.block.1.conv.0:384x1x3x3
global_feature_extractor.bottleneck2.0.block.2:96x384x1x1
global_feature_extractor.bottleneck2.1.block.0.conv.0:576x96x1x1
global_feature_extractor.bottleneck2.1.block.1.conv.0:576x1x3x3
global_feature_extractor.bottleneck2.1.block.2:96x576x1x1
global_feature_extractor.bottleneck2.2.block.0.conv.0:576x96x1x1
global_feature_extractor.bottleneck2.2.block.1.conv.0:576x1x3x3
global_feature_extractor.bottleneck2.2.block.2:96x576x1x1
global_feature_extractor.bottleneck3.0.block.0.conv.0:576x96x1x1
global_feature_extractor.bottleneck3.0.block.1.conv.0:576x1x3x3
global_feature_extractor.bottleneck3.0.block.2:128x576x1x1
global_feature_extractor.bottleneck3.1.block.0.conv.0:768x128x1x1
global_feature_extractor.bottleneck3.1.block.1.conv.0:768x1x3x3
global_feature_extractor.bottleneck3.1.block.2:128x768x1x1
global_feature_extractor.bottleneck3.2.block.0.conv.0:768x128x1x1
global_feature_extractor.bottleneck3.2.block.1.conv.0:768x1x3x3
global_feature_extractor.bottleneck3.2.block.2:128x768x1x1
global_feature_extractor.ppm.conv1.conv.0:32x128x1x1
global_feature_extractor.ppm.conv2.conv.0:32x128x1x1
global_feature_extractor.ppm.conv3.conv.0:32x128x1x1
global_feature_extractor.ppm.conv4.conv.0:32x128x1x1
global_feature_extractor.ppm.out.conv.0:128x256x1x1 feature_fusion.dwconv.conv.0:128x1x3x3
feature_fusion.conv_lower_res.0:128x128x1x1 feature_fusion.conv_higher_res.0:128x64x1x1
classifier.dsconv1.conv.0:128x1x3x3 classifier.dsconv1.conv.3:128x128x1x1
classifier.dsconv2.conv.0:128x1x3x3 classifier.dsconv2.conv.3:128x128x1x1
classifier.conv.1:19x128x1x1
"""
"""Convolutions with 19 classes, as Tramac/Fast-SCNN-pytorch names and shapes them."""

AUXILIARY = "auxlayer.0:32x64x3x3 auxlayer.4:19x32x1x1"


@pytest.mark.parametrize(
    ("auxiliary", "table", "entries"), [(False, WEIGHTS, 268), (True, WEIGHTS + AUXILIARY, 276)]
)
def test_the_weights_are_called_and_shaped_as_the_published_ones(
    auxiliary: bool, table: str, entries: int
) -> None:
    state = FastSCNN(19, auxiliary=auxiliary).state_dict()
    found = {
        name.removesuffix(".weight"): "x".join(map(str, value.shape))
        for name, value in state.items()
        if value.ndim == 4
    }
    assert found == dict(entry.split(":") for entry in table.split())
    assert len(state) == entries


def test_the_first_convolution_is_unpadded_and_the_head_still_at_stride_eight() -> None:
    network = FastSCNN(5).eval()
    first = network.learning_to_downsample.conv(torch.rand(1, 3, 64, 96))
    assert first.shape == (1, 32, 31, 47)
    assert network(torch.rand(1, 3, 64, 96)).shape == (1, 5, 8, 12)


@pytest.mark.parametrize(("auxiliary", "shapes"), [(False, []), (True, [(2, 5, 8, 12)])])
def test_the_auxiliary_head_is_asked_for(auxiliary: bool, shapes: list[tuple[int, ...]]) -> None:
    heads = FastSCNN(5, auxiliary=auxiliary).train()(torch.rand(2, 3, 64, 96))
    assert heads.logits.shape == (2, 5, 8, 12)
    assert [each.shape for each in heads.auxiliary] == shapes


@pytest.mark.parametrize("size", [(12, 18), (8, 16), (11, 15)])
def test_context_is_that_of_adaptive_pools_also_where_the_map_does_not_divide(
    size: tuple[int, int],
) -> None:
    torch.manual_seed(0)
    pooling = PyramidPooling(8, 4).eval()
    x = torch.rand(1, 8, *size)
    parts = [x]
    convs = (pooling.conv1, pooling.conv2, pooling.conv3, pooling.conv4)
    for conv, bins in zip(convs, (1, 2, 3, 6), strict=True):
        pooled = conv(functional.adaptive_avg_pool2d(x, bins))
        parts.append(functional.interpolate(pooled, size, mode="bilinear", align_corners=True))
    expected = pooling.out(torch.cat(parts, 1))
    assert expected.std() > 1e-3
    torch.testing.assert_close(pooling(x), expected)


def test_only_a_block_that_keeps_its_shape_has_a_shortcut() -> None:
    x = torch.rand(1, 4, 6, 6)
    silent = InvertedResidual(4, 4, stride=1).eval()
    torch.nn.init.zeros_(silent.block[2].weight)
    torch.testing.assert_close(silent(x), x)
    wider = InvertedResidual(4, 6, stride=1).eval()
    torch.nn.init.zeros_(wider.block[2].weight)
    torch.testing.assert_close(wider(x), torch.zeros(1, 6, 6, 6))
