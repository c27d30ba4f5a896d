"""Every weight of an author's file finds its place, or the file is refused."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import torch

from rtseg.errors import EngineError
from rtseg.models.importing import FirstClasses, load_published
from rtseg.models.zoo import build_network


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
