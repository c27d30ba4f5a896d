from __future__ import annotations

import numpy as np
import pytest

from rtseg.errors import UsageError
from rtseg.labels import (
    ADE,
    BDD_DRIVABLE,
    CAMVID,
    CITYSCAPES,
    COCO_STUFF,
    CONTEXT_59,
    CONTEXT_60,
    IGNORE,
    LABEL_SETS,
    VISTAS_65,
    VISTAS_123,
    VOC,
    LabelSet,
    label_set,
    translation,
)
from rtseg.translations import TRANSLATIONS

# Typed off the published tables, not off the module.
CITYSCAPES_TABLE = (
    "road 128 64 128, sidewalk 244 35 232, building 70 70 70, wall 102 102 156, "
    "fence 190 153 153, pole 153 153 153, traffic light 250 170 30, traffic sign 220 220 0, "
    "vegetation 107 142 35, terrain 152 251 152, sky 70 130 180, person 220 20 60, "
    "rider 255 0 0, car 0 0 142, truck 0 0 70, bus 0 60 100, train 0 80 100, "
    "motorcycle 0 0 230, bicycle 119 11 32"
)
CAMVID_TABLE = (
    "sky 128 128 128, building 128 0 0, pole 192 192 128, road 128 64 128, pavement 0 0 192, "
    "tree 128 128 0, sign 192 128 128, fence 64 64 128, car 64 0 128, pedestrian 64 64 0, "
    "bicyclist 0 128 192"
)
BDD_TABLE = "background 0 0 0, drivable 0 255 0, lane line 255 0 0"
VOC_NAMES = (
    "background aeroplane bicycle bird boat bottle bus car cat chair cow dining_table dog horse "
    "motorbike person potted_plant sheep sofa train tv_monitor"
)

# As published: road and skyscraper in ADE20K; marks, lights, signs and groups in Vistas 2.0.
SHARED_COLORS = {"ade150": 1, "vistas123": 25}


@pytest.mark.parametrize(
    ("labels", "table"),
    [(CITYSCAPES, CITYSCAPES_TABLE), (CAMVID, CAMVID_TABLE), (BDD_DRIVABLE, BDD_TABLE)],
    ids=lambda each: each.name if isinstance(each, LabelSet) else "",
)
def test_a_palette_is_the_published_one(labels: LabelSet, table: str) -> None:
    rows = [row.rsplit(" ", 3) for row in table.split(", ")]
    assert labels.names == tuple(row[0] for row in rows)
    assert labels.colors.tolist() == [[int(value) for value in row[1:]] for row in rows]


def test_the_voc_palette_is_the_devkits_bitwise_map() -> None:
    assert VOC.names == tuple(name.replace("_", " ") for name in VOC_NAMES.split())
    assert VOC.colors.tolist() == [_voc_color(index) for index in range(21)]


@pytest.mark.parametrize(("labels", "first"), [(CONTEXT_60, 0), (CONTEXT_59, 1), (COCO_STUFF, 1)])
def test_sets_without_published_colors_take_the_devkits(labels: LabelSet, first: int) -> None:
    assert labels.colors.tolist() == [_voc_color(first + index) for index in range(len(labels))]


def test_the_long_tables_have_the_published_classes_in_the_published_places() -> None:
    # SceneParse150 counts from 1: 1 wall, 7 road, 21 car, 150 flag.
    assert [ADE.names[index - 1] for index in (1, 7, 21, 150)] == ["wall", "road", "car", "flag"]
    assert ADE.colors[[6, 20]].tolist() == [[140, 140, 140], [0, 102, 200]]
    # 80 things, then 91 stuff classes in alphabetical order.
    assert COCO_STUFF.names[79:81] == ("toothbrush", "banner")
    assert list(COCO_STUFF.names[80:]) == sorted(COCO_STUFF.names[80:])
    assert list(CONTEXT_59.names) == sorted(CONTEXT_59.names)
    assert CONTEXT_60.names == ("background", *CONTEXT_59.names)
    assert (VISTAS_65.names[13], VISTAS_65.names[64]) == (
        "construction--flat--road",
        "void--ego-vehicle",
    )
    assert (VISTAS_123.names[21], VISTAS_123.names[122]) == (
        "construction--flat--road",
        "void--static",
    )


def test_vistas_draws_what_cityscapes_has_too_in_its_colors() -> None:
    same = {"nature--sky": "sky", "object--vehicle--car": "car", "nature--terrain": "terrain"}
    for ours, theirs in same.items():
        color = CITYSCAPES.colors[CITYSCAPES.names.index(theirs)].tolist()
        for labels in (VISTAS_65, VISTAS_123):
            assert labels.colors[labels.names.index(ours)].tolist() == color


@pytest.mark.parametrize("name", LABEL_SETS)
def test_a_label_set_can_be_found_by_its_name_and_tells_its_classes_apart(name: str) -> None:
    labels = label_set(name)
    assert labels.name == name
    colors = len(np.unique(labels.colors, axis=0))
    assert len(labels) == len(set(labels.names)) == colors + SHARED_COLORS.get(name, 0)
    assert len(labels) <= IGNORE


def test_a_palette_cannot_be_painted_over() -> None:
    with pytest.raises(ValueError, match="read-only"):
        CAMVID.colors[0] = 0


def test_an_unknown_label_set_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'camvid12'.*camvid11.*cityscapes19.*voc21"):
        label_set("camvid12")


def test_names_and_colors_must_match() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(1, 3\)"):
        LabelSet("two", ("a", "b"), np.zeros((1, 3), np.uint8), "nobody")


def test_cityscapes_is_the_table_of_its_authors() -> None:
    official = pytest.importorskip("cityscapesscripts.helpers.labels")
    rows = [each for each in official.labels if each.trainId in range(19)]
    rows.sort(key=lambda each: each.trainId)
    assert len(rows) == 19
    assert tuple(each.name for each in rows) == CITYSCAPES.names
    assert [list(each.color) for each in rows] == CITYSCAPES.colors.tolist()


def test_cityscapes_reads_as_camvid() -> None:
    table = translation("cityscapes19", "camvid11")
    # road sidewalk building wall fence pole light sign vegetation terrain sky
    assert table[:11].tolist() == [3, 4, 1, 1, 7, 2, 6, 6, 5, 5, 0]
    # person rider car truck bus train motorcycle bicycle
    assert table[11:19].tolist() == [9, 10, 8, 8, 8, 8, 10, 10]
    assert (table[19:] == IGNORE).all()
    assert (table.shape, table.dtype) == ((256,), np.uint8)


@pytest.mark.parametrize("name", LABEL_SETS)
def test_a_set_reads_as_itself(name: str) -> None:
    classes = len(label_set(name))
    table = translation(name, name)
    assert table[:classes].tolist() == list(range(classes))
    assert (table[classes:] == IGNORE).all()


@pytest.mark.parametrize(("source", "target"), TRANSLATIONS)
def test_every_name_of_a_translation_is_a_class(source: str, target: str) -> None:
    pairs = TRANSLATIONS[source, target]
    assert pairs.keys() <= set(label_set(source).names)
    assert set(pairs.values()) <= set(label_set(target).names)


def test_what_reads_as_a_class_and_back_is_that_class_again() -> None:
    there, back = translation("camvid11", "cityscapes19"), translation("cityscapes19", "camvid11")
    names = [CAMVID.names[back[there[index]]] for index in range(10)]
    assert names == list(CAMVID.names[:10])
    assert there[10] == IGNORE  # rider or bicycle: neither


def test_sets_without_a_table_are_translated_by_way_of_cityscapes() -> None:
    table = translation("voc21", "camvid11")
    found = {VOC.names[i]: CAMVID.names[table[i]] for i in range(21) if table[i] != IGNORE}
    assert found == {
        "bicycle": "bicyclist",
        "bus": "car",
        "car": "car",
        "motorbike": "bicyclist",
        "person": "pedestrian",
        "train": "car",
    }


def test_sets_without_a_common_class_are_refused() -> None:
    with pytest.raises(UsageError, match=r"voc21 and bdd_drivable3 have no class in common"):
        translation("voc21", "bdd_drivable3")


def _voc_color(index: int) -> list[int]:
    """The bits of the index, dealt to R, G, B in turn, from the highest bit of each down."""
    return [
        sum((index >> (3 * k + channel) & 1) << (7 - k) for k in range(3)) for channel in range(3)
    ]
