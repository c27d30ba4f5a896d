from __future__ import annotations

import torch
from torch.nn import functional

from rtseg.models.networks.regseg import RegSeg, Shortcut, SplitConv, SqueezeExcitation

OUTER = """
stem.conv:32x3x3x3 stem.bn:32 decoder.head16.conv:128x320x1x1 decoder.head16.bn:128
decoder.head8.conv:128x128x1x1 decoder.head8.bn:128 decoder.head4.conv:8x48x1x1 decoder.head4.bn:8
decoder.conv8.conv:64x128x3x3 decoder.conv8.bn:64 decoder.conv4.conv:64x72x3x3 decoder.conv4.bn:64
decoder.classifier:19x64x1x1
"""
"""With 19 classes, as RolandGao/RegSeg names and shapes them in exp48_decoder26."""

BLOCKS = {
    "body.stage4": (32, 48, 1),
    "body.stage8.0": (48, 128, 1),
    "body.stage8.1": (128, 128, 1),
    "body.stage8.2": (128, 128, 1),
    "body.stage16.0": (128, 256, 1),
    "body.stage16.1": (256, 256, 1),
    **{f"body.stage16.{i}": (256, 256, 2) for i in range(2, 13)},
    "body.stage16.13": (256, 320, 2),
}
"""Inputs, outputs, and how many dilations share the outputs."""


def published() -> dict[str, str]:
    table = dict(entry.split(":") for entry in OUTER.split())
    for name, (inputs, outputs, shares) in BLOCKS.items():
        table[f"{name}.conv1"] = f"{outputs}x{inputs}x1x1"
        table[f"{name}.conv3"] = f"{outputs}x{outputs}x1x1"
        table |= {f"{name}.bn{i}": str(outputs) for i in (1, 2, 3)}
        middle = [f".convs.{i}" for i in range(shares)] if shares > 1 else [""]
        table |= {f"{name}.conv2{each}": f"{outputs // shares}x16x3x3" for each in middle}
        table[f"{name}.se.conv1"] = f"{inputs // 4}x{outputs}x1x1"
        table[f"{name}.se.conv2"] = f"{outputs}x{inputs // 4}x1x1"
        if inputs != outputs:
            table[f"{name}.shortcut.conv"] = f"{outputs}x{inputs}x1x1"
            table[f"{name}.shortcut.bn"] = str(outputs)
    return table


def test_the_weights_are_called_and_shaped_as_in_the_authors_file() -> None:
    state = RegSeg(19).state_dict()
    found = {
        name.removesuffix(".weight"): "x".join(map(str, value.shape))
        for name, value in state.items()
        if name.endswith("weight")
    }
    assert found == published()
    assert len(state) == 470


def test_the_dilations_are_those_of_the_paper() -> None:
    found = [
        tuple(conv.dilation[0] for conv in getattr(block.conv2, "convs", [block.conv2]))
        for block in RegSeg(2).body.stage16
    ]
    assert found == [(1,), (1,), (1, 2), *[(1, 4)] * 4, *[(1, 14)] * 7]


def test_each_share_of_the_channels_looks_at_its_own_distance() -> None:
    network = SplitConv(32, (1, 4))
    for conv in network.convs:
        torch.nn.init.ones_(conv.weight)
    picture = torch.zeros(1, 32, 11, 11)
    picture[:, :, 5, 5] = 1.0
    found = network(picture)
    rows = [sorted(set(found[0, c].nonzero()[:, 0].tolist())) for c in (0, 15, 16, 31)]
    assert rows == [[4, 5, 6], [4, 5, 6], [1, 5, 9], [1, 5, 9]]


def test_attention_scales_channels_by_what_the_whole_map_holds() -> None:
    attention = SqueezeExcitation(2, 1)
    for conv, value in ((attention.conv1, [[1.0, 1.0]]), (attention.conv2, [[2.0], [-2.0]])):
        conv.weight.data = torch.tensor(value)[:, :, None, None]
        torch.nn.init.zeros_(conv.bias)
    picture = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).expand(1, 2, 2, 2)
    # Both channels average 0.5, so 1.0 is squeezed out and 2.0 and -2.0 go through the sigmoid.
    found = attention(picture)[0, :, 0, 0]
    torch.testing.assert_close(found, torch.sigmoid(torch.tensor([2.0, -2.0])))


def test_a_striding_shortcut_averages_four_pixels() -> None:
    shortcut = Shortcut(1, 1, 2).eval()
    torch.nn.init.ones_(shortcut.conv.weight)
    found = shortcut(torch.tensor([[[[1.0, 2.0, 0.0, 0.0], [3.0, 6.0, 0.0, 4.0]]]]))
    torch.testing.assert_close(found, torch.tensor([[[[3.0, 1.0]]]]), rtol=1e-4, atol=0)


def test_logits_lie_at_stride_four_in_training_and_evaluation() -> None:
    network = RegSeg(5)
    heads = network.train()(torch.rand(2, 3, 48, 80))
    assert heads.logits.shape == (2, 5, 12, 20)
    assert heads.auxiliary == ()
    assert network.eval()(torch.rand(1, 3, 48, 80)).shape == (1, 5, 12, 20)


def test_the_finest_map_reaches_the_logits() -> None:
    torch.manual_seed(0)
    decoder = RegSeg(5).decoder.eval()
    maps = [torch.rand(1, 48, 8, 8), torch.rand(1, 128, 4, 4), torch.rand(1, 320, 2, 2)]
    before = decoder(*maps)
    maps[0] = functional.pad(maps[0][:, :, :, :-1], (0, 1))
    after = decoder(*maps)
    changed = (before != after).any(1)[0].any(0)
    assert changed.tolist() == [False] * 6 + [True] * 2
