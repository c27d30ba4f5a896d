from __future__ import annotations

from pathlib import Path

import pytest

from rtseg.errors import UsageError
from rtseg.sink.naming import FolderNames, output_kind, refuse_input, stem_of


@pytest.mark.parametrize(
    ("out", "kind"),
    [
        ("out.mp4", "video"),
        ("a/b/OUT.MKV", "video"),
        ("out.mov", "video"),
        ("frames_%06d.png", "pictures"),
        ("one.jpg", "pictures"),
        ("stats.csv", "statistics"),
        ("stats.jsonl", "statistics"),
        ("stats.parquet", "statistics"),
        ("null", "null"),
        ("results", "folder"),
        ("results/", "folder"),
        ("results.v2/", "folder"),
        (".", "folder"),
    ],
)
def test_the_name_says_what_is_written(out: str, kind: str) -> None:
    assert output_kind(out) == kind


def test_a_folder_that_exists_is_a_folder_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "drive.avi").mkdir()
    assert output_kind(str(tmp_path / "drive.avi")) == "folder"


@pytest.mark.parametrize("out", ["out.avi", "out.webm", "results.v2"])
def test_an_unknown_suffix_lists_the_known_ones(out: str) -> None:
    with pytest.raises(UsageError, match=r"\.mp4.*\.parquet"):
        output_kind(out)


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    source = tmp_path / "drive.mp4"
    source.touch()
    (tmp_path / "soft.mp4").symlink_to(source)
    (tmp_path / "hard.mp4").hardlink_to(source)
    for out in (
        source,
        tmp_path / "x" / ".." / "drive.mp4",
        tmp_path / "soft.mp4",
        tmp_path / "hard.mp4",
    ):
        with pytest.raises(UsageError, match="the input itself"):
            refuse_input(out, source)


def test_any_other_output_is_allowed(tmp_path: Path) -> None:
    source = tmp_path / "drive.mp4"
    source.touch()
    (tmp_path / "other.mp4").touch()
    refuse_input(tmp_path / "other.mp4", source)
    refuse_input(tmp_path / "absent.mp4", source)
    refuse_input(source, None)


def test_a_folder_holds_everything_under_the_sources_name() -> None:
    names = FolderNames(Path("out"), "drive")
    assert names.overlay_video == Path("out/drive_overlay.mp4")
    assert names.labels_video == Path("out/drive_labels.mkv")
    assert names.overlay_pictures == Path("out/overlay")
    assert names.masks == Path("out/masks")
    assert names.statistics == Path("out/stats.csv")


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("a/drive.mp4", "drive"),
        ("/data/night drive.v2.mkv", "night_drive.v2"),
        ("0", "0"),
        ("/dev/video0", "video0"),
        ("photos/", "photos"),
        ("rtsp://user:pass@camera.local:554/live?token=x", "camera.local_554_live"),
        ("rtsp://user:p@ss@camera/", "camera"),
        ("test://road?seed=3", "road"),
        ("a/*.jpg", "source"),
        ("..", "source"),
    ],
)
def test_sources_give_file_names_without_secrets(source: str, stem: str) -> None:
    assert stem_of(source) == stem


def test_an_option_in_the_place_of_a_name_is_refused() -> None:
    with pytest.raises(UsageError, match="-o wants a name"):
        output_kind("--no-stats")
