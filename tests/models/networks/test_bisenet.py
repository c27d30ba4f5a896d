from __future__ import annotations

import pytest
import torch
from torch import nn
from weight_shapes import listed, shapes_of_weights

from rtseg.models.networks.bisenet import AttentionRefinement, BiSeNet, ContextPath, FeatureFusion
from rtseg.models.networks.blocks import ConvBnRelu, NamedConvBnRelu
from rtseg.models.torchvision_import import torchvision

WEIGHTS = """
cp.resnet.conv1:64x3x7x7 cp.resnet.bn1:64 cp.resnet.layer1.0.conv1:64x64x3x3
cp.resnet.layer1.0.bn1:64 cp.resnet.layer1.0.conv2:64x64x3x3 cp.resnet.layer1.0.bn2:64
cp.resnet.layer1.1.conv1:64x64x3x3 cp.resnet.layer1.1.bn1:64 cp.resnet.layer1.1.conv2:64x64x3x3
cp.resnet.layer1.1.bn2:64 cp.resnet.layer2.0.conv1:128x64x3x3 cp.resnet.layer2.0.bn1:128
cp.resnet.layer2.0.conv2:128x128x3x3 cp.resnet.layer2.0.bn2:128
cp.resnet.layer2.0.downsample.0:128x64x1x1 cp.resnet.layer2.0.downsample.1:128
cp.resnet.layer2.1.conv1:128x128x3x3 cp.resnet.layer2.1.bn1:128
cp.resnet.layer2.1.conv2:128x128x3x3 cp.resnet.layer2.1.bn2:128
cp.resnet.layer3.0.conv1:256x128x3x3 cp.resnet.layer3.0.bn1:256
cp.resnet.layer3.0.conv2:256x256x3x3 cp.resnet.layer3.0.bn2:256
cp.resnet.layer3.0.downsample.0:256x128x1x1 cp.resnet.layer3.0.downsample.1:256
cp.resnet.layer3.1.conv1:256x256x3x3 cp.resnet.layer3.1.bn1:256
cp.resnet.layer3.1.conv2:256x256x3x3 cp.resnet.layer3.1.bn2:256
cp.resnet.layer4.0.conv1:512x256x3x3 cp.resnet.layer4.0.bn1:512
cp.resnet.layer4.0.conv2:512x512x3x3 cp.resnet.layer4.0.bn2:512
cp.resnet.layer4.0.downsample.0:512x256x1x1 cp.resnet.layer4.0.downsample.1:512
cp.resnet.layer4.1.conv1:512x512x3x3 cp.resnet.layer4.1.bn1:512
cp.resnet.layer4.1.conv2:512x512x3x3 cp.resnet.layer4.1.bn2:512 cp.arm16.conv.conv:128x256x3x3
cp.arm16.conv.bn:128 cp.arm16.conv_atten:128x128x1x1 cp.arm16.bn_atten:128
cp.arm32.conv.conv:128x512x3x3 cp.arm32.conv.bn:128 cp.arm32.conv_atten:128x128x1x1
cp.arm32.bn_atten:128 cp.conv_head32.conv:128x128x3x3 cp.conv_head32.bn:128
cp.conv_head16.conv:128x128x3x3 cp.conv_head16.bn:128 cp.conv_avg.conv:128x512x1x1
cp.conv_avg.bn:128 sp.conv1.conv:64x3x7x7 sp.conv1.bn:64 sp.conv2.conv:64x64x3x3 sp.conv2.bn:64
sp.conv3.conv:64x64x3x3 sp.conv3.bn:64 sp.conv_out.conv:128x64x1x1 sp.conv_out.bn:128
ffm.convblk.conv:256x256x1x1 ffm.convblk.bn:256 ffm.conv:256x256x1x1 ffm.bn:256
conv_out.conv.conv:256x256x3x3 conv_out.conv.bn:256 conv_out.conv_out:19x256x1x1
conv_out16.conv.conv:64x128x3x3 conv_out16.conv.bn:64 conv_out16.conv_out:19x64x1x1
conv_out32.conv.conv:64x128x3x3 conv_out32.conv.bn:64 conv_out32.conv_out:19x64x1x1
"""
"""With 19 classes, as CoinCheung/BiSeNet names and shapes them."""


def test_the_weights_are_called_and_shaped_as_in_the_public_checkpoint() -> None:
    network = BiSeNet(19)
    assert shapes_of_weights(network) == listed(WEIGHTS)
    assert len(network.state_dict()) == 222


def test_the_context_path_reads_strides_sixteen_and_thirty_two_of_torchvisions_network() -> None:
    theirs = torchvision.models.resnet18(weights=None).eval()
    path = ContextPath().eval()
    weights = {k: v for k, v in theirs.state_dict().items() if not k.startswith("fc.")}
    path.resnet.load_state_dict(weights, strict=True)
    seen: list[torch.Tensor] = []
    for layer in (path.arm16, path.arm32):
        layer.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs))
    picture = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        path(picture)
        stem = theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(picture))))
        at16 = theirs.layer3(theirs.layer2(theirs.layer1(stem)))
        at32 = theirs.layer4(at16)
    assert at16.std() > 0.1
    assert [tuple(each.shape[1:]) for each in seen] == [(512, 2, 3), (256, 4, 6)]
    torch.testing.assert_close(seen[0], at32)
    torch.testing.assert_close(seen[1], at16)


def test_training_adds_logits_at_strides_eight_and_sixteen() -> None:
    network = BiSeNet(5).train()
    logits, (at8, at16), boundary = network(torch.rand(2, 3, 64, 96))
    assert logits.shape == at8.shape == (2, 5, 8, 12)
    assert at16.shape == (2, 5, 4, 6)
    assert boundary is None
    with torch.inference_mode():
        assert network.eval()(torch.rand(1, 3, 32, 64)).shape == (1, 5, 4, 8)


@pytest.mark.parametrize(
    ("module", "inputs", "times"),
    [(AttentionRefinement(4, 4), 1, 0.5), (FeatureFusion(8, 4), 2, 1.5)],
)
def test_attention_that_knows_nothing_weighs_every_channel_a_half(
    module: nn.Module, inputs: int, times: float
) -> None:
    """The fusion adds what it has weighed to what it had: 1.5 times."""
    attention = module.conv_atten if inputs == 1 else module.conv
    nn.init.zeros_(attention.weight)
    inner = module.conv if inputs == 1 else module.convblk
    maps = [torch.randn(2, 4, 3, 5) for _ in range(inputs)]
    with torch.inference_mode():
        expected = inner.eval()(torch.cat(maps, 1)) * times
        assert expected.std() > 0
        torch.testing.assert_close(module.eval()(*maps), expected)


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 2), (7, 2)])
def test_a_block_with_named_layers_is_the_block_without(kernel: int, stride: int) -> None:
    named, plain = (
        kind(3, 4, kernel, stride=stride).train() for kind in (NamedConvBnRelu, ConvBnRelu)
    )
    weights = {
        k.replace("conv.", "0.").replace("bn.", "1."): v for k, v in named.state_dict().items()
    }
    plain.load_state_dict(weights, strict=True)
    picture = torch.randn(2, 3, 10, 14)
    expected = plain(picture)
    assert (expected > 0).float().mean() > 0.1
    assert torch.equal(named(picture), expected)
