"""Every weight of an author's file finds its place, or the file is refused."""

from __future__ import annotations

import datetime
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from rtseg.errors import EngineError
from rtseg.models.importing import FirstClasses, Reordered, in_label_order, load_published
from rtseg.models.published import published
from rtseg.models.zoo import build_network

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return dict(build_network("espnet", 12).state_dict())


def saved(state: object, folder: Path) -> Path:
    torch.save(state, folder / "weights.pth")
    return folder / "weights.pth"


@pytest.mark.parametrize("wrapping", ["", "model", "state_dict"])
def test_every_weight_arrives_with_and_without_a_wrapping(
    weights: dict[str, torch.Tensor], tmp_path: Path, wrapping: str
) -> None:
    state = {f"module.{key}": value for key, value in weights.items()}
    path = saved({"epoch": 3, wrapping: state} if wrapping else state, tmp_path)
    network = load_published("espnet", path, 12)
    assert not network.training
    found = network.state_dict()
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[key], weights[key]) for key in weights)


def test_files_older_than_the_batch_counters_load(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    old = {key: value for key, value in weights.items() if "num_batches_tracked" not in key}
    assert len(old) < len(weights)
    load_published("espnet", saved(old, tmp_path), 12)


def test_missing_left_over_and_misshapen_weights_are_named_and_counted(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    state = dict(weights)
    gone = [key for key in state if key.startswith("encoder.level3.0.d")]
    assert len(gone) == 5
    for key in gone:
        del state[key]
    state["head.weight"] = torch.zeros(2)
    state["br.weight"] = torch.zeros(7)
    with pytest.raises(EngineError) as caught:
        load_published("espnet", saved(state, tmp_path), 12)
    message = str(caught.value)
    assert "\n" not in message
    assert (
        "5 missing (encoder.level3.0.d1.conv.weight, encoder.level3.0.d2.conv.weight, " in message
    )
    assert "d4.conv.weight, ...)" in message
    assert "1 left over (head.weight)" in message
    assert "1 of another shape (br.weight (7,), not (12,))" in message


def test_weights_of_another_number_of_classes_are_refused(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=r"espnet with 20 outputs: .* of another shape"):
        load_published("espnet", saved(weights, tmp_path), 20)


@pytest.mark.parametrize(
    "state", [[1, 2], {}, {"epoch": 3}, {"a": torch.zeros(1), "b": 2}, datetime.date(2020, 1, 1)]
)
def test_a_pickle_that_is_no_state_dict_is_refused(state: object, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="state dict") as caught:
        load_published("espnet", saved(state, tmp_path), 12)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no pickle at all", b"PK\x03\x04broken"])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(EngineError, match=r"x\.pth' is not a readable state dict"):
        load_published("espnet", tmp_path / "x.pth", 12)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="there is no checkpoint"):
        load_published("espnet", tmp_path / "x.pth", 12)


def test_an_output_that_is_cut_off_never_wins() -> None:
    logits = torch.tensor([1.0, 3.0, 9.0]).view(1, 3, 1, 1)
    kept = FirstClasses(torch.nn.Identity(), 2)(logits)
    assert kept.argmax(1).item() == 1


def test_outputs_of_another_order_are_put_into_that_of_the_label_set() -> None:
    logits = torch.tensor([5.0, 6.0, 7.0]).view(1, 3, 1, 1)
    assert Reordered(torch.nn.Identity(), (2, 0, 1))(logits).flatten().tolist() == [7, 5, 6]


def test_facts_say_which_outputs_are_kept_and_in_which_order() -> None:
    logits = torch.arange(20.0).view(1, 20, 1, 1)
    espnet = in_label_order(torch.nn.Identity(), published("espnet", "cityscapes19"))
    assert espnet(logits).flatten().tolist() == list(range(19))
    pidnet = in_label_order(torch.nn.Identity(), published("pidnet-s", "camvid11"))
    assert pidnet(logits).flatten().tolist() == [9, 1, 3, 6, 7, 10, 8, 4, 2, 5, 0]


def within_losses(*losses: str) -> Callable[[State], object]:
    """As HRNet's training program saves a network together with its class weights."""

    def dressed(state: State) -> object:
        inside = {f"model.{key}": value for key, value in state.items()}
        return inside | {f"{loss}.criterion.weight": torch.rand(19) for loss in losses}

    return dressed


def as_stdc(state: State) -> object:
    blocks = {key: value for key, value in state.items() if ".backbone.features.0" in key}
    again = {key.replace("features.0", "x2.0"): value for key, value in blocks.items()}
    last = {
        "cp.backbone.conv_last.conv.weight": torch.rand(4, 4),
        "conv_out_sp2.conv.bn.bias": torch.rand(4),
    }
    return OrderedDict(state | again | last)


def as_icnet(state: State) -> object:
    return state | {"pretrained.fc.weight": torch.rand(10, 4), "pretrained.fc.bias": torch.rand(10)}


def as_regseg(state: State) -> object:
    optimizer = {"state": {0: {"momentum_buffer": torch.rand(2)}}, "param_groups": [{"lr": 0.05}]}
    return {"model": state, "optimizer": optimizer, "epoch": 999, "best_mIU": 77.7, "run": 1}


def as_dabnet(state: State) -> object:
    return {"epoch": 1000, "model": {f"module.{key}": value for key, value in state.items()}}


DRESSES: dict[str, Callable[[State], object]] = {
    "ddrnet-23-slim": within_losses("loss"),
    "ddrnet-23": within_losses("loss"),
    "pidnet-s": within_losses("sem_loss", "sb_loss"),
    "pidnet-m": within_losses("sem_loss", "sb_loss"),
    "pidnet-l": within_losses("sem_loss", "sb_loss"),
    "bisenet-r18": OrderedDict,
    "bisenetv2": OrderedDict,
    "stdc1-seg": as_stdc,
    "stdc2-seg": as_stdc,
    "fast-scnn": OrderedDict,
    "icnet": as_icnet,
    "regseg": as_regseg,
    "ffnet-40s": OrderedDict,
    "ffnet-78s": OrderedDict,
    "dabnet": as_dabnet,
}


def random_state(name: str, outputs: int) -> State:
    torch.manual_seed(5)
    with torch.device("meta"):
        shapes = build_network(name, outputs).state_dict()
    return {
        key: torch.rand(each.shape) if each.is_floating_point() else torch.tensor(3)
        for key, each in shapes.items()
    }


@pytest.mark.parametrize("name", DRESSES)
def test_a_file_as_its_authors_save_it_arrives_whole(name: str, tmp_path: Path) -> None:
    outputs = published(name).outputs
    state = random_state(name, outputs)
    path = saved(DRESSES[name](state), tmp_path)
    found = load_published(name, path, outputs).state_dict()
    path.unlink()
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


def test_pidnets_file_has_the_published_number_of_weights() -> None:
    """481 with the class weights of two losses: of PIDNet_S_Cityscapes_val.pt."""
    file = DRESSES["pidnet-s"](random_state("pidnet-s", 19))
    assert isinstance(file, dict)
    assert len(file) == 481


def test_what_lies_beside_the_network_and_is_no_loss_is_left_over(tmp_path: Path) -> None:
    file = within_losses("loss")(random_state("ddrnet-23-slim", 19))
    assert isinstance(file, dict)
    path = saved(file | {"decoder.weight": torch.rand(2)}, tmp_path)
    with pytest.raises(EngineError, match=r"outputs: 1 left over \(decoder\.weight\)"):
        load_published("ddrnet-23-slim", path, 19)


def paddles(state: State) -> dict[str, object]:
    """Named as in PaddleSeg, with the backbone's second names and Paddle's own table."""
    named: dict[str, object] = {}
    for key, value in state.items():
        name = key.replace("running_mean", "_mean").replace("running_var", "_variance")
        if not key.startswith("backbone."):
            name = re.sub(r"\.conv\.(weight|bias)$", r"._conv.\1", name)
            name = re.sub(r"\.bn\.(\w+)$", r"._batch_norm.\1", name)
        if not key.endswith("num_batches_tracked"):
            named[name] = value.numpy()
    extra = {
        "backbone.x2.0.0.conv.weight": np.zeros((3, 3), np.float32),
        "backbone.conv_last.bn._mean": np.zeros(3, np.float32),
        "ppseg_head.arm_list.0._scale": np.ones(1, np.float32),
        "StructuredToParameterName@@": {"backbone.x2.0.0.conv.weight": "conv2d_0.w_0"},
    }
    return named | extra


@pytest.mark.parametrize("name", ["pp-liteseg-t", "pp-liteseg-b"])
def test_a_file_of_paddles_arrives_whole(name: str, tmp_path: Path) -> None:
    state = random_state(name, 19)
    path = tmp_path / "model.pdparams"
    path.write_bytes(pickle.dumps(paddles(state), 4))
    found = load_published(name, path, 19).state_dict()
    weights = [key for key in state if not key.endswith("num_batches_tracked")]
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in weights)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps(["weight"]), "holds no state dict"),
        (pickle.dumps({"weight": "red"}), "holds no state dict"),
        (pickle.dumps({3: np.zeros(2)}), "holds no state dict"),
        (pickle.dumps({"weight": np.array([None])}), "is not a readable state dict"),
        (pickle.dumps({"weight": datetime.date(2020, 1, 1)}), "is not a readable state dict"),
        (pickle.dumps({"weight": np.zeros(9)})[:-9], "is not a readable state dict"),
        (b"", "is not a readable state dict"),
    ],
)
def test_a_file_of_paddles_without_weights_is_refused(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.pdparams"
    path.write_bytes(content)
    with pytest.raises(EngineError, match=message) as caught:
        load_published("pp-liteseg-t", path, 19)
    assert "\n" not in str(caught.value)


FILES = {
    "cgnet": ("cgnet/cgnet_m3n21_camvid_trainval_model_800.pth", 11, 494_258),
    "espnet": ("espnet/espnet_decoder_p2_q8_camvid.pth", 12, 354_517),
    "espnet-cityscapes": ("espnet/espnet_decoder_p2_q8.pth", 20, 364_569),
    # Fewer than in the files by the slopes that nothing applies.
    "espnetv2-0.5": ("espnetv2/espnetv2_s_0.5_city_1024x512.pth", 20, 80_342 - 112),
    "espnetv2-1.0": ("espnetv2/espnetv2_s_1.0_city_1024x512.pth", 20, 234_010 - 224),
    "espnetv2-1.5": ("espnetv2/espnetv2_s_1.5_city_1024x512.pth", 20, 468_362 - 352),
    "espnetv2-2.0": ("espnetv2/espnetv2_s_2.0_city_1024x512.pth", 20, 789_242 - 480),
    "twinlitenet": ("twinlitenet/best.pth", 3, 439_633),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_published_files_load_whole(name: str, shared: Path) -> None:
    file, outputs, parameters = FILES[name]
    network = load_published(name, shared / "weights" / file, outputs)
    assert sum(each.numel() for each in network.parameters()) == parameters
