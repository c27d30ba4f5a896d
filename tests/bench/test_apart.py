"""What a child's end means, told by children that do nothing but end."""

import sys

import pytest

from rtseg.bench import apart
from rtseg.bench.apart import Apart, Order
from rtseg.errors import RtsegError, SourceError

ORDER = Order("road", "clip", "auto", "m", "auto", "auto", 1.0, 1)


@pytest.fixture
def run(monkeypatch):
    def run(program):
        monkeypatch.setattr(apart, "CHILD", (sys.executable, "-S", "-c", program))
        return Apart().run(ORDER)

    return run


def test_the_order_arrives_and_what_libraries_print_is_no_answer(run):
    found = run("import sys; print('hello'); print('{\"got\": ' + sys.stdin.read() + '}')")
    assert found == {"got": vars(ORDER)}


def test_an_error_keeps_its_kind(run):
    with pytest.raises(SourceError, match="it is gone"):
        run("""print('{"error": "it is gone", "exit_code": 3}')""")
    with pytest.raises(RtsegError) as raised:
        run("""print('{"error": "it broke", "exit_code": 1}')""")
    assert type(raised.value) is RtsegError


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", r"killed \(SIGKILL\), most likely for want of"),
        ("import os; os.kill(os.getpid(), 15)", "ended by SIGTERM"),
        ("raise SystemExit('too bad')", "it ended with 1: too bad"),
        ("print('hello')", "it ended with 0: no word"),
    ],
)
def test_a_sudden_end_is_named(run, program, words):
    with pytest.raises(RtsegError, match=words):
        run(program)


def test_with_no_child_there_is_nothing_to_interrupt():
    Apart().interrupt()
    Apart().kill()
