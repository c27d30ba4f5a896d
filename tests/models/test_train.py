from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from rtseg.errors import EngineError, UsageError
from rtseg.metrics import Confusion
from rtseg.models.catalogue import CATALOGUE, Entry
from rtseg.models.networks.blocks import labels_of
from rtseg.models.train import MEAN, STD, Phase, Recipe, Trainer, load_network
from rtseg.source.dataset import Dataset, open_dataset

RECIPE = Recipe(
    network="roadnet-xs",
    steps=24,
    warm_up=0.1,
    phases=(Phase(0.5, 32, 64, 4), Phase(1.0, 64, 96, 4)),
)
ROAD, TREE = 3, 5
GREEN_BGR, BROWN_BGR = (60, 200, 60), (40, 80, 140)


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
    """Ten pictures of 64 x 96: bands of green tree and brown road, shifted in each.

    Bands, because training views such a low picture enlarged four to eleven times: with one
    horizon most crops would hold one class.
    """
    root = tmp_path_factory.mktemp("camvid")
    rng = np.random.default_rng(0)
    for folder in ("train", "trainannot"):
        (root / folder).mkdir()
    for index in range(10):
        band = (np.arange(64) + int(rng.integers(12))) // 6 % 2
        truth = np.repeat(np.where(band, TREE, ROAD).astype(np.uint8)[:, None], 96, axis=1)
        noise = rng.integers(0, 40, (64, 96, 3), np.uint8)
        bgr = noise + np.where((truth == TREE)[..., None], GREEN_BGR, BROWN_BGR)
        cv2.imwrite(str(root / "train" / f"{index}.png"), bgr.astype(np.uint8))
        cv2.imwrite(str(root / "trainannot" / f"{index}.png"), truth)
    return open_dataset(f"camvid:{root}", "train")


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
        normalised = (sample.picture() - np.array(MEAN)) / np.array(STD)
        with torch.inference_mode():
            logits = network(torch.from_numpy(normalised).float().permute(2, 0, 1)[None])
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


def test_every_picture_is_shown_once_before_any_is_shown_twice(
    dataset: Dataset, tmp_path: Path
) -> None:
    trainer = Trainer(RECIPE, dataset, tmp_path)
    shown = [int(index) for _ in range(5) for index in trainer._next(4)]
    assert sorted(shown[:10]) == sorted(shown[10:]) == list(range(10))


def test_the_learning_rate_rises_and_falls_to_nothing(dataset: Dataset, tmp_path: Path) -> None:
    trainer = Trainer(RECIPE, dataset, tmp_path)
    rates = [trainer._learning_rate(step / 24) for step in range(24)]
    assert rates[0] < 0.02 * max(rates)
    assert rates.index(max(rates)) == 3  # the first step past a tenth of 24
    assert rates[-1] < 0.1 * max(rates)


def test_a_phase_lasts_until_its_share_of_the_steps() -> None:
    assert RECIPE.phase(0.49).height == 32
    assert RECIPE.phase(0.5).height == 64
    assert RECIPE.phase(1.0).height == 64


def test_a_recipe_that_cannot_run_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1, not 0"):
        Recipe(steps=0)
    with pytest.raises(ValueError, match="last phase"):
        Recipe(phases=(Phase(0.5, 32, 32, 1),))


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
