from __future__ import annotations

import json
from pathlib import Path

import pytest

from rtseg.errors import UsageError
from rtseg.models.catalogue import CATALOGUE
from rtseg.models.imagenet import PACKAGES
from rtseg.models.recipe import Phase, Recipe, as_json, find_recipe, from_json, recipe_names


def test_every_shipped_recipe_is_whole() -> None:
    assert "roadlite-camvid" in recipe_names()
    for name in recipe_names():
        recipe = find_recipe(name)
        assert recipe.network in CATALOGUE
        assert not recipe.encoder or recipe.encoder in PACKAGES
        assert all(phase.height % 32 == phase.width % 32 == 0 for phase in recipe.phases)


def test_a_file_is_read_and_options_win_over_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'network = "enet"\nsteps = 9\nscale = [1, 2]\n'
        "phases = [{ until = 1.0, height = 32, width = 64, batch = 3 }]\n"
        "[losses]\ndice = 0.5\n"
    )
    recipe = find_recipe(str(path), steps=None, seed=7)
    assert (recipe.network, recipe.steps, recipe.seed) == ("enet", 9, 7)
    assert (recipe.scale, recipe.losses) == ((1.0, 2.0), {"dice": 0.5})
    assert recipe.phases == (Phase(1.0, 32, 64, 3),)


def test_a_network_alone_is_a_recipe_of_defaults() -> None:
    assert find_recipe("roadnet-s") == Recipe(network="roadnet-s")
    sizes = [(each.height, each.width) for each in find_recipe("ffnet-40s").phases]
    assert sizes == [(256, 384), (384, 512)]  # 352 and 480 are no multiples of 64


def test_a_recipe_survives_the_checkpoint() -> None:
    recipe = find_recipe("roadlite-camvid")
    assert from_json(json.loads(json.dumps(as_json(recipe)))) == recipe


def test_neither_a_recipe_nor_a_network_is_refused() -> None:
    with pytest.raises(UsageError, match="no network named 'roadnet'"):
        find_recipe("roadnet")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("learning_rte = 1.0", "no 'learning_rte'"),
        ("phases = [{ until = 1.0, heigth = 1 }]", "not well formed.*heigth"),
        ("phases = [{ until = 0.5, height = 32, width = 32, batch = 2 }]", "last phase"),
        ('schedule = "step"', "neither 'poly' nor 'one-cycle'"),
        ("phases = [{ until = 1.0, height = 32, width = 32, batch = 1 }]", "batch of at least 2"),
        ("phases = [{ until = 1.0, height = 0, width = 32, batch = 2 }]", "2 crops of 0x32"),
        ("scale = [2.0, 0.5]", "in order"),
        ("scale = [0, 1]", "above 0"),
        ("extra_share = 1.0", "below 1"),
        ("steps = 0", "at least 1, not 0"),
        ("steps = ", "cannot read the recipe"),
    ],
)
def test_a_recipe_that_cannot_run_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        find_recipe(str(path))


def test_a_phase_lasts_until_its_share_of_the_steps() -> None:
    recipe = Recipe(phases=(Phase(0.5, 32, 64, 4), Phase(1.0, 64, 96, 4)))
    assert recipe.phase(0.49).height == 32
    assert recipe.phase(0.5).height == 64
    assert recipe.phase(1.0).height == 64
