from __future__ import annotations

import hashlib
import json

import pytest
from weights_server import Behaviour, serving

from rtseg.commands import main
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.models.catalogue import CATALOGUE
from rtseg.models.checkpoints import CHECKPOINTS, Checkpoint

CONTENT = b"weights" * 1000


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def served(monkeypatch):
    with serving(server := Behaviour(CONTENT)) as address:
        digest = hashlib.sha256(CONTENT).hexdigest()
        here = Checkpoint(f"{address}/a/b.pth?token=hidden", digest, 7000, "espnet", "cityscapes19")
        monkeypatch.setitem(CHECKPOINTS, "espnet-cityscapes", here)
        yield server


def call(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_the_zoo_lists_every_network_with_figures_page_and_terms(capsys):
    code, out, _ = call(capsys, "models", "zoo")
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line}
    assert len(CATALOGUE) > 30
    assert rows.keys() >= CATALOGUE.keys()
    pidnet = " ".join(rows["pidnet-s"].split())
    assert pidnet == (
        "pidnet-s 7.7 47.3 @1024x2048 78.8 val, 78.6 test 80.1 test, after Cityscapes "
        "- Cityscapes, non-commercial github.com/XuJiacong/PIDNet"
    )
    assert " yes " in rows["cgnet"]
    assert "CamVid, research use" in rows["cgnet"]


def test_the_list_of_models_says_how_to_see_the_zoo(capsys):
    _, out, _ = call(capsys, "models")
    assert "roadlite-camvid (default)" in out
    assert "`rtseg models zoo`" in out


def test_json_keeps_the_models_and_adds_the_networks(capsys):
    _, out, _ = call(capsys, "models", "--json")
    found = json.loads(out)
    assert found["models"][0]["name"] == "roadlite-camvid"
    _, out, _ = call(capsys, "models", "zoo", "--json")
    assert json.loads(out) == {"networks": found["networks"]}
    networks = {each["name"]: each for each in found["networks"]}
    assert list(networks) == list(CATALOGUE)
    assert networks["pidnet-s"]["parameters_millions"] == 7.7
    assert networks["pidnet-s"]["gmacs_size"] == [1024, 2048]
    assert networks["pidnet-s"]["weights"] is None
    assert networks["cgnet"]["weights"]["bytes"] == 2_119_239
    assert networks["cgnet"]["weights"]["labels"] == "camvid11"


def test_info_of_a_network_says_all_that_is_known(capsys):
    code, out, _ = call(capsys, "models", "info", "cgnet")
    assert code == 0
    for words in (
        "arXiv 1811.08201",
        "0.5 million",
        "63.5 val, 64.8 test",
        "https://github.com/wutianyiRosun/CGNet",
        "weights: CamVid, research use",
        "CamVid train+val, camvid11",
        CHECKPOINTS["cgnet"].url,
        CHECKPOINTS["cgnet"].sha256,
        "rtseg models pull cgnet",
    ):
        assert words in out


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pidnet-m", "rtseg import pidnet-m FILE -o DIR --labels cityscapes19|camvid11"),
        ("cgnet", "rtseg import cgnet FILE -o DIR --labels camvid11"),
        ("swiftnet-r18", None),
    ],
)
def test_info_of_a_network_shows_how_its_weights_are_imported_if_they_can_be(capsys, name, line):
    _, out, _ = call(capsys, "models", "info", name)
    assert ("rtseg import" in out) == (line is not None)
    assert (line or "") in out


@pytest.mark.parametrize("words", [("info", "roadlite-camvid"), ("roadlite-camvid",)])
def test_info_of_a_model_tells_each_class_and_its_network(capsys, words):
    _, out, _ = call(capsys, "models", *words)
    rows = [line.split() for line in out.splitlines()]
    measured = [each["per_class"] for each in find_package(DEFAULT_MODEL).manifest.accuracy]
    for name in ("sky", "bicyclist"):
        assert [name, *(f"{100 * each[name]:.1f}" for each in measured)] in rows
    assert "int8: model.int8.onnx" in out
    assert "roadlite-0-fine: this project" in out


def test_info_as_json_holds_the_model_and_its_network(capsys):
    _, out, _ = call(capsys, "models", "info", "roadlite-camvid", "--json")
    found = json.loads(out)
    assert [each["name"] for each in found["models"]] == ["roadlite-camvid"]
    assert [each["name"] for each in found["networks"]] == ["roadlite-0-fine"]
    _, out, _ = call(capsys, "models", "cgnet", "--json")
    assert json.loads(out)["models"] == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["info", "pidnett-s"], 4, "did you mean 'pidnet-s'?"),
        (["info", "qqq"], 4, "`rtseg models zoo` lists the networks"),
        (["info"], 2, "needs a NAME"),
        (["pull"], 2, "needs a NAME"),
        (["zoo", "cgnet"], 2, "rtseg models info cgnet"),
        (["fetch", "cgnet"], 2, "expected one of zoo, info, pull"),
        (["zoo", "-o", "x"], 2, "-o says where"),
        (["pull", "pidnet-s"], 2, "https://github.com/XuJiacong/PIDNet"),
        (["pull", "nothing"], 2, "these can be fetched"),
    ],
)
def test_wrong_words_end_in_one_line(capsys, home, words, code, message):
    found, out, err = call(capsys, "models", *words)
    assert found == code
    assert message in err
    assert len(err.splitlines()) == 1
    assert out == ""
    assert not home.exists()


def test_pull_puts_weights_into_the_store_and_prints_the_next_line(capsys, home, served):
    code, out, err = call(capsys, "models", "pull", "espnet-cityscapes")
    path = home / "checkpoints" / "espnet-cityscapes.pth"
    assert (code, err) == (0, "")
    assert path.read_bytes() == CONTENT
    assert f"rtseg import espnet {path} -o espnet-cityscapes --labels cityscapes19" in out
    assert "Cityscapes, non-commercial" in out
    assert len(served.seen) == 1
    call(capsys, "models", "pull", "espnet-cityscapes")
    assert len(served.seen) == 1


def test_pull_into_a_folder_is_told_as_json(capsys, home, served, tmp_path):
    words = ("models", "pull", "espnet-cityscapes", "-o", tmp_path / "a b", "--json")
    _, out, _ = call(capsys, *words)
    path = tmp_path / "a b" / "espnet-cityscapes.pth"
    found = json.loads(out)
    assert found["path"] == str(path)
    assert found["bytes"] == len(path.read_bytes()) == 7000
    assert f"'{path}'" in found["import"]
    assert not home.exists()


def test_pull_of_a_refused_file_is_one_line_without_secrets(capsys, home, served):
    served.content = CONTENT.upper()
    code, out, err = call(capsys, "models", "pull", "espnet-cityscapes")
    assert code == 3
    assert "sha256 differs" in err
    assert "token=***" in err
    assert "hidden" not in err
    assert out == ""
    assert list((home / "checkpoints").iterdir()) == []
