from __future__ import annotations

import pytest
import torch
from torch import nn

from rtseg.models.catalogue import entry
from rtseg.models.networks.ffnet import ConcatenateNearest, FFNet, SlimResNet, UpBranch

OUTER = """
backbone_model.conv0:32x3x3x3 backbone_model.bn0:32 backbone_model.conv1:64x32x3x3
backbone_model.bn1:64
head.layers.0.adapter_conv.0.layers.0:64x64x1x1 head.layers.0.adapter_conv.0.layers.1:64
head.layers.0.adapter_conv.1.layers.0:128x128x1x1 head.layers.0.adapter_conv.1.layers.1:128
head.layers.0.adapter_conv.2.layers.0:128x192x1x1 head.layers.0.adapter_conv.2.layers.1:128
head.layers.0.adapter_conv.3.layers.0:256x320x1x1 head.layers.0.adapter_conv.3.layers.1:256
head.layers.1.fam_32_sm.layers.0:32x256x3x3 head.layers.1.fam_32_sm.layers.1:32
head.layers.1.fam_32_up.layers.0:128x256x1x1 head.layers.1.fam_32_up.layers.1:128
head.layers.1.fam_16_sm.layers.0:64x128x3x3 head.layers.1.fam_16_sm.layers.1:64
head.layers.1.fam_16_up.layers.0:128x128x1x1 head.layers.1.fam_16_up.layers.1:128
head.layers.1.fam_8_sm.layers.0:96x128x3x3 head.layers.1.fam_8_sm.layers.1:96
head.layers.1.fam_8_up.layers.0:64x128x1x1 head.layers.1.fam_8_up.layers.1:64
head.layers.1.fam_4.layers.0:96x64x3x3 head.layers.1.fam_4.layers.1:96
head.layers.3.last_layer.0:256x288x3x3 head.layers.3.last_layer.1:256
head.layers.3.last_layer.3:19x256x3x3
"""
"""With 19 classes, as Qualcomm-AI-research/FFNet names and shapes them in dBBB_mobile."""

STAGES = {"layer1": (64, 64), "layer2": (64, 128), "layer3": (128, 192), "layer4": (192, 320)}


def published(depths: tuple[int, ...]) -> dict[str, str]:
    table = dict(entry.split(":") for entry in OUTER.split())
    for (stage, (inputs, outputs)), depth in zip(STAGES.items(), depths, strict=True):
        for i in range(depth):
            name = f"backbone_model.{stage}.{i}"
            table[f"{name}.conv1"] = f"{outputs}x{inputs if i == 0 else outputs}x3x3"
            table[f"{name}.conv2"] = f"{outputs}x{outputs}x3x3"
            table |= {f"{name}.bn1": str(outputs), f"{name}.bn2": str(outputs)}
        table[f"backbone_model.{stage}.0.downsample.0"] = f"{outputs}x{inputs}x1x1"
        table[f"backbone_model.{stage}.0.downsample.1"] = str(outputs)
    return table


@pytest.mark.parametrize(
    ("name", "depths", "entries"),
    [("ffnet-40s", (4, 5, 6, 4), 339), ("ffnet-78s", (6, 12, 12, 8), 567)],
)
def test_the_weights_are_called_and_shaped_as_in_the_authors_files(
    name: str, depths: tuple[int, int, int, int], entries: int
) -> None:
    assert entry(name).options["depths"] == depths
    state = FFNet(19, depths=depths).state_dict()
    found = {
        key.removesuffix(".weight"): "x".join(map(str, value.shape))
        for key, value in state.items()
        if key.endswith("weight")
    }
    assert found == published(depths)
    assert len(state) == entries


@pytest.mark.parametrize(("depths", "layers"), [((4, 5, 6, 4), 40), ((6, 12, 12, 8), 78)])
def test_the_backbone_has_as_many_3x3_convolutions_as_its_name_says(
    depths: tuple[int, int, int, int], layers: int
) -> None:
    convs = [each for each in SlimResNet(depths).modules() if isinstance(each, nn.Conv2d)]
    assert sum(each.kernel_size == (3, 3) for each in convs) == layers


def test_maps_lie_at_strides_8_to_64_and_logits_at_8() -> None:
    network = FFNet(5, depths=(1, 1, 1, 1))
    maps = network.backbone_model(torch.rand(2, 3, 64, 128))
    assert [each.shape[1:] for each in maps] == [
        (64, 8, 16),
        (128, 4, 8),
        (192, 2, 4),
        (320, 1, 2),
    ]
    assert network.train()(torch.rand(2, 3, 64, 128)).logits.shape == (2, 5, 8, 16)
    assert network.eval()(torch.rand(1, 3, 64, 128)).shape == (1, 5, 8, 16)


def test_coarse_maps_are_repeated_beside_the_finest() -> None:
    fine = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    coarse = torch.tensor([[[[5.0, 6.0]]]])
    found = ConcatenateNearest()((fine, coarse))
    assert found[0, :, 0].tolist() == [[1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 6.0, 6.0]]


def test_every_coarser_map_reaches_the_finest_one() -> None:
    torch.manual_seed(0)
    branch = UpBranch().eval()
    widths = (64, 128, 128, 256)
    maps = [
        torch.rand(1, width, 8 >> i, 8 >> i, requires_grad=True) for i, width in enumerate(widths)
    ]
    finest, *_, coarsest = branch(tuple(maps))
    assert [finest.shape[1], coarsest.shape[1]] == [96, 32]
    finest.sum().backward()
    assert all(each.grad is not None and each.grad.abs().sum() > 0 for each in maps)
