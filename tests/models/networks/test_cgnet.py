"""CGNet: what its published file holds."""

from __future__ import annotations

import torch

from rtseg.models.networks.cgnet import CGNet, GlobalContext

PUBLISHED = {
    "level1_0.conv.weight": (32, 3, 3, 3),
    "level1_2.act.weight": (32,),
    "b1.bn.running_mean": (35,),
    "level2_0.conv1x1.conv.weight": (64, 35, 3, 3),
    "level2_0.F_sur.conv.weight": (64, 1, 3, 3),
    "level2_0.bn.weight": (128,),
    "level2_0.act.weight": (128,),
    "level2_0.reduce.conv.weight": (64, 128, 1, 1),
    "level2_0.F_glo.fc.2.bias": (64,),
    "level2.1.conv1x1.conv.weight": (32, 64, 1, 1),
    "level2.1.F_loc.conv.weight": (32, 1, 3, 3),
    "level2.1.bn_prelu.act.weight": (64,),
    "level2.1.F_glo.fc.0.weight": (8, 64),
    "bn_prelu_2.act.weight": (131,),
    "level3_0.F_glo.fc.0.weight": (8, 128),
    "level3.19.F_glo.fc.2.weight": (128, 8),
    "bn_prelu_3.bn.running_var": (256,),
    "classifier.0.conv.weight": (11, 256, 1, 1),
}


def test_the_weights_have_the_names_and_shapes_of_the_published_file() -> None:
    state = CGNet(11).state_dict()
    assert {key: tuple(state[key].shape) for key in PUBLISHED} == PUBLISHED
    assert not any(key.startswith(("level2.2", "level3.20")) for key in state)


def test_logits_come_at_an_eighth_of_sizes_that_32_does_not_divide() -> None:
    with torch.inference_mode():
        assert CGNet(11, depths=(2, 2)).eval()(torch.zeros(1, 3, 72, 120)).shape == (1, 11, 9, 15)


def test_a_channel_is_weighed_by_what_the_whole_map_holds() -> None:
    weigh = GlobalContext(2, 1)
    first, _, second, _ = weigh.fc
    with torch.no_grad():
        for layer in (first, second):
            layer.weight.copy_(torch.eye(2))  # type: ignore[operator, union-attr, arg-type]
            layer.bias.zero_()  # type: ignore[operator, union-attr]
    x = torch.tensor([[[[1.0, 3.0]], [[-2.0, -2.0]]]])
    # Means 2 and -2; ReLU makes 2 and 0; sigmoid(2) = 0.880797, sigmoid(0) = 0.5.
    expected = torch.tensor([[[[0.880797, 2.642391]], [[-1.0, -1.0]]]])
    torch.testing.assert_close(weigh(x), expected)
