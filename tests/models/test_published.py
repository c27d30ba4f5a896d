"""What is known of authors' weights fits the networks and the label sets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from rtseg.errors import UsageError
from rtseg.labels import label_set
from rtseg.models.catalogue import entry
from rtseg.models.published import PUBLISHED, published


def test_every_fact_fits_its_network_and_its_label_set() -> None:
    facts = [(labels, each) for sets in PUBLISHED.values() for labels, each in sets.items()]
    assert len(facts) >= 28
    for labels, each in facts:
        multiple = entry(each.network).multiple
        assert each.spec.labels == labels
        assert each.outputs - len(label_set(labels)) in (0, 1)
        assert (each.spec.height % multiple, each.spec.width % multiple) == (0, 0)
        assert each.order == () or sorted(each.order) == list(range(each.outputs))


IMAGENET = (
    *("ddrnet-23-slim", "ddrnet-23", "pidnet-s", "pidnet-m", "pidnet-l", "stdc1-seg", "stdc2-seg"),
    *("fast-scnn", "icnet", "regseg", "ffnet-40s", "ffnet-78s"),
)
THREE_QUARTERS = ("stdc1-seg", "stdc2-seg")


@pytest.mark.parametrize("name", IMAGENET)
def test_many_authors_test_whole_pictures_normalised_as_imagenets(name: str) -> None:
    spec = published(name, "cityscapes19").spec
    size = (768, 1536) if name in THREE_QUARTERS else (1024, 2048)
    assert (spec.height, spec.width, spec.channel_order) == (*size, "rgb")
    assert spec.mean == pytest.approx([255 * each for each in (0.485, 0.456, 0.406)])
    assert spec.std == pytest.approx([255 * each for each in (0.229, 0.224, 0.225)])


@pytest.mark.parametrize(
    ("name", "size", "mean", "std"),
    [
        # Of 0..1, R G B, as lib/data/cityscapes_cv2.py of CoinCheung's BiSeNet says.
        ("bisenet-r18", (1024, 2048), (0.3257, 0.3690, 0.3223), (0.2112, 0.2148, 0.2115)),
        ("bisenetv2", (1024, 2048), (0.3257, 0.3690, 0.3223), (0.2112, 0.2148, 0.2115)),
        # PaddleSeg's Normalize by default, and three quarters of Cityscapes.
        ("pp-liteseg-t", (768, 1536), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ("pp-liteseg-b", (768, 1536), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ],
)
def test_other_normalisations_are_as_their_programs_say(
    name: str, size: tuple[int, int], mean: Sequence[float], std: Sequence[float]
) -> None:
    spec = published(name).spec
    assert (spec.height, spec.width) == size
    assert spec.channel_order == "rgb"
    assert spec.mean == pytest.approx([255 * each for each in mean])
    assert spec.std == pytest.approx([255 * each for each in std])


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


@pytest.mark.parametrize(
    ("labels", "size", "bgr"),
    [
        # The float32 "mean" in dataset/inform/*.pkl of DABNet.
        ("cityscapes19", (1024, 2048), (72.3924026, 82.9090195, 73.1583252)),
        ("camvid11", (360, 480), (105.6577530, 103.3298340, 99.6254044)),
    ],
)
def test_dabnet_takes_the_mean_off_before_channels_change_places(
    labels: str, size: tuple[int, int], bgr: Sequence[float]
) -> None:
    spec = published("dabnet", labels).spec
    assert (spec.height, spec.width, spec.channel_order) == (*size, "rgb")
    assert spec.mean == pytest.approx(bgr[::-1], abs=1e-6)
    assert spec.std == (1, 1, 1)


@pytest.mark.parametrize("name", ["pidnet-s", "pidnet-m"])
def test_pidnets_camvid_classes_are_found_again_by_their_colours(name: str) -> None:
    facts = published(name, "camvid11")
    theirs = [  # color_list of PIDNet's datasets/camvid.py
        [0, 128, 192],
        [128, 0, 0],
        [64, 0, 128],
        [192, 192, 128],
        [64, 64, 128],
        [64, 64, 0],
        [128, 64, 128],
        [0, 0, 192],
        [192, 128, 128],
        [128, 128, 128],
        [128, 128, 0],
    ]
    assert (facts.spec.height, facts.spec.width) == (720, 960)
    assert [theirs[output] for output in facts.order] == label_set("camvid11").colors.tolist()


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
