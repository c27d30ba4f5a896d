from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.errors import UsageError
from rtseg.labels import CAMVID
from rtseg.zones.description import read_zones
from rtseg.zones.zone import Rule

ZONE = '[[zone]]\nname = "way"\npolygon = [[0.4, 0.6], [0.6, 0.6], [0.9, 1], [0.1, 1]]\n'
RULE = '[[zone.rule]]\nname = "person"\nclasses = ["pedestrian", "bicyclist"]\nshare = 0.01\n'
FREE = '[free_space]\nfree = ["road"]\n'
CAMERA = '[camera]\nheight_m = 1.3\nsize = "720x1280"\nfx = 1000\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "zones.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_that_is_written_is_meant(tmp_path: Path) -> None:
    text = (
        f"{ZONE}{RULE}leave = 0.002\nseconds = 0.1\ngone_seconds = 2\n{FREE}"
        f'bearings = 5\nwidest = 60\nstart = [0.5, 0.9]\n{CAMERA}fy = 900\npitch_degrees = 90e-1\n'
    )  # fmt: skip
    zones = read_zones(written(tmp_path, text), CAMVID)
    (zone,) = zones.zones
    assert (zone.name, zone.polygon.points[2]) == ("way", (0.9, 1))
    assert zone.rules == (Rule("person", (9, 10), 0.01, 0.002, Fraction(1, 10), Fraction(2)),)
    assert zones.free_space is not None
    assert zones.free_space.ids == (3,)
    assert zones.free_space.degrees == (-60, -30, 0, 30, 60)
    assert zones.free_space.start == (0.5, 0.9)
    ground = zones.free_space.ground
    assert ground is not None
    assert (ground.fx, ground.fy, ground.cx, ground.cy) == (1000, 900, 639.5, 359.5)
    assert ground.pitch == pytest.approx(0.15708, abs=1e-5)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    zones = read_zones(written(tmp_path, ZONE + RULE + FREE), CAMVID)
    assert zones.zones[0].rules[0] == Rule(
        "person", (9, 10), 0.01, 0.005, Fraction(3, 10), Fraction(1, 2)
    )
    assert zones.free_space is not None
    assert len(zones.free_space.degrees) == 31
    assert zones.free_space.degrees[::15] == (-75, 0, 75)
    assert (zones.free_space.start, zones.free_space.ground) == ((0.5, 1.0), None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "neither a [[zone]] nor [free_space] in it"),
        ("[[zone", "zones.toml': "),
        (ZONE.replace("[0.6, 0.6], [0.9, 1]", "[0.9, 1], [0.6, 0.6]"), "zone 'way': its edges"),
        (ZONE.replace("0.9, 1]", "1.9, 1]"), "zone 'way': the point [1.9, 1] is outside"),
        (ZONE.replace("[0.9, 1]", "[0.9]"), "polygon must be [x, y], not"),
        (ZONE.replace("0.9, 1]", "nan, 1]"), "polygon must be a number of a size"),
        (ZONE.replace("0.9, 1]", "1" + 400 * "0" + ", 1]"), "polygon must be a number of a size"),
        ("zone = " + 9999 * "[", "recursion"),
        (ZONE.replace("polygon", "polygone"), "no key 'polygone'; it has: name, polygon, rule"),
        (ZONE.replace('"way"', '""'), "name must be text that is not empty"),
        ('[[zone]]\nname = "way"\n', "zone 'way': polygon is missing"),
        (ZONE + ZONE, "two of the name 'way': each zone needs its own"),
        (ZONE + RULE + RULE, "two of the name 'person': each rule needs its own"),
        (ZONE + RULE.replace("bicyclist", "tram"), "rule 'person' of zone 'way': the model has no "
         "class 'tram'; it has: sky, building"),
        (ZONE + RULE.replace('["pedestrian", "bicyclist"]', "[]"), "classes must be a list"),
        (ZONE + RULE + "leave = 0.02", "needs 0 < leave <= share <= 1, not 0.02 and 0.01"),
        (ZONE + RULE + "seconds = -1", "seconds must be 0 seconds or more, not -1"),
        (ZONE + RULE.replace("0.01", "true"), "share must be a number, not True"),
        ("zone = 3", "must be written as a [[zone]]"),
        ("zone = [3]", "a [[zone]] must be a table, not 3"),
        (FREE.replace("road", "lane"), "[free_space]: the model has no class 'lane'"),
        (FREE + "bearings = 2", "3 to 721 bearings"),
        (FREE + "bearings = 3.5", "bearings must be a whole number, not 3.5"),
        (FREE + "start = [0.5, 1.5]", "start is outside the picture"),
        (ZONE + CAMERA, "[camera] gives metres to [free_space], which is missing"),
        (FREE + CAMERA.replace("720x1280", "720"), 'size must be "HEIGHTxWIDTH", not \'720\''),
        (FREE + CAMERA.replace("1.3", "-1.3"), "needs height_m, fx and fy above 0"),
        (FREE + CAMERA.replace("fx = 1000", ""), "[camera]: fx is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_one_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_zones(written(tmp_path, text), CAMVID)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "zones.toml" in str(caught.value)


WHOLE = f"{ZONE}{RULE}leave = 0.002\nseconds = 0.1\n{FREE}bearings = 5\n{CAMERA}cx = 3\n"


@settings(max_examples=100, deadline=None)
@given(
    at=st.integers(0, len(WHOLE) - 1),
    cut=st.integers(0, 12),
    put=st.text('abc."=[]{}#\n\\0189-+e_xinfat, ', max_size=8),
)
def test_no_damage_to_the_file_is_more_than_a_line(
    at: int, cut: int, put: str, *, scratch: Path
) -> None:
    path = written(scratch, WHOLE[:at] + put + WHOLE[at + cut :])
    said = ""
    try:
        assert read_zones(path, CAMVID).labels is CAMVID
    except UsageError as error:
        said = str(error)
    assert "\n" not in said


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zones")


def test_a_missing_or_binary_file_is_a_line_too(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the zones .*: No such file"):
        read_zones(tmp_path / "none.toml", CAMVID)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"binary\.toml"):
        read_zones(tmp_path / "binary.toml", CAMVID)
