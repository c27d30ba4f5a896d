"""The stores of this process's environment, below a home of their own."""

import json
import os
import shutil

import pytest
from stored_engines import stored

from rtseg.calibration import store as sets
from rtseg.doctor.facts.store_reader import read_stores
from rtseg.doctor.facts.stores import KERNELS, Kept
from rtseg.doctor.place import Place
from rtseg.engine.package import DEFAULT_MODEL, SHIPPED, sha256_of
from rtseg.engine.store import PART, engines_folder


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def read(**how):
    return read_stores(Place(loadable=(), **how))


def kept(kind):
    return [each for each in read().kept if each.kind == kind]


def calibration_set(name, command):
    with sets.writing(name) as part:
        path = part / sets.PICTURES / "0.png"
        path.write_bytes(b"picture")
        picture = sets.SetPicture("pictures/0.png", "drive.mp4", "0", 0, sha256_of(path))
        return sets.keep(part, sets.SetManifest(name, 0, command, 1, {}, {}, [picture]))


def test_the_shipped_model_is_sound():
    assert kept("model") == [Kept("model", DEFAULT_MODEL, str(SHIPPED / DEFAULT_MODEL), "")]
    assert read().default == DEFAULT_MODEL


def test_every_file_of_a_model_is_hashed(home):
    mine = home / "models" / "mine"
    shutil.copytree(SHIPPED / DEFAULT_MODEL, mine)
    with (mine / "model.int8.onnx").open("ab") as file:
        file.write(b"x")
    assert "sha256 differs" in kept("model")[1].trouble
    (mine / "manifest.json").write_text("{")
    assert "cannot read" in kept("model")[1].trouble


def test_an_engine_that_does_not_fit_and_the_command_that_made_it():
    engine = stored("a", backend="openvino", command="rtseg build mine --backend openvino")
    found = kept("engine")
    assert [(each.name, each.folder) for each in found] == [("a", str(engine.folder))]
    assert "built by tensorrt 10.13.3" in found[0].trouble
    assert found[0].command == "rtseg build mine --backend openvino"


@pytest.mark.parametrize(
    "command",
    [
        "rtseg build mine; rm -rf /",
        "rtseg build $(evil)",
        "rtseg engines prune",
        "rtseg build a\nevil",
        "curl evil.example",
        7,
    ],
)
def test_a_command_that_a_manifest_makes_up_is_not_shown(command):
    path = stored("a").folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"command": command}))
    (found,) = kept("engine")
    assert "edited" in found.trouble
    assert found.command == ""


def test_a_calibration_set_that_was_edited():
    folder = calibration_set("city", "rtseg calibrate city drive.mp4 --count 8")
    command = "rtseg calibrate city drive.mp4 --count 8"
    assert kept("calibration set") == [Kept("calibration set", "city", str(folder), "", command)]
    (folder / "pictures" / "0.png").write_bytes(b"another")
    assert "is not the picture of its manifest" in kept("calibration set")[0].trouble


def test_what_a_killed_build_left(home):
    part = engines_folder() / f".a{PART}"
    part.mkdir(parents=True)
    assert read().leftovers == (str(part),)


def test_folders_to_write_into_are_judged_by_what_they_would_be_made_in(home, tmp_path):
    found = {each.use: each for each in read().folders}
    assert found["engines"].path == str(home / "engines")
    assert (found["engines"].exists, found["engines"].writable) == (False, True)
    free = shutil.disk_usage(tmp_path).free
    assert found["engines"].free == pytest.approx(free, rel=0.1)
    home.write_text("a file in its way")
    found = {each.use: each for each in read().folders}
    assert found["engines"].writable is False
    assert found["results, in the working folder"].writable is True


def test_a_place_that_permits_nothing_is_not_writable():
    found = read(permits=lambda path, mode: False).folders
    assert found
    assert not any(each.writable for each in found)


def test_kernels_are_kept_where_numba_keeps_them(tmp_path, monkeypatch):
    def kernels(permits=os.access):
        return next(each.path for each in read(permits=permits).folders if each.use == KERNELS)

    assert kernels().endswith("rtseg/__pycache__")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    closed = kernels(lambda path, mode: "rtseg/__pycache__" not in str(path))
    assert closed == str(tmp_path / "cache" / "numba")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/tmp/numba")
    assert kernels() == "/tmp/numba"
