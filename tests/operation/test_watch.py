"""Whole runs that are watched: tests/commands/test_secrets.py."""

from __future__ import annotations

import json
import socket
import sys
import urllib.error
import urllib.request

import pytest

from rtseg.commands import main
from rtseg.errors import UsageError
from rtseg.operation.watch import Watch


def test_before_there_is_a_run_it_is_starting_and_nobody_is_told(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with Watch(":0") as watch:
            assert watch.beat(stopping=False) is None
            with pytest.raises(urllib.error.HTTPError) as answer:
                urllib.request.urlopen(f"{watch.url}/healthz", timeout=30)
            with answer.value as page:
                assert (page.code, page.headers["Content-Type"]) == (503, "application/json")
                assert json.load(page)["state"] == "starting"
            with urllib.request.urlopen(f"{watch.url}/metrics", timeout=30) as page:
                assert b"process_resident_memory_bytes" in page.read()
        assert manager.recv(100) == b"STOPPING=1"


def test_what_is_not_asked_for_is_not_there():
    with Watch() as watch:
        assert watch.url == ""
        assert watch.beat(stopping=False) is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metrics", "PORT"], "address already in use"),
        (["--metrics", "9090"], "expected :PORT or HOST:PORT"),
        (["--stall-after", "0"], "expected seconds above 0"),
    ],
)
def test_a_watch_that_cannot_be_kept_ends_the_command_before_it_begins(
    capsys, tmp_path, monkeypatch, words, message
):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = [each.replace("PORT", f":{taken.getsockname()[1]}") for each in words]
        assert main(["run", "test://road", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_without_its_package_the_option_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "rtseg.operation.metrics", raising=False)
    with pytest.raises(UsageError, match=r"pip install 'rtseg\[metrics\]'"):
        Watch(":0")
