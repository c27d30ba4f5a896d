"""DABNet's own: the names and shapes of its published weights, and its dilations."""

from __future__ import annotations

import torch

from rtseg.models.networks.dabnet import DABNet

MODULE = {
    "bn_relu_1.bn.weight": (1,),
    "bn_relu_1.acti.weight": (1,),
    "conv3x3.conv.weight": (0.5, 1, 3, 3),
    "conv3x3.bn_prelu.bn.running_var": (0.5,),
    "dconv3x1.conv.weight": (0.5, 1 / 128, 3, 1),
    "dconv1x3.conv.weight": (0.5, 1 / 128, 1, 3),
    "ddconv3x1.conv.weight": (0.5, 1 / 128, 3, 1),
    "ddconv1x3.conv.weight": (0.5, 1 / 128, 1, 3),
    "ddconv1x3.bn_prelu.acti.weight": (0.5,),
    "bn_relu_2.acti.weight": (0.5,),
    "conv1x1.conv.weight": (1, 0.5, 1, 1),
}
"""Of the second block; channels in units of its 128."""

NETWORK = {
    "init_conv.0.conv.weight": (32, 3, 3, 3),
    "init_conv.0.bn_prelu.bn.weight": (32,),
    "init_conv.2.bn_prelu.acti.weight": (32,),
    "bn_prelu_1.bn.running_mean": (35,),
    "downsample_1.conv3x3.conv.weight": (29, 35, 3, 3),
    "downsample_1.bn_prelu.acti.weight": (64,),
    "DAB_Block_1.DAB_Module_1_2.conv1x1.conv.weight": (64, 32, 1, 1),
    "bn_prelu_2.acti.weight": (131,),
    "downsample_2.conv3x3.conv.weight": (128, 131, 3, 3),
    "bn_prelu_3.bn.num_batches_tracked": (),
    "classifier.0.conv.weight": (19, 259, 1, 1),
}


def test_parameters_are_named_as_in_the_published_weights() -> None:
    state = {name: tuple(value.shape) for name, value in DABNet(19).state_dict().items()}
    expected = dict(NETWORK)
    for index in range(6):
        for name, shape in MODULE.items():
            channels = tuple(int(part * 128) for part in shape[:2])
            expected[f"DAB_Block_2.DAB_Module_2_{index}.{name}"] = channels + shape[2:]
    assert {name: state.get(name) for name in expected} == expected
    norm, module = 6, 6 + 5 * 7 + 6 + 1  # entries of a norm with PReLU, of a module
    assert len(state) == 3 * 7 + 3 * norm + 2 * (1 + norm) + 9 * module + 1


def test_each_block_is_dilated_as_in_table_1() -> None:
    network = DABNet(19)
    blocks = [*network.DAB_Block_1, *network.DAB_Block_2]
    columns = [block.ddconv3x1.conv.dilation for block in blocks]
    rows = [block.ddconv1x3.conv.dilation for block in blocks]
    steps = [2, 2, 2, 4, 4, 8, 8, 16, 16]
    assert columns == [(step, 1) for step in steps]
    assert rows == [(1, step) for step in steps]


def test_the_picture_itself_reaches_the_classifier() -> None:
    network = DABNet(3).eval()
    picture = torch.rand(1, 3, 24, 32)
    seen: list[torch.Tensor] = []
    network.bn_prelu_3.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs))
    with torch.inference_mode():
        logits = network(picture)
    assert logits.shape == (1, 3, 3, 4)
    # The centre of three 3x3 averages of stride 2 weighs 15x15 pixels, most of all the middle.
    once = [1.0, 1.0, 1.0]
    kernel = once
    for _ in range(2):
        spread = [0.0] * (2 * len(kernel) + 1)
        for index, weight in enumerate(kernel):
            for offset in range(3):
                spread[2 * index + offset] += weight
        kernel = spread
    weights = torch.tensor(kernel) / 27
    window = picture[0, :, 1:16, 9:24]
    expected = torch.einsum("chw,h,w->c", window, weights, weights)
    torch.testing.assert_close(seen[0][0, -3:, 1, 2], expected)
