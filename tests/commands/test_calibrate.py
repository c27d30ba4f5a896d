"""``rtseg calibrate``, whole, and who reads its sets."""

import errno
import json
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "calibration"))
sys.path.append(str(Path(__file__).parents[1] / "engine"))
sys.path.append(str(Path(__file__).parents[1] / "source"))
from brightness import brightness_package, grey_pictures
from clip_maker import write_clip
from footage import FLAWS, flawed_clip, scene

from rtseg.commands import calibrate, main
from rtseg.engine.package import sha256_of
from rtseg.errors import ManifestError


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "calibration"


@pytest.fixture
def clip(tmp_path):
    return flawed_clip(tmp_path / "clip.mp4")


def one_line(capsys):
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1, captured.err
    return captured.err


def test_flawed_frames_are_left_out_and_counted(store, clip, capsys):
    assert main(["calibrate", "mine", str(clip), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    manifest = json.loads((store / "mine" / "manifest.json").read_text())
    assert told == {"folder": str(store / "mine"), **manifest}
    assert manifest["drops"] == {**FLAWS, "spare": 0}
    assert (manifest["name"], manifest["looked"], manifest["format"]) == ("mine", 12, 1)
    kept = manifest["pictures"]
    assert len(kept) == 6
    assert {each["index"] % 6 for each in kept} == set(range(6))
    for each in kept:
        assert each["source"] == str(clip)
        assert Fraction(each["pts"]) == Fraction(each["index"], 25)
        path = store / "mine" / each["file"]
        assert each["sha256"] == sha256_of(path)
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        off = np.abs(picture.astype(int) - scene(each["index"] % 6))
        assert np.median(off) < 4
    assert cv2.imread(str(store / "mine" / "contact.jpg")).shape == (90, 6 * 160, 3)
    assert sorted(each.name for each in store.iterdir()) == ["mine"]


def test_the_same_seed_makes_the_same_set(store, clip, capsys):
    for name in ("one", "two"):
        assert main(["calibrate", name, str(clip), "--count", "3", "--seed", "4"]) == 0
    one, two = (json.loads((store / each / "manifest.json").read_text()) for each in ("one", "two"))
    assert one["pictures"] == two["pictures"]
    assert len(one["pictures"]) == 3


def test_a_set_is_replaced_only_when_asked_for(store, clip, capsys):
    assert main(["calibrate", "mine", str(clip)]) == 0
    capsys.readouterr()
    assert main(["calibrate", "mine", str(clip), "--count", "2"]) == 2
    assert "--replace" in one_line(capsys)
    assert main(["calibrate", "mine", str(clip), "--count", "2", "--replace"]) == 0
    assert len(list((store / "mine" / "pictures").iterdir())) == 2
    assert sorted(each.name for each in store.iterdir()) == ["mine"]


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", ""])
def test_a_name_that_is_no_folder_is_refused(store, clip, capsys, name):
    assert main(["calibrate", name, str(clip)]) == 2
    assert "is no name" in one_line(capsys)
    assert not store.exists()


def test_an_unreadable_source_is_named_and_the_others_are_used(store, clip, tmp_path, capsys):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    assert main(["calibrate", "mine", str(broken), str(clip)]) == 0
    assert "broken.mp4" in capsys.readouterr().err
    manifest = json.loads((store / "mine" / "manifest.json").read_text())
    assert list(manifest["unreadable"]) == [str(broken)]
    assert len(manifest["pictures"]) == 6
    assert main(["calibrate", "other", str(broken)]) == 3
    assert not (store / "other").exists()


@pytest.mark.parametrize(("seconds", "left_out"), [(2, False), (3, True)])
def test_what_is_left_out_of_a_source_of_unknown_length_is_said(
    store, tmp_path, capsys, monkeypatch, seconds, left_out
):
    """A bare H.264 stream says neither its length nor when its frames are shown."""
    monkeypatch.setattr(calibrate, "MOST_OF_A_SOURCE", 2)
    stream = write_clip(tmp_path / "bare.h264", [scene(n // 25) for n in range(25 * seconds)])
    assert main(["calibrate", "mine", str(stream), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["looked"] == 2
    warnings = [line for line in captured.err.splitlines() if "does not state its length" in line]
    assert len(warnings) == left_out
    assert all("2 frames of it" in line and "from 2 s on" in line for line in warnings)


def test_footage_without_a_usable_frame_is_refused(store, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((48, 64, 3), np.uint8))
    assert main(["calibrate", "mine", str(tmp_path / "black.png")]) == 3
    assert "none of 1 frames can calibrate (1 black)" in one_line(capsys)
    assert not store.exists()


def test_a_full_disk_leaves_nothing_behind(store, clip, capsys, monkeypatch):
    write = Path.write_bytes

    def full(path, data):
        if path.name == "0002.png":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["calibrate", "mine", str(clip)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list(store.iterdir()) == []


def edit(folder):
    (folder / "pictures" / "0001.png").write_bytes(b"another")


def remove(folder):
    (folder / "pictures" / "0001.png").unlink()


def add(folder):
    (folder / "pictures" / "more.png").write_bytes(b"one more")


def empty(folder):
    for each in (folder / "pictures").iterdir():
        each.unlink()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "pictures": []}))


@pytest.mark.parametrize("change", [edit, remove, add, empty])
def test_an_edited_set_is_refused(store, clip, tmp_path, capsys, change):
    model = str(brightness_package(tmp_path / "brightness").folder)
    assert main(["calibrate", "mine", str(clip)]) == 0
    capsys.readouterr()
    change(store / "mine")
    words = ["--backend", "openvino", "--precision", "int8", "--calibration", "mine"]
    assert main(["build", model, *words]) == 4
    assert "cannot be trusted" in one_line(capsys)


def test_build_calibrates_with_a_set_by_its_name(store, tmp_path, capsys):
    pictures = grey_pictures(tmp_path / "greys", 16)
    for number, path in enumerate(sorted(pictures.iterdir())):
        tint = np.array([37 * number % 110, 61 * number % 110, 91 * number % 110, 0.0])
        shown = cv2.add(cv2.resize(cv2.imread(str(path)), (96, 64)), tint)
        cv2.imwrite(str(path), shown)
    assert main(["calibrate", "greys", str(pictures)]) == 0
    kept = len(list((store / "greys" / "pictures").iterdir()))
    assert kept >= 8
    capsys.readouterr()
    model = str(brightness_package(tmp_path / "brightness").folder)
    words = ["--backend", "openvino", "--precision", "int8", "--calibration", "greys"]
    assert main(["build", model, *words, "--min-agreement", "0.3", "--json"]) == 0
    built = json.loads(capsys.readouterr().out)
    assert built["calibration"]["source"] == str(store / "greys" / "pictures")
    assert built["calibration"]["pictures"] == kept - kept // 4


def test_a_set_by_its_name_gives_its_pictures_to_import(store, clip, capsys):
    from rtseg.commands.packaging import calibration_pictures

    assert main(["calibrate", "mine", str(clip)]) == 0
    assert len(calibration_pictures("mine", 4)) == 4


def test_the_folder_of_a_set_gives_its_pictures_too_and_not_its_contact_sheet(store, clip):
    from rtseg.commands.packaging import calibration_pictures

    assert main(["calibrate", "mine", str(clip)]) == 0
    by_name, by_folder = (calibration_pictures(each, 4) for each in ("mine", str(store / "mine")))
    assert len(by_folder) == 4
    for mine, other in zip(by_folder, by_name, strict=True):
        np.testing.assert_array_equal(mine, other)
    picture = next((store / "mine" / "pictures").iterdir())
    picture.write_bytes(picture.read_bytes() + b"more")
    with pytest.raises(ManifestError, match="is not the picture of its manifest"):
        calibration_pictures(str(store / "mine"), 4)


@pytest.mark.shared
def test_a_real_clip_becomes_a_set(store, shared, capsys):
    clip = shared / "videos" / "udacity_highway_960x540_25fps.mp4"
    assert main(["calibrate", "real", str(clip), "--count", "6", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["pictures"]) == 6
    assert sum(told["drops"].values()) + 6 == told["looked"]
    assert len({each["sha256"] for each in told["pictures"]}) == 6
