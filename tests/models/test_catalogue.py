from __future__ import annotations

import pytest

from rtseg.errors import UsageError
from rtseg.models.catalogue import CATALOGUE, entry


def test_entries_are_what_the_file_says_and_its_lists_cannot_be_changed() -> None:
    found = entry("stdc2-seg")
    assert (found.module, found.factory, found.options) == (
        "stdc",
        "STDCSeg",
        {"depths": (4, 5, 3)},
    )
    assert entry("ddrnet-23-slim").size == (1024, 2048)
    assert entry("roadlite-0").unquantized == ("encoder/conv_stem", "context")


def test_networks_are_listed_in_the_order_of_the_file() -> None:
    assert list(CATALOGUE)[:2] == ["roadnet-s", "roadnet-m"]


def test_every_published_figure_says_where_it_was_read() -> None:
    weighed = {name for name, each in CATALOGUE.items() if each.parameters or each.gmacs}
    assert len(weighed) > 20
    assert [name for name in weighed if not CATALOGUE[name].source] == []


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"'roadnet-l'.*roadnet-s, roadnet-m"):
        entry("roadnet-l")
