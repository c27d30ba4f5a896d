from __future__ import annotations

import json

import cv2
import pytest
from channel_model import BLUE, GREEN, RED, channel_model, picture
from reading_pages import Page

from rtseg.commands import main


@pytest.fixture
def models(tmp_path):
    """The second one takes red for blue and blue for red."""
    return channel_model(tmp_path / "right"), channel_model(tmp_path / "swapped", order="bgr")


@pytest.fixture
def footage(tmp_path):
    """Four pictures of 90 x 160 at 25 a second, of which 4, 0, 2 and 1 quarters are green."""
    folder = tmp_path / "footage"
    folder.mkdir()
    for index, columns in enumerate(
        [(GREEN, GREEN), (RED, BLUE), (GREEN, RED), (BLUE, BLUE, BLUE, GREEN)]
    ):
        wide = cv2.resize(picture(*columns), (160, 90), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(folder / f"{index}.png"), wide[..., ::-1])
    return folder


def call(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_the_numbers_worked_by_hand(capsys, models, footage):
    code, out, _ = call(capsys, "compare", *models, footage, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["a"] == {"model": "right", "backend": "openvino", "precision": "fp32"}
    assert found["b"]["model"] == "swapped"
    assert found["frames"] == 4
    assert found["compared_pixels"] == 1
    # Only green means the same: quarters of pictures 4 + 0 + 2 + 1 of 16.
    assert found["agreement"] == round(7 / 16, 4)
    assert found["per_class"]["building"] == {"iou": 1.0, "share_a": 0.4375, "share_b": 0.4375}
    # Sky is 2 + 2 quarters to A, 2 + 3 to B, never the same ones.
    assert found["per_class"]["sky"] == {"iou": 0.0, "share_a": 0.25, "share_b": 0.3125}
    assert found["per_class"]["road"] == {"iou": None, "share_a": 0.0, "share_b": 0.0}
    # All four lie within one second, so one is named.
    assert found["worst"] == [{"index": 1, "pts": 0.04, "agreement": 0.0}]


def test_frames_can_be_skipped_and_limited(capsys, models, footage):
    words = ("compare", *models, footage, "--json")
    _, out, _ = call(capsys, *words, "--every", 2)
    assert json.loads(out)["frames"] == 2
    assert json.loads(out)["agreement"] == 6 / 8
    _, out, _ = call(capsys, *words, "--every", 2, "--limit", 1)
    assert json.loads(out)["agreement"] == 1


def test_precision_and_backend_are_part_of_the_name(capsys, models, footage):
    code, out, _ = call(
        capsys,
        "compare",
        f"{models[0]}:fp32@openvino",
        f"{models[0]}:fp32@onnxruntime",
        footage,
        "--json",
        "--min-agreement",
        1,
    )
    found = json.loads(out)
    assert code == 0
    assert (found["a"]["backend"], found["b"]["backend"]) == ("openvino", "onnxruntime")
    assert found["agreement"] == 1
    assert found["worst"] == []
    assert sum(each["iou"] == 1 for each in found["per_class"].values()) == 3


def test_the_page_shows_where_they_differ(capsys, models, footage, tmp_path):
    folder = tmp_path / "report"
    code, out, _ = call(capsys, "compare", *models, footage, "-o", folder)
    assert code == 0
    assert "agreement 43.75 %" in out
    assert str(folder / "index.html") in out
    page = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert all(reference.startswith("data:") for reference in page.references)
    for words in ("43.75 %", "frame 1, 0.04 s: agreement 0.0 %", "right", "swapped"):
        assert words in page.text
    assert [alt for alt, _ in page.images] == ["picture", "A", "B", "differences"]
    assert {image.shape[:2] for _, image in page.images} == {(90, 160)}
    assert json.loads((folder / "report.json").read_text())["agreement"] == 0.4375


def test_too_little_agreement_is_exit_5(capsys, models, footage):
    code, out, err = call(capsys, "compare", *models, footage, "--min-agreement", 0.9)
    assert code == 5
    assert "agreement 43.75 %, below the 0.9 asked for" in err
    assert "building" in out


def test_models_of_two_label_sets_are_translated(capsys, models, footage, tmp_path):
    city = channel_model(tmp_path / "city", labels="cityscapes19")
    _, out, _ = call(capsys, "compare", models[0], city, footage, "--json")
    found = json.loads(out)
    # To the second one blue is building, which to the first one is green.
    assert found["labels"] == "camvid11"
    assert found["per_class"]["building"]["share_b"] == round(5 / 16, 4)
    assert found["agreement"] == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["A", "nothing", "FOOTAGE"], 4, "no model named 'nothing'"),
        (["A:int7", "A", "FOOTAGE"], 2, "has no precision 'int7'"),
        (["A:fp32@abacus", "A", "FOOTAGE"], 2, "no backend named 'abacus'"),
        ([":fp32", "A", "FOOTAGE"], 2, "names no model"),
        (["A", "A", "/nowhere.mp4"], 3, "nowhere.mp4"),
        (["A", "OTHER", "FOOTAGE"], 2, "no class in common"),
        (["A", "gone.pt:int8", "FOOTAGE"], 2, "fp32 on torch alone"),
        (["A", "A", "FOOTAGE", "--size", "64x96"], 2, "neither A nor B is a checkpoint"),
    ],
)
def test_wrong_words_end_in_one_line(capsys, models, footage, tmp_path, words, code, message):
    other = channel_model(tmp_path / "lanes", labels="bdd_drivable3")
    places = {"A": str(models[0]), "FOOTAGE": str(footage), "OTHER": str(other)}
    names = [word.partition(":") for word in words]
    given = [places.get(name, name) + colon + how for name, colon, how in names]
    found, out, err = call(capsys, "compare", *given)
    assert found == code, err
    assert message in err
    assert err.count("\n") == 1
    assert out == ""
