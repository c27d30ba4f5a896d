"""ESPNet: what its two published files hold, and its sum of dilations."""

from __future__ import annotations

import torch

from rtseg.models.networks.espnet import DILATIONS, ESPNet, Pyramid

PUBLISHED = {
    "encoder.level1.conv.weight": (16, 3, 3, 3),
    "encoder.b1.act.weight": (19,),
    "encoder.level2_0.c1.conv.weight": (12, 19, 3, 3),
    "encoder.level2_0.d1.conv.weight": (16, 12, 3, 3),
    "encoder.level2_0.d16.conv.weight": (12, 12, 3, 3),
    "encoder.level2_0.bn.weight": (64,),
    "encoder.level2.1.c1.conv.weight": (12, 64, 1, 1),
    "encoder.level2.1.bn.bn.weight": (64,),
    "encoder.b2.bn.bias": (131,),
    "encoder.level3_0.d1.conv.weight": (28, 25, 3, 3),
    "encoder.level3.7.bn.act.weight": (128,),
    "encoder.b3.act.weight": (256,),
    "encoder.classifier.conv.weight": (12, 256, 1, 1),
    "level3_C.conv.weight": (12, 131, 1, 1),
    "br.running_mean": (12,),
    "conv.conv.weight": (12, 31, 3, 3),
    "up_l3.0.weight": (12, 12, 2, 2),
    "combine_l2_l3.0.act.weight": (24,),
    "combine_l2_l3.1.d1.conv.weight": (4, 2, 3, 3),
    "combine_l2_l3.1.d16.conv.weight": (2, 2, 3, 3),
    "up_l2.1.act.weight": (12,),
    "classifier.weight": (12, 12, 2, 2),
}


def test_the_weights_have_the_names_and_shapes_of_the_camvid_file() -> None:
    state = ESPNet(12).state_dict()
    assert {key: tuple(state[key].shape) for key in PUBLISHED} == PUBLISHED
    assert len([key for key in state if "num_batches" not in key]) == 189


def test_the_cityscapes_file_sees_the_first_convolution_alone() -> None:
    network = ESPNet(20, early=True).eval()
    assert network.state_dict()["conv.conv.weight"].shape == (20, 16 + 20, 3, 3)
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 72, 120)).shape == (1, 20, 72, 120)


def test_dilations_are_summed_up_step_by_step_from_the_second_on() -> None:
    pyramid = Pyramid(1, 5, 1)
    with torch.no_grad():
        for layer in pyramid.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.weight.zero_()
        pyramid.c1.conv.weight.fill_(1)  # type: ignore[operator, union-attr]
        for factor, dilation in enumerate(DILATIONS, start=1):
            branch = pyramid.get_submodule(f"d{dilation}.conv")
            branch.weight[..., 1, 1] = factor  # type: ignore[index, operator]
    seen = pyramid.look(torch.ones(1, 1, 3, 3))
    # Branches give 1 2 3 4 5; summed from the second on: 1 2 2+3 2+3+4 2+3+4+5.
    assert seen[0, :, 1, 1].tolist() == [1, 2, 5, 9, 14]
