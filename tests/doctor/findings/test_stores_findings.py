import pytest
from machines import bad, bare, changed, only

from rtseg.doctor.facts.stores import KERNELS, Folder, Kept

MADE = "rtseg build roadlite-camvid --precision fp16"


def keeping(kept):
    return changed(bare(), "stores", kept=(kept,))


def with_folder(use, *, writable=True, free=50 << 30):
    folder = Folder(use, "/data/my files", exists=True, writable=writable, free=free)
    return changed(bare(), "stores", folders=(folder,))


def test_a_damaged_default_model_stops_the_main_job():
    model = Kept("model", "roadlite-camvid", "/m/roadlite-camvid", "sha256 differs")
    found = only(keeping(model), "model-damaged", "error")
    assert found.cause == "sha256 differs"
    assert "git checkout -- rtseg/weights" in found.command


def test_another_damaged_model_stops_only_itself():
    model = Kept("model", "mine", "/m/my model", "sha256 differs")
    assert "rm -r '/m/my model'" in only(keeping(model), "model-damaged").command


@pytest.mark.parametrize(
    ("made", "command"), [(MADE, f"{MADE} --rebuild"), ("", "rtseg engines prune")]
)
def test_an_engine_that_cannot_run_here_is_built_again_or_pruned(made, command):
    trouble = "it was built by tensorrt 10.3.0, here is 10.16.2"
    found = only(keeping(Kept("engine", "a-fp16", "/e/a-fp16", trouble, made)), "engine-unfit")
    assert (found.cause, found.command) == (trouble, command)


@pytest.mark.parametrize(
    ("made", "command"),
    [
        ("rtseg calibrate city drive.mp4", "rtseg calibrate city drive.mp4 --replace"),
        ("rtseg calibrate city drive.mp4 --replace", "rtseg calibrate city drive.mp4 --replace"),
        ("", "rtseg calibrate city FOOTAGE --replace"),
    ],
)
def test_a_calibration_set_that_was_edited_is_made_again(made, command):
    kept = Kept("calibration set", "city", "/c/city", "'3.png' is missing", made)
    assert only(keeping(kept), "calibration-set-edited").command == command


def test_what_killed_builds_left_is_a_hint():
    machine = changed(bare(), "stores", leftovers=("/e/.a.part",))
    assert only(machine, "leftovers", "hint").command == "rtseg engines prune"


def test_a_folder_that_cannot_be_written():
    found = only(with_folder("engines", writable=False), "folder-closed")
    assert found.command == "sudo mkdir -p '/data/my files' && sudo chown $USER '/data/my files'"
    found = only(with_folder("results, in the working folder", writable=False), "folder-closed")
    assert "-o another folder" in found.command


def test_without_a_place_for_its_kernels_nothing_runs():
    found = only(with_folder(KERNELS, writable=False), "folder-closed", "error")
    assert found.command == "export NUMBA_CACHE_DIR=/tmp/numba"


def test_a_disk_that_is_nearly_full():
    found = only(with_folder("engines", free=300 << 20), "disk-full")
    assert "300 MiB" in found.title
    assert bad(with_folder("engines", free=1 << 30)).keys() == {"no-viewer"}
