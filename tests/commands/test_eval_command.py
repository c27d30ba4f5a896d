from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from channel_model import BLUE, GREEN, HEIGHT, RED, WIDTH, channel_model, picture
from reading_pages import Page

from rtseg.commands import main
from rtseg.labels import CAMVID, IGNORE

SKY, BUILDING, POLE, ROAD, PAVEMENT = range(5)


def camvid(root, pictures):
    """pictures: name -> (picture, truth) of the test split; returns the reference."""
    for folder in ("test", "testannot"):
        (root / folder).mkdir(parents=True)
    for name, (image, truth) in pictures.items():
        cv2.imwrite(str(root / "test" / f"{name}.png"), image[..., ::-1])
        cv2.imwrite(str(root / "testannot" / f"{name}.png"), truth)
    return f"camvid:{root}"


def bands(*ids):
    return np.repeat(np.array(ids, np.uint8).repeat(WIDTH // len(ids))[None], HEIGHT, 0)


@pytest.fixture
def model(tmp_path):
    return channel_model(tmp_path / "channels")


@pytest.fixture
def data(tmp_path):
    """The engine will say sky, building, pole for red, green, blue.

    right: sky and building, as it is. half: building everywhere, of which it calls half a pole.
    """
    return camvid(
        tmp_path / "data",
        {
            "right": (picture(RED, GREEN), bands(SKY, BUILDING)),
            "half": (picture(GREEN, BLUE), bands(BUILDING, BUILDING)),
        },
    )


def call(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_the_numbers_worked_by_hand(capsys, model, data):
    code, out, _ = call(capsys, "eval", model, "--data", data, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["model"], found["backend"], found["precision"]) == (
        "channels",
        "openvino",
        "fp32",
    )
    assert (found["data"], found["split"], found["images"]) == ("camvid", "test", 2)
    # In half pictures: 1 of sky, right; 3 of building, 2 of them right and 1 called pole.
    assert list(found["per_class"]) == list(CAMVID.names)
    assert found["per_class"]["sky"] == 1
    assert found["per_class"]["building"] == 0.6667
    assert found["per_class"]["pole"] is None
    assert found["per_class"]["bicyclist"] is None
    assert found["per_class_accuracy"]["building"] == 0.6667
    assert found["given_to_absent_classes"] == 0.25
    assert found["miou"] == 0.8333
    assert found["pixel_accuracy"] == 0.75
    assert found["class_accuracy"] == 0.8333
    assert found["frequency_weighted_iou"] == 0.75
    assert found["boundary_f"] is None
    assert found["confusion"][BUILDING][:3] == [0, HEIGHT * WIDTH, HEIGHT * WIDTH // 2]
    assert [each["miou"] for each in found["worst"]] == [0.5, 1.0]
    assert found["worst"][0]["picture"].endswith("half.png")


def test_both_runtimes_measure_the_same(capsys, model, data):
    results = []
    for backend in ("openvino", "onnxruntime"):
        _, out, _ = call(capsys, "eval", model, "--data", data, "--backend", backend, "--json")
        results.append(json.loads(out) | {"backend": ""})
    assert results[0] == results[1]


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_a_model_is_measured_at_another_size_than_it_was_exported_for(capsys, model, data, backend):
    words = ("--size", f"{2 * HEIGHT}x{2 * WIDTH}", "--backend", backend, "--json")
    _, out, _ = call(capsys, "eval", model, "--data", data, *words)
    found = json.loads(out)
    assert found["network"] == [2 * HEIGHT, 2 * WIDTH]
    assert (found["images"], found["miou"]) == (2, 0.8333)


def test_every_second_picture_of_two_is_the_first(capsys, model, data):
    _, out, _ = call(capsys, "eval", model, "--data", data, "--every", "2", "--json")
    found = json.loads(out)
    assert (found["images"], found["pixel_accuracy"]) == (1, 0.5)  # "half" comes before "right"


def test_the_page_holds_the_numbers_and_the_worst_pictures(capsys, model, data, tmp_path):
    folder = tmp_path / "deep" / "report"
    code, out, _ = call(
        capsys, "eval", model, "--data", data, "--boundary", "-o", folder, "--worst", 1
    )
    assert code == 0
    assert str(folder / "index.html") in out
    assert "absent" in out
    report = json.loads((folder / "report.json").read_text())
    assert report["boundary_f"] == report["per_class_boundary_f"]["sky"] == 1
    page = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert all(reference.startswith("data:") for reference in page.references)
    for words in ("83.33 %", "half: mIoU 50.0 %", "channels", "bicyclist", "absent"):
        assert words in page.text
    assert "right: mIoU" not in page.text
    assert [alt for alt, _ in page.images] == ["picture", "truth", "prediction", "errors"]
    _, truth, prediction, errors = (image for _, image in page.images)
    assert truth[5, 20].tolist() == CAMVID.colors[BUILDING].tolist()
    assert prediction[5, 20].tolist() == CAMVID.colors[POLE].tolist()
    assert int(errors[5, 20, 0]) - int(errors[5, 20, 2]) > 100  # red
    assert abs(int(errors[5, 3, 0]) - int(errors[5, 3, 2])) < 30  # grey
    matrix = cv2.imread(str(folder / "confusion.png"))
    assert min(matrix.shape[:2]) > 11 * 40


def test_a_data_set_with_other_classes_is_translated(capsys, tmp_path):
    # Red, green, blue are road, sidewalk, building in the order of Cityscapes.
    model = channel_model(tmp_path / "city", labels="cityscapes19")
    truth = bands(ROAD, PAVEMENT, BUILDING)
    data = camvid(tmp_path / "data", {"a": (picture(RED, GREEN, BLUE), truth)})
    code, out, _ = call(capsys, "eval", model, "--data", data, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["labels"] == "cityscapes19"
    assert [found["per_class"][name] for name in ("road", "sidewalk", "building")] == [1, 1, 1]
    assert found["per_class"]["train"] is None


def test_a_label_map_with_problems_is_counted_and_named_or_stops(capsys, model, tmp_path):
    truth = bands(SKY, BUILDING)
    truth[0, 0] = 77
    data = camvid(tmp_path / "data", {"odd": (picture(RED, GREEN), truth)})
    code, out, err = call(capsys, "eval", model, "--data", data, "--json")
    assert code == 0
    assert json.loads(out)["label_problems"] == 1
    assert json.loads(out)["pixel_accuracy"] == 1
    assert "odd.png" in err
    code, out, err = call(capsys, "eval", model, "--data", data, "--strict")
    assert code == 3
    assert "odd.png" in err
    assert out == ""


def test_nothing_labelled_is_null_and_below_any_bar(capsys, model, tmp_path):
    truth = np.full((HEIGHT, WIDTH), 11, np.uint8)  # CamVid's "unlabelled"
    assert IGNORE not in truth
    data = camvid(tmp_path / "data", {"empty": (picture(RED), truth)})
    words = ("eval", model, "--data", data, "--json", "-o", tmp_path / "report")
    code, out, _ = call(capsys, *words)
    assert code == 0
    assert json.loads(out)["miou"] is None
    assert json.loads(out)["worst"] == []
    code, _, err = call(capsys, *words, "--min-miou", 0.1)
    assert code == 5
    assert "below the 0.1" in err


def test_a_checkpoint_is_measured_without_being_exported(capsys, data, tmp_path, monkeypatch):
    from rtseg.models.catalogue import CATALOGUE, Entry
    from rtseg.models.recipe import Recipe
    from rtseg.models.train import Trainer
    from rtseg.source.dataset import open_dataset

    sizes = {"widths": (8, 8, 16, 16), "depths": (1, 1, 1, 1), "decoder_width": 8}
    monkeypatch.setitem(CATALOGUE, "roadnet-xs", Entry("roadnet", "RoadNet", "a test", sizes))
    Trainer(Recipe(network="roadnet-xs"), open_dataset(data, "test"), tmp_path / "run").save()
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    words = ("eval", checkpoint, "--data", data, "--json")
    code, out, _ = call(capsys, *words, "--size", "64x96")
    found = json.loads(out)
    assert code == 0
    assert (found["backend"], found["precision"], found["images"]) == ("torch", "fp32", 2)
    assert sum(map(sum, found["confusion"])) == 2 * HEIGHT * WIDTH
    code, _, err = call(capsys, *words, "--size", "60x96")
    assert (code, "multiples of 32" in err) == (2, True)
    code, _, err = call(capsys, *words, "--precision", "int8")
    assert (code, "fp32 on torch alone" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["MODEL", "--size", "64"], 2, "is not HxW"),
        (["nowhere.pt"], 4, "there is no checkpoint"),
        (["nowhere.pt", "--size", "64"], 2, "is not HxW"),
        (["MODEL", "-o", "FILE/report"], 1, "cannot write into"),
        (["MODEL", "--backend", "abacus"], 2, "no backend named"),
    ],
)
def test_wrong_words_end_in_one_line(capsys, model, data, tmp_path, words, code, message):
    (tmp_path / "file").touch()
    places = {"MODEL": str(model), "FILE": str(tmp_path / "file")}
    for place, path in places.items():
        words = [word.replace(place, path) for word in words]
    found, out, err = call(capsys, "eval", *words, "--data", data)
    assert found == code
    assert message in err
    assert err.count("\n") == 1
    assert out == ""
