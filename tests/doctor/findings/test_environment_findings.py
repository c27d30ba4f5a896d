import pytest
from machines import bad, bare, changed, only


def test_a_misspelt_variable():
    machine = changed(bare(), "environment", ours={"RTSEG_HOEM": "/data"})
    found = only(machine, "variable-unknown")
    assert found.cause == "did you mean RTSEG_HOME?"
    assert found.command == 'export RTSEG_HOME="$RTSEG_HOEM"; unset RTSEG_HOEM'
    found = only(changed(bare(), "environment", ours={"RTSEG_X": "1"}), "variable-unknown")
    assert found.command == "unset RTSEG_X"


@pytest.mark.parametrize(
    ("state", "value", "command"),
    [
        ("empty", "", "unset RTSEG_HOME"),
        ("relative", "data", 'export RTSEG_HOME="$(realpath "$RTSEG_HOME")"'),
        ("file", "/data/file", "unset RTSEG_HOME"),
    ],
)
def test_a_home_that_cannot_be_meant(state, value, command):
    machine = changed(bare(), "environment", ours={"RTSEG_HOME": value}, home=state)
    found = only(machine, "home")
    assert found.title == f"RTSEG_HOME={value}"
    assert found.command == command


def test_a_home_that_is_not_there_yet_is_a_hint():
    machine = changed(bare(), "environment", ours={"RTSEG_HOME": "/new"}, home="missing")
    assert only(machine, "home-missing", "hint").command == 'mkdir -p "$RTSEG_HOME"'
    machine = changed(machine, "environment", home="folder")
    assert bad(machine).keys() == {"no-viewer"}


def test_variables_that_limit_threads_say_what_gets_slower():
    limits = {"OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "8"}
    found = only(changed(bare(), "environment", threads=limits), "threads-limited", "hint")
    assert "OMP_NUM_THREADS=1" in found.title
    assert "OPENCV" not in found.title
    assert "rtseg train" in found.consequence
    assert found.command == "unset OMP_NUM_THREADS"
