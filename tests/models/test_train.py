from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from labelled_bands import labelled_bands

from rtseg.errors import EngineError, TrainingError, UsageError
from rtseg.labels import LabelSet
from rtseg.metrics import Confusion
from rtseg.models.catalogue import CATALOGUE, Entry
from rtseg.models.feed import normalised
from rtseg.models.networks.blocks import labels_of
from rtseg.models.recipe import Phase, Recipe
from rtseg.models.train import Trainer, load_network
from rtseg.models.validate import validate
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
    recipe = replace(RECIPE, steps=140, learning_rate=2e-2, hard_from=1.0, lovasz=0.0)
    lines = list(Trainer(recipe, dataset, tmp_path).run())
    assert [line["step"] for line in lines] == [20, 40, 60, 80, 100, 120, 140]
    assert lines[-1]["loss"] < 0.5 * lines[0]["loss"]
    network, notes = load_network(tmp_path / "checkpoint.pt")
    assert (notes["labels"], notes["step"], notes["data"]) == ("camvid11", 140, "camvid train: 10")
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
    classes = dict(reversed(dataset.labels.classes.items()))
    turned = LabelSet.of_classes(dataset.labels.name, classes, source="a test")
    with pytest.raises(UsageError, match=r"other settings \(classes\)"):
        Trainer(RECIPE, replace(dataset, labels=turned), tmp_path).resume()


def test_a_recipe_of_before_a_field_existed_means_its_default(
    dataset: Dataset, tmp_path: Path
) -> None:
    Trainer(RECIPE, dataset, tmp_path).save()
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    recipe = json.loads(state["recipe"])
    del recipe["aspect"]
    torch.save(state | {"recipe": json.dumps(recipe)}, tmp_path / "checkpoint.pt")
    assert Trainer(RECIPE, dataset, tmp_path).resume()
    with pytest.raises(UsageError, match=r"other settings \(aspect\)"):
        Trainer(replace(RECIPE, aspect=0.3), dataset, tmp_path).resume()


def test_what_a_checkpoint_lacks_to_go_on_is_named(dataset: Dataset, tmp_path: Path) -> None:
    Trainer(RECIPE, dataset, tmp_path).save()
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    del state["feed"], state["scaler"]
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(UsageError, match=r"lacks feed, scaler: train into another folder"):
        Trainer(RECIPE, dataset, tmp_path).resume()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"losses": {"dise": 1.0}}, r"no loss named 'dise'; there are: cross_entropy, ohem"),
        ({"phases": (Phase(1.0, 48, 64, 4),)}, r"multiples of 32, not 48x64"),
        ({"encoder": "efficientnet-lite0"}, r"roadnet-xs has no encoder"),
    ],
)
def test_a_recipe_that_does_not_fit_its_network_is_refused(
    dataset: Dataset, tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        Trainer(replace(RECIPE, **changes), dataset, tmp_path)


def test_a_device_that_is_not_there_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be cpu or cuda, not 'tpu'"):
        Trainer(RECIPE, dataset, tmp_path, device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="finds no GPU"):
            Trainer(RECIPE, dataset, tmp_path, device="cuda")


def test_a_single_picture_fills_batches_larger_than_the_data_set(
    dataset: Dataset, tmp_path: Path
) -> None:
    alone = replace(dataset, samples=dataset.samples[:1])
    (line,) = Trainer(replace(RECIPE, steps=2), alone, tmp_path).run()
    assert line["step"] == 2
    network, _ = load_network(tmp_path / "checkpoint.pt")
    assert all(value.isfinite().all() for value in network.state_dict().values())


def test_a_run_may_become_longer_and_shorter(dataset: Dataset, tmp_path: Path) -> None:
    steps = []
    for wanted in (2, 4, 3):
        trainer = Trainer(replace(RECIPE, steps=wanted), dataset, tmp_path)
        assert trainer.resume() == bool(steps)
        steps.append([line["step"] for line in trainer.run()])
    assert steps == [[2], [4], []]  # at step 4 of 3 nothing is left to do, and nothing is lost
    assert load_network(tmp_path / "checkpoint.pt")[1]["step"] == 4


def test_a_new_folder_has_nothing_to_go_on_from(dataset: Dataset, tmp_path: Path) -> None:
    assert not Trainer(RECIPE, dataset, tmp_path / "new").resume()


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


def test_a_gradient_that_is_no_number_stops_before_it_reaches_the_weights(
    dataset: Dataset, tmp_path: Path
) -> None:
    trainer = Trainer(RECIPE, dataset, tmp_path)
    next(iter(trainer.network.parameters())).register_hook(lambda found: found * float("nan"))
    with pytest.raises(
        TrainingError, match=r"gradient of step 0.*\.png.*no checkpoint was written"
    ):
        next(trainer.run())
    assert all(each.isfinite().all() for each in trainer.network.parameters())


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


def test_losses_of_a_recipe_are_added(dataset: Dataset, tmp_path: Path) -> None:
    plain = replace(RECIPE, lovasz=0.0, hard_from=1.0)
    losses = [
        Trainer(recipe, dataset, tmp_path / str(index))._train_step()
        for index, recipe in enumerate((plain, replace(plain, losses={"cross_entropy": 2.0})))
    ]
    assert losses[1] > losses[0] + 1.0
