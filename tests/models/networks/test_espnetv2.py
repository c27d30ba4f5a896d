"""ESPNetv2: what its published files hold."""

from __future__ import annotations

import torch

from rtseg.models.networks.espnetv2 import ESPNetv2, Shuffle
from rtseg.models.zoo import build_network

PUBLISHED = {
    "base_net.level1.conv.weight": (32, 3, 3, 3),
    "base_net.level1.act.weight": (32,),
    "base_net.level2_0.eesp.proj_1x1.conv.weight": (24, 8, 1, 1),
    "base_net.level2_0.eesp.spp_dw.3.conv.weight": (24, 1, 3, 3),
    "base_net.level2_0.eesp.conv_1x1_exp.bn.running_var": (96,),
    "base_net.level2_0.eesp.br_after_cat.act.weight": (96,),
    "base_net.level2_0.eesp.module_act.weight": (96,),
    "base_net.level2_0.inp_reinf.0.act.weight": (3,),
    "base_net.level2_0.inp_reinf.1.conv.weight": (128, 3, 1, 1),
    "base_net.level3.2.module_act.weight": (256,),
    "base_net.level4_0.act.weight": (512,),
    "base_net.level4.6.conv_1x1_exp.conv.weight": (512, 128, 1, 1),
    "bu_dec_l1.stages.4.weight": (10, 1, 3, 3),
    "bu_dec_l1.projection_layer.cbr.0.weight": (10, 512, 1, 1),
    "bu_dec_l1.merge_layer.0.br.1.weight": (50,),
    "bu_dec_l1.merge_layer.2.cbr.0.weight": (10, 5, 3, 3),
    "bu_dec_l1.br.br.0.running_mean": (64,),
    "bu_dec_l4.merge_layer.3.weight": (20, 10, 1, 1),
    "bu_dec_l4.merge_layer.3.bias": (20,),
    "merge_enc_dec_l2.wt_layer.1.weight": (64, 256, 1, 1),
    "merge_enc_dec_l3.expansion_layer.cbr.0.weight": (48, 8, 3, 3),
    "merge_enc_dec_l4.expansion_layer.cbr.2.weight": (32,),
    "bu_br_l4.1.weight": (32,),
}


def test_the_weights_have_the_names_and_shapes_of_the_published_file() -> None:
    state = build_network("espnetv2-2.0", 20).state_dict()
    assert {key: tuple(state[key].shape) for key in PUBLISHED} == PUBLISHED
    assert len(state) == 526
    assert not any(key.startswith("bu_dec_l4.br") for key in state)


def test_logits_come_at_half_the_size_of_the_picture() -> None:
    network = ESPNetv2(11, widths=(16, 32, 64, 128)).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 96, 160)).shape == (1, 11, 48, 80)


def test_the_slope_that_nothing_applies_is_not_trained() -> None:
    network = ESPNetv2(11, widths=(16, 32, 64, 128))
    trained = {name for name, _ in network.named_parameters()}
    unused = {f"base_net.level{level}_0.eesp.module_act.weight" for level in (2, 3, 4)}
    assert unused <= set(network.state_dict())
    assert not unused & trained
    assert "base_net.level3.0.module_act.weight" in trained


def test_shuffling_puts_equal_places_of_all_groups_side_by_side() -> None:
    channels = torch.tensor([0.0, 1, 2, 10, 11, 12]).view(1, 6, 1, 1)
    assert Shuffle(2)(channels).flatten().tolist() == [0, 10, 1, 11, 2, 12]
