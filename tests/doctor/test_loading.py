"""Packages that a folder on PYTHONPATH holds, loaded by the real child."""

import os

import pytest

from rtseg.doctor.loading import BASE, Load, Loading, load, loadable


@pytest.fixture
def loaded(tmp_path):
    def load_all(packages, seconds=60.0):
        for name, code in packages.items():
            (tmp_path / f"{name}.py").write_text(code)
        paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        loading = Loading(list(packages), os.environ | {"PYTHONPATH": paths}, seconds=seconds)
        return loading.result()

    return load_all


def test_a_package_that_kills_its_process_does_not_end_the_others(loaded):
    found = loaded(
        {
            "sound": "__version__ = '1.2'\nprint('what it says of itself')",
            "deadly": "import os, signal\nos.kill(os.getpid(), signal.SIGILL)",
            "leaving": "import os\nos._exit(7)",
            "broken": "raise RuntimeError('two\\nlines')",
            "lacking": "import no_such_module_anywhere",
            "last": "",
        }
    )
    assert found == {
        "sound": Load("1.2"),
        "deadly": Load(error="loading it ends the process by SIGILL"),
        "leaving": Load(error="loading it ends the process with 7"),
        "broken": Load(error="RuntimeError: two lines"),
        "lacking": Load(error="No module named 'no_such_module_anywhere'"),
        "last": Load(""),
    }


def test_a_package_that_never_ends_is_ended(loaded):
    found = loaded({"endless": "while True: pass", "next": ""}, seconds=2.0)
    assert found == {"endless": Load(error="loading it was ended after 2 s"), "next": Load("")}


def test_nothing_is_left_of_a_child_whose_result_nobody_wants(tmp_path):
    note = tmp_path / "note"
    os.mkfifo(note)
    (tmp_path / "endless.py").write_text(
        f"import os\nopen({str(note)!r}, 'w').write(str(os.getpid()))\nwhile True: pass"
    )
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    loading = Loading(["endless"], os.environ | {"PYTHONPATH": paths})
    child = int(note.read_text())
    loading.close()
    loading.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_opencv_and_pyav_tell_what_they_can_do():
    assert set(load("av").says["decoders"]) >= {"h264", "hevc", "mjpeg"}
    assert "libx264" in load("av").says["encoders"]
    assert load("cv2").says["gstreamer"] in (True, False)


def test_an_unknown_codec_is_left_out(monkeypatch):
    monkeypatch.setattr("rtseg.doctor.loading.DECODERS", ("h264", "no-such-codec"))
    assert load("av").says["decoders"] == ["h264"]


def test_what_the_main_job_needs_is_always_tried():
    assert loadable()[: len(BASE)] == BASE
