import json
import re
import shutil
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from road_clip import decoded

from rtseg.commands import main
from rtseg.labels import LABEL_SETS
from rtseg.source.road import RoadSource


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Four views of the synthetic road in CamVid's layout, with their exact truth."""
    root = tmp_path_factory.mktemp("camvid")
    for split in ("train", "test"):
        for kind in (split, f"{split}annot"):
            (root / kind).mkdir()
        with RoadSource(height=180, width=240, seed=len(split)) as road:
            for index in range(0, 200, 50):
                name = f"{index:03d}.png"
                bgr = cv2.cvtColor(road.picture(index), cv2.COLOR_RGB2BGR)
                cv2.imwrite(str(root / split / name), bgr)
                cv2.imwrite(str(root / f"{split}annot" / name), road.truth(index))
    return root


def call(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def one_line(text):
    return " ".join(text.split())


def test_eval_measures_the_shipped_engine(capsys, labelled):
    code, out, _ = call(capsys, "eval", "--data", f"camvid:{labelled}", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["images"], found["precision"], found["split"]) == (4, "int8", "test")
    assert 0.2 < found["miou"] < 1
    assert 0.5 < found["pixel_accuracy"] < 1
    assert found["per_class"]["road"] > 0.5
    assert next(iter(found["per_class"])) == "sky"


def test_eval_prints_a_table_for_people(capsys, labelled):
    code, out, _ = call(capsys, "eval", "--data", f"camvid:{labelled}", "--limit", 1)
    assert code == 0
    assert "mIoU" in out
    assert "pedestrian" in out


def test_eval_below_the_bar_is_exit_5(capsys, labelled):
    words = ("eval", "--data", f"camvid:{labelled}", "--limit", 1, "--min-miou", 0.99)
    code, _, err = call(capsys, *words)
    assert code == 5
    assert "below the 0.99 asked for" in err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["eval"], 2, "--data NAME:DIR"),
        (["eval", "--data", "mars:x"], 2, "NAME one of camvid"),
        (["eval", "--data", "camvid:/nowhere"], 3, "there is no folder"),
        (["eval", "nothing", "--data", "camvid:x"], 4, "no model named"),
        (["models", "nothing"], 4, "no model named"),
        (["train", "no-net", "--data", "camvid:DATA", "--split", "test", "-o", "x"], 2, "roadnet"),
        (["export", "none.pt", "--data", "camvid:DATA", "-o", "x"], 4, "no checkpoint"),
        (["train", "roadnet-s", "--data", "camvid:DATA", "--device", "tpu", "-o", "x"], 2, "cuda"),
        (["eval", "--data", "camvid:DATA", "--min-miou", "65.6"], 2, "--min-miou"),
        (["runn", "x"], 2, "runn"),
    ],
)
def test_wrong_words_end_in_one_line(capsys, labelled, tmp_path, monkeypatch, words, code, message):
    monkeypatch.chdir(tmp_path)
    found, out, err = call(capsys, *[word.replace("DATA", str(labelled)) for word in words])
    assert found == code
    assert message in err
    assert out == ""


def test_models_lists_the_default_with_its_licence_and_accuracy(capsys):
    _, out, _ = call(capsys, "models")
    assert "roadlite-camvid (default)" in out
    assert "int8" in out
    _, out, _ = call(capsys, "models", "roadlite-camvid")
    for words in ("licence", "camvid train+val: 468", "mIoU on camvid test (233 images)"):
        assert words in out
    _, out, _ = call(capsys, "models", "--json")
    assert json.loads(out)["models"][0]["spec"]["labels"] == "camvid11"


def test_demo_writes_a_video_a_picture_and_statistics(capsys, tmp_path):
    code, out, _ = call(capsys, "demo", "-o", tmp_path, "--frames", 12)
    assert code == 0
    assert len(decoded(tmp_path / "road_overlay.mp4")) == 12
    picture = cv2.imread(str(tmp_path / "road.png"))
    assert picture.shape == (720, 1280, 3)
    assert len(np.unique(picture)) > 100
    assert len((tmp_path / "stats.csv").read_text().splitlines()) == 13
    assert "rtseg run YOUR_VIDEO.mp4" in out


def test_train_export_eval_run_is_one_way(capsys, labelled, tmp_path, monkeypatch):
    data = f"camvid:{labelled}"
    run = tmp_path / "run"
    words = ("train", "roadnet-s", "--data", data, "-o", run, "--steps", 2)
    code, _, err = call(capsys, *words)
    assert code == 0
    assert "step 2/2" in err
    code, _, err = call(capsys, *words)
    assert "from step 2 to 2" in err
    assert len((run / "log.jsonl").read_text().splitlines()) == 1
    monkeypatch.setattr("rtseg.engine.gate.LEAST_CLASSES", 1)  # two steps teach nobody
    model = tmp_path / "mine"
    code, out, err = call(
        capsys, "export", run / "checkpoint.pt", "--data", data, "-o", model, "--size", "64x96",
        "--calibration", 8, "--licence", "CC0-1.0", "--made-by", "rtseg train ...",
        "--min-agreement", 0,
    )  # fmt: skip
    assert code == 0, err
    assert "INT8 agrees with FP32" in out
    manifest = json.loads((model / "manifest.json").read_text())
    assert manifest["spec"]["height"] == 64
    assert {each["precision"] for each in manifest["accuracy"]} == {"fp32", "int8"}
    code, out, _ = call(capsys, "run", "test://road?size=64x96&frames=3", "-o", "null", "-m", model)
    assert code == 0
    assert "mine" in out
    words = ("train", "roadnet-s", "--data", data, "--from", model, "-o", tmp_path / "tuned")
    code, _, err = call(capsys, *words, "--steps", 1)
    assert code == 0, err
    assert "so fresh: auxiliary.0.0, auxiliary.1" in one_line(err)  # in no exported graph
    code, _, err = call(capsys, *words, "--steps", 1)
    assert code == 0, err
    assert "from step 1 to 1" in err
    assert "fresh" not in err  # what was trained stays
    code, _, err = call(capsys, *words[:5], "mien", "-o", tmp_path / "none")
    assert (code, "no model named 'mien'" in err) == (4, True)


def test_an_int8_that_disagrees_is_left_out_and_the_rest_is_kept(capsys, labelled, tmp_path):
    run, model = tmp_path / "run", tmp_path / "mine"
    data = f"camvid:{labelled}"
    call(capsys, "train", "roadnet-s", "--data", data, "-o", run, "--steps", 1)
    words = ("export", run / "checkpoint.pt", "--data", data, "-o", model)
    code, _, err = call(capsys, *words, "--size", "9")
    assert (code, "multiples of 32" in err) == (2, True)
    code, _, err = call(capsys, *words, "--size", "64x96", "--split", "mars")
    assert (code, "no split 'mars'" in err) == (2, True)
    assert not model.exists()
    words = (*words, "--size", "64x96")
    code, out, _ = call(capsys, *words, "--calibration", 8, "--min-agreement", 1)
    assert code == 0
    assert "INT8 was refused" in out
    assert sorted(path.name for path in model.iterdir()) == ["manifest.json", "model.onnx"]
    manifest = json.loads((model / "manifest.json").read_text())
    assert list(manifest["files"]) == ["fp32"]
    assert [each["precision"] for each in manifest["accuracy"]] == ["fp32"]


def test_ctrl_c_ends_training_after_its_step_and_nothing_is_lost(labelled, tmp_path):
    words = ("train", "roadnet-s", "--data", f"camvid:{labelled}", "-o", str(tmp_path))
    child = subprocess.Popen(
        [sys.executable, "-m", "rtseg", *words, "--steps", "100000"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    assert "from step 0 to 100000" in child.stderr.readline()
    child.send_signal(signal.SIGINT)
    rest = child.stderr.read()
    child.wait(60)
    child.stderr.close()
    assert child.returncode == 130
    assert "Traceback" not in rest
    said = re.search(r"step (\d+) is in", " ".join(rest.split()))
    assert said, rest
    step = int(said[1])
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == step


def test_kill_minus_9_and_the_same_command_again_end_where_an_unbroken_run_ends(labelled, tmp_path):
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        'network = "roadnet-s"\nsteps = 40\n'
        "phases = [{ until = 1.0, height = 32, width = 64, batch = 2 }]\n"
    )

    def command(folder):
        options = ["--data", f"camvid:{labelled}", "--threads", "1", "--save-every", "0"]
        return [sys.executable, "-m", "rtseg", "train", str(recipe), *options, "-o", str(folder)]

    subprocess.run(command(tmp_path / "unbroken"), check=True, capture_output=True)
    child = subprocess.Popen(command(tmp_path / "killed"), stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    while "step 20/40" not in child.stderr.readline():
        assert child.poll() is None
    child.kill()
    child.wait(60)
    child.stderr.close()
    assert child.returncode == -signal.SIGKILL
    again = subprocess.run(command(tmp_path / "killed"), check=True, capture_output=True, text=True)
    started = int(re.search(r"from step (\d+) to 40", again.stderr)[1])
    assert 19 <= started < 40
    states = [
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["average"]
        for name in ("unbroken", "killed")
    ]
    for key in states[0]:
        torch.testing.assert_close(states[0][key], states[1][key], rtol=0, atol=1e-6)


def test_held_out_pictures_only_validate(capsys, labelled, tmp_path):
    words = ("train", "roadnet-s", "--data", f"camvid:{labelled}", "-o", tmp_path, "--steps", 1)
    code, _, err = call(capsys, *words, "--hold-out", "000")
    assert code == 0
    assert "on 3 pictures" in err
    assert re.search(r"mIoU of what was held out (\S+) %, at best \1 % at step 1", one_line(err))
    assert (tmp_path / "curves.png").exists()
    code, _, err = call(capsys, *words, "--hold-out", "9")
    assert code == 2
    assert "0 of 4 names" in err


def test_a_disk_that_is_full_for_the_log_is_one_line(capsys, labelled, tmp_path):
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    words = ("train", "roadnet-s", "--data", f"camvid:{labelled}", "-o", tmp_path, "--steps", 1)
    code, _, err = call(capsys, *words)
    assert code == 1
    assert "log.jsonl': No space left on device; the last checkpoint is kept" in one_line(err)


def test_faulty_label_maps_are_counted_and_strictness_stops_at_the_first(
    capsys, labelled, tmp_path
):
    root = tmp_path / "faulty"
    shutil.copytree(labelled, root)
    cv2.imwrite(str(root / "trainannot" / "050.png"), np.full((180, 240), 77, np.uint8))
    words = ("train", "roadnet-s", "--data", f"camvid:{root}", "-o", tmp_path / "run", "--steps", 1)
    code, _, err = call(capsys, *words)
    assert code == 0
    assert "1 label maps have problems" in err
    assert "050.png" in err
    code, _, err = call(capsys, *words, "--strict")
    assert code == 3
    assert "050.png" in err


def test_a_model_of_ones_own_classes_is_trained_exported_and_run(
    capsys, labelled, tmp_path, monkeypatch
):
    description = tmp_path / "yard.toml"
    description.write_text(
        f'root = "{labelled}"\npictures = "{{split}}/*.png"\nmasks = "{{split}}annot/*.png"\n'
        'splits = ["train", "test"]\nnames = ["ground", "rest"]\n'
        "[ids]\nground = [3, 4]\nrest = [0, 1, 2, 5, 6, 7, 8, 9, 10]\n"
    )
    monkeypatch.setattr("rtseg.engine.gate.LEAST_CLASSES", 1)
    run, model = tmp_path / "run", tmp_path / "yard-model"
    words = ("train", "roadnet-s", "--data", description, "-o", run, "--steps", 2)
    assert call(capsys, *words)[0] == 0
    LABEL_SETS.pop("yard")  # every command is a process of its own
    words = ("export", run / "checkpoint.pt", "--data", description, "-o", model)
    code, _, err = call(capsys, *words, "--size", "64x96", "--calibration", 8, "--min-agreement", 0)
    assert code == 0, err
    LABEL_SETS.pop("yard")
    source = "test://road?size=64x96&frames=3"
    code, _, err = call(capsys, "run", source, "-m", model, "-o", tmp_path / "areas.csv")
    assert code == 0, err
    assert "ground" in (tmp_path / "areas.csv").read_text().splitlines()[0]


def test_a_recipe_with_extra_data_asks_for_it(capsys, labelled, tmp_path):
    words = ("train", "roadlite-camvid", "--data", f"camvid:{labelled}", "-o", tmp_path)
    code, _, err = call(capsys, *words)
    assert code == 2
    assert "--extra" in err


def test_ctrl_c_during_a_command_that_watches_for_nothing_is_130(labelled):
    words = ["eval", "--data", f"camvid:{labelled}"]
    code = f"""
import os, signal, sys
from rtseg.commands import main

def at_the_first_label(event, what):
    if event == "open" and "testannot" in str(what[0]):
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(at_the_first_label)
raise SystemExit(main({words!r}))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 130
    assert ended.stderr == ""
