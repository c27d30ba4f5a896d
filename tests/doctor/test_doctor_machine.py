from pathlib import Path

from rtseg.doctor.machine import read_machine


def test_a_machine_of_which_nothing_can_be_read_is_still_described(laid_out):
    found = read_machine(laid_out({}))
    assert found.unread == {}
    assert found.processor.cores == 0
    assert found.system.name == ""
    assert found.packages.loads == {}


def test_a_noun_that_cannot_be_read_leaves_the_others(laid_out):
    files = {"/proc/self/cgroup": "no colons here\n", "/etc/os-release": 'PRETTY_NAME="X"\n'}
    found = read_machine(laid_out(files))
    assert found.processor is None
    assert found.unread.keys() == {"processor"}
    assert "ValueError" in found.unread["processor"]
    assert found.system.name == "X"


def test_nothing_is_written_anywhere_by_looking(laid_out, tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path / "home"))
    before = sorted(tmp_path.rglob("*"))
    read_machine(laid_out({}))
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path(tmp_path / "home").exists()
