"""What is known of authors' weights fits the networks and the label sets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rtseg.errors import UsageError
from rtseg.labels import label_set
from rtseg.models.catalogue import entry
from rtseg.models.published import PUBLISHED, published


def test_every_fact_fits_its_network_and_its_label_set() -> None:
    facts = [(labels, each) for sets in PUBLISHED.values() for labels, each in sets.items()]
    assert len(facts) >= 8
    for labels, each in facts:
        multiple = entry(each.network).multiple
        assert each.spec.labels == labels
        assert each.outputs - len(label_set(labels)) in (0, 1)
        assert (each.spec.height % multiple, each.spec.width % multiple) == (0, 0)


def test_cgnet_takes_the_mean_of_blue_from_red() -> None:
    spec = published("cgnet").spec
    assert spec.channel_order == "rgb"
    assert spec.mean == (110.26, 108.35, 104.96)  # of the training set, in the order B G R
    assert spec.std == (1, 1, 1)


def test_espnet_divides_by_255_after_normalising() -> None:
    spec = published("espnet", "camvid11").spec
    assert spec.channel_order == "bgr"
    blue = (200 - spec.mean[0]) / spec.std[0]
    assert blue == pytest.approx((200 - 110.26) / 78.4 / 255)


def test_the_label_set_chooses_among_an_authors_weights() -> None:
    assert published("espnet").network == "espnet"
    assert published("espnet", "cityscapes19").network == "espnet-cityscapes"


def test_unknown_words_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'roadnet-m' are known; there are: cgnet, espnet"):
        published("roadnet-m")
    with pytest.raises(UsageError, match=r"cgnet for 'voc21' are known; there are: camvid11"):
        published("cgnet", "voc21")


def test_the_facts_need_no_torch() -> None:
    code = "import sys, rtseg.models.published; raise SystemExit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
