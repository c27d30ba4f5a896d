from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from labelled_bands import ROAD, TREE, labelled_bands

from rtseg.errors import DatasetError
from rtseg.labels import IGNORE
from rtseg.models.feed import MEAN, STD, Deck, Feed, normalised
from rtseg.models.recipe import Phase, Recipe
from rtseg.source.dataset import Dataset

PHASE = Phase(1.0, 64, 96, 8)
RECIPE = Recipe(phases=(PHASE,))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return labelled_bands(tmp_path_factory.mktemp("bands"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return labelled_bands(tmp_path_factory.mktemp("other"), seed=1)


def test_every_picture_is_shown_once_before_any_is_shown_twice(dataset: Dataset) -> None:
    deck, rng = Deck(dataset), np.random.default_rng(0)
    shown = [int(index) for _ in range(5) for index in deck.deal(4, rng)]
    assert sorted(shown[:10]) == sorted(shown[10:]) == list(range(10))


def test_a_batch_has_pictures_truths_and_where_they_are_from(dataset: Dataset) -> None:
    batch = Feed(RECIPE, dataset).batch(PHASE)
    assert batch.pictures.shape == (8, 3, 64, 96)
    assert batch.pictures.is_contiguous(memory_format=torch.channels_last)
    assert batch.truths.shape == (8, 32, 48)
    assert set(batch.truths.unique().tolist()) <= {ROAD, TREE, 255}
    assert len(set(batch.files)) == 8


def test_extra_data_fills_its_share_of_every_batch(dataset: Dataset, other: Dataset) -> None:
    feed = Feed(replace(RECIPE, extra_share=0.25), dataset, other)
    root = str(other.samples[0].picture_path.parent)
    for _ in range(3):
        files = feed.batch(PHASE).files
        assert sum(file.startswith(root) for file in files) == 2
    assert feed.counts.sum() == 10 * 64 * 96  # the classes are balanced by the labelled data alone


def test_a_feed_goes_on_where_another_stood(dataset: Dataset, other: Dataset) -> None:
    recipe = replace(RECIPE, extra_share=0.5)
    first = Feed(recipe, dataset, other)
    first.batch(PHASE)
    second = Feed(recipe, dataset, other)
    second.go_on(first.state())
    a, b = first.batch(PHASE), second.batch(PHASE)
    assert a.files == b.files
    assert torch.equal(a.pictures, b.pictures)
    assert torch.equal(a.truths, b.truths)


def test_data_in_which_nothing_is_labelled_is_refused(dataset: Dataset) -> None:
    unlabelled = np.full(256, IGNORE, np.uint8)
    samples = tuple(replace(each, ids=unlabelled) for each in dataset.samples)
    with pytest.raises(DatasetError, match=r"camvid train has 10 pictures and no pixel"):
        Deck(replace(dataset, samples=samples))
    with pytest.raises(DatasetError, match=r"camvid train has 0 pictures"):
        Deck(replace(dataset, samples=()))


def test_pictures_are_normalised_channel_by_channel() -> None:
    pixel = np.array([[[[0, 128, 255]]]], np.uint8)
    expected = [
        (value - mean) / std for value, mean, std in zip((0, 128, 255), MEAN, STD, strict=True)
    ]
    assert normalised(pixel).flatten().tolist() == pytest.approx(expected)
