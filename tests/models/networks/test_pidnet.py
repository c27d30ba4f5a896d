from __future__ import annotations

import pytest
import torch
from weight_shapes import listed, shapes_of_weights

from rtseg.models.networks.pidnet import PAPPM, Bag, LightBag, PagFM, PIDNet
from rtseg.models.zoo import build_network

WEIGHTS = """
conv1.0:32x3x3x3 conv1.1:32 conv1.3:32x32x3x3 conv1.4:32 layer1.0.conv1:32x32x3x3
layer1.0.bn1:32 layer1.0.conv2:32x32x3x3 layer1.0.bn2:32 layer1.1.conv1:32x32x3x3
layer1.1.bn1:32 layer1.1.conv2:32x32x3x3 layer1.1.bn2:32 layer2.0.conv1:64x32x3x3
layer2.0.bn1:64 layer2.0.conv2:64x64x3x3 layer2.0.bn2:64 layer2.0.downsample.0:64x32x1x1
layer2.0.downsample.1:64 layer2.1.conv1:64x64x3x3 layer2.1.bn1:64 layer2.1.conv2:64x64x3x3
layer2.1.bn2:64 layer3.0.conv1:128x64x3x3 layer3.0.bn1:128 layer3.0.conv2:128x128x3x3
layer3.0.bn2:128 layer3.0.downsample.0:128x64x1x1 layer3.0.downsample.1:128
layer3.1.conv1:128x128x3x3 layer3.1.bn1:128 layer3.1.conv2:128x128x3x3 layer3.1.bn2:128
layer3.2.conv1:128x128x3x3 layer3.2.bn1:128 layer3.2.conv2:128x128x3x3 layer3.2.bn2:128
layer4.0.conv1:256x128x3x3 layer4.0.bn1:256 layer4.0.conv2:256x256x3x3 layer4.0.bn2:256
layer4.0.downsample.0:256x128x1x1 layer4.0.downsample.1:256 layer4.1.conv1:256x256x3x3
layer4.1.bn1:256 layer4.1.conv2:256x256x3x3 layer4.1.bn2:256 layer4.2.conv1:256x256x3x3
layer4.2.bn1:256 layer4.2.conv2:256x256x3x3 layer4.2.bn2:256 layer5.0.conv1:256x256x1x1
layer5.0.bn1:256 layer5.0.conv2:256x256x3x3 layer5.0.bn2:256 layer5.0.conv3:512x256x1x1
layer5.0.bn3:512 layer5.0.downsample.0:512x256x1x1 layer5.0.downsample.1:512
layer5.1.conv1:256x512x1x1 layer5.1.bn1:256 layer5.1.conv2:256x256x3x3 layer5.1.bn2:256
layer5.1.conv3:512x256x1x1 layer5.1.bn3:512 compression3.0:64x128x1x1 compression3.1:64
compression4.0:64x256x1x1 compression4.1:64 pag3.f_x.0:32x64x1x1 pag3.f_x.1:32
pag3.f_y.0:32x64x1x1 pag3.f_y.1:32 pag4.f_x.0:32x64x1x1 pag4.f_x.1:32 pag4.f_y.0:32x64x1x1
pag4.f_y.1:32 layer3_.0.conv1:64x64x3x3 layer3_.0.bn1:64 layer3_.0.conv2:64x64x3x3
layer3_.0.bn2:64 layer3_.1.conv1:64x64x3x3 layer3_.1.bn1:64 layer3_.1.conv2:64x64x3x3
layer3_.1.bn2:64 layer4_.0.conv1:64x64x3x3 layer4_.0.bn1:64 layer4_.0.conv2:64x64x3x3
layer4_.0.bn2:64 layer4_.1.conv1:64x64x3x3 layer4_.1.bn1:64 layer4_.1.conv2:64x64x3x3
layer4_.1.bn2:64 layer5_.0.conv1:64x64x1x1 layer5_.0.bn1:64 layer5_.0.conv2:64x64x3x3
layer5_.0.bn2:64 layer5_.0.conv3:128x64x1x1 layer5_.0.bn3:128 layer5_.0.downsample.0:128x64x1x1
layer5_.0.downsample.1:128 layer3_d.conv1:32x64x3x3 layer3_d.bn1:32 layer3_d.conv2:32x32x3x3
layer3_d.bn2:32 layer3_d.downsample.0:32x64x1x1 layer3_d.downsample.1:32
layer4_d.0.conv1:32x32x1x1 layer4_d.0.bn1:32 layer4_d.0.conv2:32x32x3x3 layer4_d.0.bn2:32
layer4_d.0.conv3:64x32x1x1 layer4_d.0.bn3:64 layer4_d.0.downsample.0:64x32x1x1
layer4_d.0.downsample.1:64 diff3.0:32x128x3x3 diff3.1:32 diff4.0:64x256x3x3 diff4.1:64
spp.scale1.1:512 spp.scale1.3:96x512x1x1 spp.scale2.1:512 spp.scale2.3:96x512x1x1
spp.scale3.1:512 spp.scale3.3:96x512x1x1 spp.scale4.1:512 spp.scale4.3:96x512x1x1
spp.scale0.0:512 spp.scale0.2:96x512x1x1 spp.scale_process.0:384 spp.scale_process.2:384x96x3x3
spp.compression.0:480 spp.compression.2:128x480x1x1 spp.shortcut.0:512
spp.shortcut.2:128x512x1x1 dfm.conv_p.0:128x128x1x1 dfm.conv_p.1:128 dfm.conv_i.0:128x128x1x1
dfm.conv_i.1:128 layer5_d.0.conv1:64x64x1x1 layer5_d.0.bn1:64 layer5_d.0.conv2:64x64x3x3
layer5_d.0.bn2:64 layer5_d.0.conv3:128x64x1x1 layer5_d.0.bn3:128
layer5_d.0.downsample.0:128x64x1x1 layer5_d.0.downsample.1:128 seghead_p.bn1:64
seghead_p.conv1:128x64x3x3 seghead_p.bn2:128 seghead_p.conv2:19x128x1x1 seghead_d.bn1:64
seghead_d.conv1:32x64x3x3 seghead_d.bn2:32 seghead_d.conv2:1x32x1x1 final_layer.bn1:128
final_layer.conv1:128x128x3x3 final_layer.bn2:128 final_layer.conv2:19x128x1x1
"""
"""Of PIDNet-S with 19 classes, as XuJiacong/PIDNet names and shapes them."""

ONLY_IN_L = """
layer1.2.conv1:64x64x3x3 layer2.2.conv1:128x128x3x3 layer3.3.conv2:256x256x3x3
layer4.3.conv2:512x512x3x3 layer3_.2.conv2:128x128x3x3 layer4_.2.conv2:128x128x3x3
layer4_d.conv1:128x128x3x3 layer4_d.bn2:128 spp.process1.0:112 spp.process1.2:112x112x3x3
spp.process4.2:112x112x3x3 dfm.conv.0:256 dfm.conv.2:256x256x3x3
"""


def test_the_weights_are_called_and_shaped_as_in_the_authors_checkpoint() -> None:
    network = build_network("pidnet-s", 19)
    assert shapes_of_weights(network) == listed(WEIGHTS)
    assert len(network.state_dict()) == 479


def test_the_largest_one_is_deeper_and_has_its_own_pyramid_and_fusion() -> None:
    network = build_network("pidnet-l", 19)
    weights = shapes_of_weights(network)
    assert listed(ONLY_IN_L).items() <= weights.items()
    assert not listed(ONLY_IN_L).keys() & listed(WEIGHTS).keys()
    assert weights["seghead_p.conv1"] == "256x128x3x3"
    assert weights["spp.compression.2"] == "256x560x1x1"
    assert not {"spp.scale_process.2", "layer3_d.downsample.0", "dfm.conv_p.0"} & weights.keys()
    assert len(network.state_dict()) == 545


@pytest.mark.parametrize("large", [False, True])
def test_training_adds_the_logits_of_the_detail_branch_and_of_borders(large: bool) -> None:
    network = PIDNet(5, width=4, context_width=4, head_width=4, large=large).train()
    logits, (detail,), boundary = network(torch.rand(2, 3, 72, 104))
    assert logits.shape == detail.shape == (2, 5, 9, 13)
    assert boundary.shape == (2, 1, 9, 13)
    assert network.eval()(torch.rand(1, 3, 72, 104)).shape == (1, 5, 9, 13)


def test_the_border_head_trains_the_border_branch_and_not_the_detail_branch() -> None:
    network = PIDNet(5, width=4, context_width=4, head_width=4).train()
    network(torch.rand(2, 3, 64, 64)).boundary.sum().backward()
    reached = {
        name.split(".")[0] for name, value in network.named_parameters() if value.grad is not None
    }
    assert reached == {
        "conv1",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "layer3_d",
        "layer4_d",
        "diff3",
        "diff4",
        "seghead_d",
    }


def test_detail_takes_from_context_in_so_far_as_they_agree() -> None:
    """With weights 1 the likeness of two pixels is their product; 0 is trusted by a half."""
    fusion = identity(PagFM(1, 1))
    detail = torch.tensor([[[[0.0, 3.0, -9.0]]]])
    context = torch.tensor([[[[4.0, 12.0, 11.0]]]])
    found = fusion(detail, context).flatten().tolist()
    assert found == pytest.approx([2.0, 12.0, -9.0], abs=1e-6)


def test_a_coarser_context_is_stretched_onto_the_detail() -> None:
    """Half-pixel centres: 0 and 4 become 0, 1, 3, 4; detail 0 trusts them by a half."""
    found = identity(PagFM(1, 1))(torch.zeros(1, 1, 1, 4), torch.tensor([[[[0.0, 4.0]]]]))
    assert found.flatten().tolist() == pytest.approx([0.0, 0.5, 1.5, 2.0])


@pytest.mark.parametrize(
    ("module", "inside", "at_border"), [(Bag(1), 5.0, 2.0), (LightBag(1), 12.0, 9.0)]
)
def test_detail_counts_at_borders_and_context_inside(
    module: torch.nn.Module, inside: float, at_border: float
) -> None:
    """Detail 2, context 5. The light one adds both sums: 2 + 5 and 5, or 2 and 5 + 2."""
    fusion = identity(module)
    detail, context = torch.full((1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1), 5.0)
    far = torch.full((1, 1, 1, 1), 50.0)
    assert fusion(detail, context, -far).item() == pytest.approx(inside)
    assert fusion(detail, context, far).item() == pytest.approx(at_border)


def test_the_parallel_pyramid_adds_every_scale_to_the_finest() -> None:
    """On a map of one pixel of value 1 the zero-padded pools give 1/25, 1/81, 1/289 and 1.

    With every weight 1: 1, then 1.04, 1.012346, 1.003460 and 2, together 6.055806; the shortcut
    adds 1.
    """
    assert identity(PAPPM(1, 1, 1))(torch.ones(1, 1, 1, 1)).item() == pytest.approx(
        7.055806, abs=1e-5
    )


def identity(module: torch.nn.Module) -> torch.nn.Module:
    """Every weight 1, and batch norms that change nothing."""
    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.ones_(layer.weight)
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eps = 0.0
    return module.eval()
