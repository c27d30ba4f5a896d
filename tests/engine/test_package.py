import json
from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_package

from rtseg.engine.package import (
    DEFAULT_MODEL,
    SHIPPED,
    find_package,
    package_folders,
    read_package,
    sha256_of,
    write_package,
)
from rtseg.errors import EngineError, ManifestError, SinkError
from rtseg.labels import LABEL_SETS, LabelSet, learn


def rewrite(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_what_was_written_is_read_back(tmp_path):
    written = tiny_package(tmp_path, mean=(1.0, 2.5, 3.0))
    assert read_package(tmp_path) == written
    assert written.file("fp32") == tmp_path / "model.onnx"
    assert written.labels.names[3] == "road"


def test_sha256_of_nothing_is_the_published_one(tmp_path):
    (tmp_path / "empty").touch()
    assert sha256_of(tmp_path / "empty") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_a_changed_file_is_refused(tmp_path):
    package = tiny_package(tmp_path)
    with (tmp_path / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ManifestError, match="sha256 differs"):
        package.file("fp32")


def test_a_missing_file_is_named(tmp_path):
    package = tiny_package(tmp_path)
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(ManifestError, match=r"model\.onnx' is missing"):
        package.file("fp32")


def test_a_precision_that_is_not_there_lists_what_is(tmp_path):
    with pytest.raises(EngineError, match="has no int8 file; it has: fp32"):
        tiny_package(tmp_path).file("int8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("licence"), "lacks the key 'licence'"),
        (lambda m: m.update(colour=1), "unknown key 'colour'"),
        (lambda m: m["spec"].pop("mean"), "lacks the key 'spec.mean'"),
        (lambda m: m["spec"].update(scale=2), "unknown key 'spec.scale'"),
        (lambda m: m["files"]["fp32"].pop("sha256"), "lacks the key 'files.fp32.sha256'"),
        (lambda m: m["files"].update(fp8={}), "files.fp8 is no known precision"),
        (lambda m: m.update(format=99), "format 99, this rtseg reads format 1"),
        (lambda m: m.update(classes={"a": [1, 2]}), "classes"),
        (lambda m: m.update(classes={"a": [1, 2, 256]}), "0 to 255"),
        (lambda m: m.update(classes={"sky": [0, 0, 0]}), "'camvid11' is known with other classes"),
        (lambda m: m["spec"].update(labels="mars"), "no label set named 'mars'"),
        (lambda m: m.update(spec=3), "must be an object"),
    ],
)
def test_a_wrong_manifest_is_an_error_that_names_file_and_key(tmp_path, change, message):
    tiny_package(tmp_path)
    rewrite(tmp_path, change)
    with pytest.raises(ManifestError, match=message) as caught:
        read_package(tmp_path)
    assert "manifest.json" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("files", [], "value of another kind"),
        ("files", {}, "names no file"),
        ("spec", [], "must be an object"),
        ("classes", [1], "spec.labels or classes"),
    ],
)
def test_values_of_another_kind_are_an_error_that_names_the_file(tmp_path, key, value, message):
    tiny_package(tmp_path)
    rewrite(tmp_path, lambda manifest: manifest.update({key: value}))
    with pytest.raises(ManifestError, match=rf"manifest\.json.*{message}"):
        read_package(tmp_path)


def test_a_mean_that_is_one_number_is_an_error(tmp_path):
    tiny_package(tmp_path)
    rewrite(tmp_path, lambda manifest: manifest["spec"].update(mean=3))
    with pytest.raises(ManifestError, match="another kind"):
        read_package(tmp_path)


def test_a_manifest_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ManifestError, match="cannot read"):
        find_package(str(tmp_path))


def test_a_folder_without_manifest_is_no_package(tmp_path):
    with pytest.raises(ManifestError, match="no model package"):
        find_package(str(tmp_path))


def test_a_typo_in_a_model_name_gets_the_right_one_proposed():
    with pytest.raises(EngineError, match=f"did you mean '{DEFAULT_MODEL}'"):
        find_package("roadlite-camvd")


def test_the_users_own_models_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path))
    tiny_package(tmp_path / "models" / "mine")
    assert find_package("mine").folder == tmp_path / "models" / "mine"
    assert tmp_path / "models" / "mine" in package_folders()


def test_the_shipped_models_are_whole_small_and_say_what_they_are():
    folders = [folder for folder in package_folders() if folder.parent == SHIPPED]
    assert DEFAULT_MODEL in [folder.name for folder in folders]
    for folder in folders:
        package = read_package(folder)
        assert package.name == folder.name
        assert all(package.file(precision).is_file() for precision in package.manifest.files)
        assert package.manifest.licence
        assert package.manifest.data
        assert package.manifest.made["command"]
        assert package.manifest.accuracy
    size = sum(path.stat().st_size for folder in folders for path in folder.iterdir())
    assert size <= 12_000_000


def test_a_model_brings_its_own_classes_along(tmp_path):
    colors = np.array([[9, 8, 7], [1, 2, 3]], np.uint8)
    own = learn(LabelSet("crops", ("soil", "maize"), colors, "me"))
    package = tiny_package(tmp_path)
    spec = replace(package.spec, labels="crops")
    write_package(tmp_path, replace(package.manifest, spec=spec))
    del LABEL_SETS["crops"]  # as in another process
    found = read_package(tmp_path).labels
    assert (found.name, found.names) == (own.name, own.names)
    assert np.array_equal(found.colors, own.colors)
    assert "classes" in json.loads((tmp_path / "manifest.json").read_text())


def test_a_manifest_that_cannot_be_written_says_where(tmp_path):
    package = tiny_package(tmp_path / "model")
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"cannot write .*file/manifest\.json"):
        write_package(tmp_path / "file", package.manifest)
