"""A worker process as its parent sees it; the workers are one-liners."""

import signal
import sys
import time

import pytest

from rtseg.engine.apart import Worker
from rtseg.errors import EngineError, RtsegError


def worker(code, **how):
    return Worker("the worker", (sys.executable, "-c", code), **how)


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
        ('print(\'{"error": "no paper"}\')', EngineError, r"^no paper$"),
        ("raise SystemExit('out of ink')", EngineError, r"the worker ended with 1: out of ink"),
        ("import os; os.kill(os.getpid(), 9)", RtsegError, r"killed \(SIGKILL\).*memory.* or less"),
        ("import os; os.kill(os.getpid(), 11)", RtsegError, r"the worker was ended by SIGSEGV"),
        ("pass", EngineError, r"the worker ended with 0: no word"),
    ],
)
def test_however_it_ends_is_one_line(code, kind, message):
    with pytest.raises(kind, match=message) as caught:
        worker(code, spare=", or less").ask({}, print)
    assert "\n" not in str(caught.value)


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
