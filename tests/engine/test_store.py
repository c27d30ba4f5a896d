"""The store on engines that nobody has to build: what is kept, and what is refused."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from stored_engines import HERE, stored

from rtseg.engine import store
from rtseg.engine.engine_manifest import (
    read_engine_manifest,
)
from rtseg.engine.store import building, engine_names, leftovers, misfit, open_stored, remove
from rtseg.errors import EngineError, ManifestError, SinkError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path))
    return tmp_path / "engines"


def rtx_file(size=256):
    return b"vtrt" + bytes(12) + size.to_bytes(8, "little") + bytes(size - 24)


def rewrite(folder, change):
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def test_what_was_kept_is_read_back_and_nothing_else_is_left(home):
    kept = stored()
    assert open_stored("a") == kept
    assert open_stored(str(home / "a")).manifest == kept.manifest
    assert kept.path == home / "a" / "engine"
    assert engine_names() == ["a"]
    assert {each.name for each in home.iterdir()} == {"a", ".a.lock"}


def test_a_build_that_fails_leaves_what_was_there(home):
    before = stored()
    with pytest.raises(ZeroDivisionError), building("a") as part:
        (part / "engine").write_bytes(bytes(1 // 0))
    assert open_stored("a") == before
    assert {each.name for each in home.iterdir()} == {"a", ".a.lock"}


def test_a_newer_engine_takes_the_place_of_an_older_one(home):
    stored(content=b"old")
    stored(content=b"new")
    assert open_stored("a").path.read_bytes() == b"new"
    assert {each.name for each in home.iterdir()} == {"a", ".a.lock"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m["report"].update(agreement=1.0), "was edited after it was written"),
        (lambda m: m.update(seconds=0.1), "was edited after it was written"),
        (lambda m: m.pop("seal"), "lacks the key 'seal'"),
        (lambda m: m.pop("origin"), "lacks the key 'origin'"),
        (lambda m: m.update(colour=1), "unknown key 'colour'"),
        (lambda m: m["spec"].pop("mean"), "lacks the key 'spec.mean'"),
        (lambda m: m["built_with"].update(fan=1), "unknown key 'built_with.fan'"),
        (lambda m: m["tensors"][0].pop("dtype"), "lacks the key 'tensors.dtype'"),
        (lambda m: m["files"]["engine"].pop("sha256"), "lacks the key 'files.engine.sha256'"),
        (lambda m: m["calibration"].pop("sha256"), "lacks the key 'calibration.sha256'"),
        (lambda m: m.update(format=99), "format 99, this rtseg reads format 1"),
        (lambda m: m.update(report=3), "report must be an object"),
        (lambda m: m.update(tensors=3), "of another kind than expected"),
    ],
)
def test_a_wrong_or_edited_manifest_names_file_and_key(change, message):
    rewrite(stored().folder, change)
    with pytest.raises(ManifestError, match=message) as caught:
        open_stored("a")
    assert "manifest.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_manifest_is_one_line(content):
    folder = stored().folder
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ManifestError, match=r"manifest\.json"):
        read_engine_manifest(folder)


def test_a_changed_or_missing_file_is_refused():
    kept = stored()
    kept.path.write_bytes(b"enginE")
    with pytest.raises(ManifestError, match="sha256 differs"):
        open_stored("a")
    kept.path.unlink()
    with pytest.raises(ManifestError, match="engine' is missing"):
        open_stored("a")


def test_an_rtx_engine_that_was_cut_off_is_told_by_its_header():
    kept = stored(content=rtx_file(), backend="rtx")
    assert open_stored("a") == kept
    kept.path.write_bytes(rtx_file()[:200])
    with pytest.raises(ManifestError, match="200 bytes where its header says 256: it was cut off"):
        open_stored("a")
    kept.path.write_bytes(b"PK" + rtx_file()[2:])
    with pytest.raises(ManifestError, match="no TensorRT-RTX engine"):
        open_stored("a")


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (HERE, ""),
        (replace(HERE, version="10.16.1"), "built by tensorrt 10.13.3, here is 10.16.1"),
        (replace(HERE, gpu="NVIDIA L4", sm=89), r"A2000 \(SM86\), here is a NVIDIA L4 \(SM89\)"),
        (replace(HERE, gpu="", sm=0), "on a NVIDIA RTX A2000, here is no GPU"),
    ],
)
def test_another_version_or_gpu_is_named(here, words):
    assert_says(misfit(stored().manifest, here), words)


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (HERE, ""),
        (replace(HERE, gpu="", sm=0), ""),
        (replace(HERE, gpu="NVIDIA Orin", sm=87), "for SM80 SM86, this GPU is SM87"),
    ],
)
def test_an_engine_for_listed_gpus_fits_those(here, words):
    built = stored().manifest
    crossed = replace(built.built_with, gpu="", sm=0, targets=["SM80", "SM86"])
    assert_says(misfit(replace(built, built_with=crossed), here), words)


def assert_says(found, words):
    assert re.search(words, found) if words else found == ""


def test_an_engine_that_is_not_there_lists_what_is():
    stored("b")
    with pytest.raises(EngineError, match="no engine named 'a'; there are: b"):
        open_stored("a")
    with pytest.raises(EngineError, match="has no engine 'a'"):
        remove("a")
    remove("b")
    assert engine_names() == []


BUILDER = """
import sys
from rtseg.engine.store import building
with building("a") as part:
    (part / "engine").write_bytes(b"other")
    print("has it", flush=True)
    sys.stdin.readline()
"""


def another():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", BUILDER], **pipes)


@pytest.fixture
def other_process():
    with another() as child:
        assert child.stdout.readline() == "has it\n"
        yield child
        child.kill()


def test_a_second_process_waits_for_the_first(other_process, home):
    with another() as mine:
        with pytest.raises(subprocess.TimeoutExpired):
            mine.wait(1.0)
        assert (home / ".a.part" / "engine").read_bytes() == b"other"
        assert leftovers() == []
        other_process.stdin.write("\n")
        other_process.stdin.close()
        assert mine.stdout.readline() == "has it\n"
        mine.stdin.close()
    assert other_process.wait() == mine.wait() == 0
    assert leftovers() == []


def test_what_a_kill_left_is_found_and_the_next_build_sweeps_it(other_process, home):
    other_process.kill()
    other_process.wait()
    assert leftovers() == [home / ".a.part"]
    stored()
    assert leftovers() == []


def test_a_store_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path / "file"))
    with pytest.raises(SinkError, match="cannot write into"), building("a"):
        pass


def test_a_checkout_keeps_its_engines_beside_it(monkeypatch):
    monkeypatch.delenv("RTSEG_HOME")
    assert store.engines_folder() == store.CHECKOUT / "engines"
    monkeypatch.setattr(store, "CHECKOUT", store.CHECKOUT / "elsewhere")
    assert store.engines_folder().parts[-2:] == ("rtseg", "engines")
