"""``rtseg doctor`` on the machine that the tests run on, whole and broken on purpose."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rtseg.commands import main

ROOT = Path(__file__).resolve().parents[2]


def call(capsys, *words):
    code = main(["doctor", *words])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A package in place of the real one, for the child that tries to load it."""

    def put(name, code):
        (tmp_path / f"{name}.py").write_text(code)
        paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))

    return put


def test_this_machine_can_do_the_main_job(capsys):
    code, out, err = call(capsys, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["counts"]["error"] == 0
    assert found["counts"]["ok"] > 20
    assert not [each for each in found["findings"] if each["key"] == "check-failed"]
    assert found["machine"]["unread"] == {}
    assert found["machine"]["processor"]["cores"] == os.cpu_count()
    assert "h264" in found["machine"]["packages"]["loads"]["av"]["says"]["decoders"]


def test_people_see_what_matters_and_on_request_what_is_well(capsys):
    _, short, _ = call(capsys)
    _, long, _ = call(capsys, "--all")
    assert "PyAV has the decoder h264" not in short
    assert "ok       PyAV has the decoder h264" in long
    assert short.splitlines()[-1] == long.splitlines()[-1]
    assert short.splitlines()[-1].startswith("rtseg 0.1.0: 0 error, ")


def test_a_package_that_kills_its_process_is_exit_4_with_the_command_that_mends_it(capsys, broken):
    broken("numba", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    code, out, err = call(capsys)
    assert code == 4
    assert out.startswith("error    numba cannot be loaded\n")
    assert "because  loading it ends the process by SIGSEGV" in out
    assert "pip install --force-reinstall --no-deps 'numba>=0.59'" in out
    assert err.startswith("rtseg: the main job cannot be done here: numba cannot be loaded; ")
    assert len(err.splitlines()) == 1


def test_brackets_and_secrets_in_what_a_package_says(capsys, broken, monkeypatch):
    broken("av", "raise ImportError(\"[red]pip install 'x[all]'[/red] http://u:secret@h/\")")
    monkeypatch.setenv("RTSEG_HOME", "s3://key:secret@bucket")
    code, out, err = call(capsys, "--all")
    assert code == 4
    assert "[red]pip install 'x[all]'[/red] http://u:***@h/" in out
    assert "secret" not in out + err


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise ImportError('not for this Python')", "not for this Python"),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGILL)",
            "loading it ends the process by SIGILL",
        ),
    ],
    ids=["refuses", "kills"],
)
def test_a_broken_numpy_does_not_break_the_doctor(tmp_path, code, error):
    (tmp_path / "numpy.py").write_text(code)
    paths = os.pathsep.join([str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-m", "rtseg", "doctor", "--json"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = json.loads(ended.stdout)
    assert ended.returncode == 4
    assert "Traceback" not in ended.stderr
    assert found["machine"]["packages"]["loads"]["numpy"]["error"] == error
    assert found["machine"]["unread"]["stores"] == f"ImportError: {error}"
    assert found["machine"]["processor"]["cores"] == os.cpu_count()
