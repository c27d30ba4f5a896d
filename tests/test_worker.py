"""A worker process as its parent sees it; the workers are one-liners."""

import signal
import sys
import time

import pytest

from rtseg.errors import EngineError, RtsegError, SourceError
from rtseg.worker import Patience, Worker


def worker(code, **how):
    return Worker("the worker", (sys.executable, "-S", "-c", code), **how)


def test_it_gets_its_order_tells_its_phases_and_gives_its_result():
    code = """
import json, os, sys
order = json.load(sys.stdin)
print("what a library prints")
print(json.dumps({"phase": "one"}), flush=True)
print(json.dumps({"done": {"twice": 2 * order["number"], "home": os.environ["HOME_OF_IT"]}}))
"""
    told = []
    found = worker(code, environment={"HOME_OF_IT": "here"}).ask({"number": 21}, told.append)
    assert found == {"twice": 42, "home": "here"}
    assert [each["phase"] for each in told if "phase" in each] == ["one"]


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ('print(\'{"error": "no paper", "exit_code": 4}\')', EngineError, r"^no paper$"),
        ('print(\'{"error": "it is gone", "exit_code": 3}\')', SourceError, r"^it is gone$"),
        ("raise SystemExit('out of ink')", EngineError, r"the worker ended with 1: out of ink"),
        ("import os; os.kill(os.getpid(), 9)", RtsegError, r"killed \(SIGKILL\).*memory.* or less"),
        (
            "import os; os.kill(os.getpid(), 11)",
            RtsegError,
            r"was ended by SIGSEGV: repeat",
        ),
        ("pass", EngineError, r"the worker ended with 0: no word"),
    ],
)
def test_however_it_ends_is_one_line(code, kind, message):
    with pytest.raises(kind, match=message) as caught:
        worker(code, spare=", or less").ask({}, print)
    assert "\n" not in str(caught.value)


def test_an_error_that_has_no_kind_of_its_own_is_a_failure_while_running():
    with pytest.raises(RtsegError, match="it broke") as caught:
        worker('print(\'{"error": "it broke", "exit_code": 1}\')').ask({}, print)
    assert type(caught.value) is RtsegError


def test_a_line_may_come_in_pieces_and_the_last_may_lack_its_end():
    """Longer than a pipe holds."""
    code = """
import sys
sys.stdout.write('{"done": {"text": "' + 300000 * "x")
sys.stdout.flush()
sys.stdout.write('y"}}')
"""
    assert worker(code).ask({}, print) == {"text": 300000 * "x" + "y"}


HANGING = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"phase": "measure"}', flush=True)
time.sleep(60)
"""
TALKING = """
import time
for n in range(5):
    print('{"phase": "measure"}', flush=True)
    time.sleep(0.5)
print('{"done": {}}')
"""


def test_one_that_is_silent_for_too_long_is_ended_whatever_it_does(monkeypatch):
    monkeypatch.setattr("rtseg.worker.GRACE_SECONDS", 0.2)
    hanging = worker(HANGING, ending=signal.SIGTERM, patience=Patience(1.0, "wait longer"))
    started, told = time.monotonic(), []
    with pytest.raises(RtsegError, match=r"nothing for 1 s in the phase 'measure'.*: wait longer"):
        hanging.ask({}, told.append)
    assert time.monotonic() - started < 30
    assert told == [{"phase": "measure"}]


def test_one_that_hangs_after_its_result_is_ended_too(monkeypatch):
    monkeypatch.setattr("rtseg.worker.GRACE_SECONDS", 0.2)
    code = HANGING.replace("time.sleep", "import os; os.close(1); time.sleep")
    with pytest.raises(RtsegError, match="said nothing for 1 s"):
        worker(code, ending=signal.SIGTERM, patience=Patience(1.0, "wait longer")).ask({}, print)


def test_one_that_goes_on_talking_may_take_its_time():
    assert worker(TALKING, patience=Patience(2.0, "")).ask({}, lambda event: None) == {}


def test_it_is_interrupted_and_killed_from_elsewhere():
    code = """
import signal, sys, time
def leave(*_):
    print('{"done": {"early": true}}')
    sys.exit()
signal.signal(signal.SIGINT, leave)
print('{"phase": "begun"}', flush=True)
time.sleep(60)
"""
    patient = worker(code)
    assert patient.ask({}, lambda event: patient.interrupt()) == {"early": True}
    with pytest.raises(RtsegError, match="SIGKILL"):
        patient.ask({}, lambda event: patient.kill())
    patient.interrupt()  # nobody is there
    patient.kill()


def test_whoever_stops_waiting_lets_it_end_what_it_began_itself(tmp_path):
    code = f"""
import signal, sys, time
def leave(*_):
    open({str(tmp_path / "ended")!r}, "w").close()
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print('{{"phase": "begun"}}', flush=True)
time.sleep(60)
"""

    def interrupt(event):
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        worker(code, ending=signal.SIGTERM).ask({}, interrupt)
    assert (tmp_path / "ended").exists()
    assert time.monotonic() - started < 50
