from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from labelled_bands import labelled_bands

from rtseg.errors import EngineError, TrainingError, UsageError
from rtseg.metrics import Confusion
from rtseg.models.catalogue import CATALOGUE, Entry
from rtseg.models.feed import normalised
from rtseg.models.networks.blocks import labels_of
from rtseg.models.recipe import Phase, Recipe
from rtseg.models.train import Trainer, learning_rate, load_network, parameter_groups
from rtseg.models.validate import validate
from rtseg.models.zoo import build_network
from rtseg.source.dataset import Dataset

RECIPE = Recipe(
    network="roadnet-xs",
    steps=24,
    warm_up=0.1,
    phases=(Phase(0.5, 32, 64, 4), Phase(1.0, 64, 96, 4)),
)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sums in one order, so that runs can be compared; and a network of a blink."""
    sizes = {"widths": (8, 8, 16, 16), "depths": (1, 1, 1, 1), "decoder_width": 8}
    monkeypatch.setitem(CATALOGUE, "roadnet-xs", Entry("roadnet", "RoadNet", "a test", sizes))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return labelled_bands(tmp_path_factory.mktemp("camvid"))


def test_the_loss_falls_and_trees_and_road_are_told_apart(dataset: Dataset, tmp_path: Path) -> None:
    # Plain cross entropy throughout: hard pixels and Lovász would change what the number means.
    recipe = replace(RECIPE, steps=100, learning_rate=2e-2, hard_from=1.0, lovasz=0.0)
    lines = list(Trainer(recipe, dataset, tmp_path).run())
    assert [line["step"] for line in lines] == [20, 40, 60, 80, 100]
    assert lines[-1]["loss"] < 0.5 * lines[0]["loss"]
    network, notes = load_network(tmp_path / "checkpoint.pt")
    assert (notes["labels"], notes["step"], notes["data"]) == ("camvid11", 100, "camvid train: 10")
    assert notes["recipe"]["network"] == "roadnet-xs"
    assert not network.training
    confusion = Confusion.of(len(dataset.labels))
    for sample in dataset.samples:
        with torch.inference_mode():
            logits = network(normalised(sample.picture()[None]))
        confusion.add(sample.truth()[::2, ::2], labels_of(logits)[0].numpy())
    assert confusion.pixel_accuracy > 0.8  # a guess is right half of the time


def test_a_killed_run_goes_on_to_the_weights_of_an_unbroken_one(
    dataset: Dataset, tmp_path: Path
) -> None:
    unbroken = Trainer(RECIPE, dataset, tmp_path / "unbroken")
    for _ in unbroken.run():
        pass
    killed = Trainer(RECIPE, dataset, tmp_path / "killed")
    line = next(killed.run(checkpoint_seconds=0.0))
    assert line["step"] == 20
    resumed = Trainer(RECIPE, dataset, tmp_path / "killed")
    assert resumed.resume()
    assert resumed.step == 19  # what was done after the last checkpoint is lost
    for _ in resumed.run():
        pass
    for mine, other in (
        (resumed.network.state_dict(), unbroken.network.state_dict()),
        (resumed.average.state_dict(), unbroken.average.state_dict()),
    ):
        assert mine.keys() == other.keys()
        for name in mine:
            torch.testing.assert_close(mine[name], other[name], rtol=0, atol=1e-6)


def test_a_run_with_another_recipe_does_not_go_on(dataset: Dataset, tmp_path: Path) -> None:
    Trainer(RECIPE, dataset, tmp_path).save()
    with pytest.raises(UsageError, match=r"other settings \(seed, ema\): train into another"):
        Trainer(replace(RECIPE, seed=2, ema=0.9), dataset, tmp_path).resume()
    with pytest.raises(UsageError, match=r"other settings \(data\)"):
        Trainer(RECIPE, replace(dataset, samples=dataset.samples[1:]), tmp_path).resume()


def test_a_run_may_become_longer(dataset: Dataset, tmp_path: Path) -> None:
    Trainer(RECIPE, dataset, tmp_path).save()
    assert Trainer(replace(RECIPE, steps=48), dataset, tmp_path).resume()


def test_a_new_folder_has_nothing_to_go_on_from(dataset: Dataset, tmp_path: Path) -> None:
    assert not Trainer(RECIPE, dataset, tmp_path / "new").resume()


@pytest.mark.parametrize(("schedule", "peak"), [("poly", 3), ("one-cycle", 8)])
def test_the_learning_rate_rises_and_falls_to_nothing(schedule: str, peak: int) -> None:
    recipe = replace(RECIPE, schedule=schedule)
    rates = [learning_rate(recipe, step / 24) for step in range(24)]
    assert rates[0] < 0.05 * max(rates)
    # A tenth of 24 steps of warm-up, three tenths of one cycle: the first step past either.
    assert rates.index(max(rates)) in (peak, peak - 1)
    assert rates[-1] < 0.1 * max(rates)


def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(EngineError, match=r"no checkpoint .*checkpoint\.pt"):
        load_network(path)
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(EngineError, match="not a readable checkpoint"):
        load_network(path)
    torch.save({"weight": torch.zeros(1)}, path)
    with pytest.raises(EngineError, match="no training state of rtseg"):
        load_network(path)


def test_what_is_held_out_is_measured_as_training_goes(dataset: Dataset, tmp_path: Path) -> None:
    kept, held = (
        replace(dataset, samples=each) for each in (dataset.samples[:8], dataset.samples[8:])
    )
    trainer = Trainer(RECIPE, kept, tmp_path)
    lines = list(trainer.run(validation=held, validate_every=10))
    measured = {line["step"]: line["miou"] for line in lines if "miou" in line}
    assert list(measured) == [10, 20, 24]
    assert measured[24] == round(validate(trainer.average, held), 4)
    assert all(0.0 < value <= 1.0 for value in measured.values())


def test_a_loss_that_is_no_number_stops_with_its_pictures(dataset: Dataset, tmp_path: Path) -> None:
    trainer = Trainer(RECIPE, dataset, tmp_path)
    trainer.save()
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with torch.no_grad():
        next(iter(trainer.network.parameters())).fill_(float("nan"))
    with pytest.raises(TrainingError, match=r"step 0 is not a number.*\d\.png.*step 0 is in"):
        next(trainer.run())
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(RECIPE, dataset, tmp_path)
    trainer.save()
    before = (tmp_path / "checkpoint.pt").read_bytes()

    def full(state: object, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(TrainingError, match=r"No space left.*the checkpoint before it is kept"):
        trainer.save()
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_the_encoder_learns_at_its_own_rate() -> None:
    recipe = replace(RECIPE, network="roadlite-0", encoder="efficientnet-lite0", encoder_rate=0.25)
    network = build_network("roadlite-0", 3)
    groups = parameter_groups(network, recipe)
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    encoder = {id(each) for each in network.get_submodule("encoder").parameters()}
    for group in groups:
        members = {id(each) in encoder for each in group["params"]}
        assert members == {group["rate"] == 0.25}
        assert {each.ndim > 1 for each in group["params"]} == {group["weight_decay"] > 0}


def test_losses_of_a_recipe_are_added(dataset: Dataset, tmp_path: Path) -> None:
    plain = replace(RECIPE, lovasz=0.0, hard_from=1.0)
    losses = [
        Trainer(recipe, dataset, tmp_path / str(index))._train_step()
        for index, recipe in enumerate((plain, replace(plain, losses={"cross_entropy": 2.0})))
    ]
    assert losses[1] > losses[0] + 1.0
