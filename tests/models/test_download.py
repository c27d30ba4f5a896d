from __future__ import annotations

import hashlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from weights_server import Behaviour, serving

from rtseg.errors import SinkError, SourceError
from rtseg.models.checkpoints import Checkpoint
from rtseg.models.download import download

CONTENT = bytes(range(256)) * 1000
SIZE = 256_000


@pytest.fixture(autouse=True)
def no_proxy_between(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def wanted(address, *, content=CONTENT):
    digest = hashlib.sha256(content).hexdigest()
    return Checkpoint(f"{address}/w.pth", digest, len(content), "cgnet", "camvid11")


def part_of(path):
    return path.with_name(path.name + ".part")


def test_a_file_arrives_whole_and_its_progress_is_told(tmp_path):
    path, told = tmp_path / "store" / "w.pth", []
    with serving(server := Behaviour(CONTENT)) as address:
        download(wanted(address), path, progress=told.append)
    assert path.read_bytes() == CONTENT
    assert not part_of(path).exists()
    assert server.seen == [("/w.pth", None)]
    assert told[0] == 0
    assert told[-1] == SIZE
    assert told == sorted(told)
    assert len(told) > 3


def test_a_file_that_is_there_is_not_asked_for_again(tmp_path):
    path = tmp_path / "w.pth"
    path.write_bytes(CONTENT)
    with serving(server := Behaviour(CONTENT)) as address:
        download(wanted(address), path)
    assert server.seen == []


def test_another_file_of_that_name_is_never_overwritten(tmp_path):
    path = tmp_path / "w.pth"
    path.write_bytes(b"mine")
    with (
        serving(server := Behaviour(CONTENT)) as address,
        pytest.raises(SinkError, match="another folder with -o"),
    ):
        download(wanted(address), path)
    assert path.read_bytes() == b"mine"
    assert server.seen == []


def test_what_was_cut_off_goes_on_with_the_rest_alone(tmp_path):
    path = tmp_path / "w.pth"
    with serving(server := Behaviour(CONTENT, cut_after=100_000)) as address:
        with pytest.raises(SourceError, match="after 100000 of 256000 bytes; run the same command"):
            download(wanted(address), path)
        assert part_of(path).read_bytes() == CONTENT[:100_000]
        server.cut_after = None
        told = []
        download(wanted(address), path, progress=told.append)
    assert server.seen == [("/w.pth", None), ("/w.pth", "bytes=100000-")]
    assert told[0] == 100_000
    assert path.read_bytes() == CONTENT


def test_a_server_without_ranges_begins_anew(tmp_path):
    path = tmp_path / "w.pth"
    part_of(path).write_bytes(CONTENT[:100_000])
    told = []
    with serving(server := Behaviour(CONTENT, ranges=False)) as address:
        download(wanted(address), path, progress=told.append)
    assert server.seen == [("/w.pth", "bytes=100000-")]
    assert told[0] == 0
    assert path.read_bytes() == CONTENT


def test_a_part_that_is_already_whole_needs_no_server(tmp_path):
    path = tmp_path / "w.pth"
    part_of(path).write_bytes(CONTENT)
    with serving(server := Behaviour(CONTENT)) as address:
        download(wanted(address), path)
    assert server.seen == []
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("server", "before", "message"),
    [
        (Behaviour(b"\1" + CONTENT[1:]), b"", "sha256 differs"),
        (Behaviour(CONTENT), b"\0" * 10, "sha256 differs"),
        (Behaviour(CONTENT), CONTENT + b"\0", "sha256 differs"),
        (Behaviour(CONTENT + b"\0"), b"", "it has 256001 bytes instead of 256000"),
        (Behaviour(CONTENT[:-1]), b"", "it has 255999 bytes instead of 256000"),
        (Behaviour(CONTENT, stated=7_000_000), CONTENT[:9], "it has 7000000 bytes instead"),
        (Behaviour(CONTENT[:5]), CONTENT[:9], "no byte 9"),
        (Behaviour(CONTENT, first_byte=8), CONTENT[:9], "another byte than asked for"),
    ],
)
def test_what_is_not_the_published_file_is_refused_and_not_kept(tmp_path, server, before, message):
    path = tmp_path / "w.pth"
    if before:
        part_of(path).write_bytes(before)
    with serving(server) as address, pytest.raises(SourceError, match=message) as raised:
        download(wanted(address), path)
    assert "https://github.com/wutianyiRosun/CGNet" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_without_a_stated_length_no_more_is_taken_than_the_file_has(tmp_path):
    path = tmp_path / "w.pth"
    with serving(Behaviour(CONTENT + b"more", state_length=False)) as address:
        download(wanted(address), path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_refuses_is_quoted_and_keeps_the_part(tmp_path, status):
    path = tmp_path / "w.pth"
    part_of(path).write_bytes(CONTENT[:9])
    with (
        serving(Behaviour(CONTENT, status=status)) as address,
        pytest.raises(SourceError, match=f"answers {status} .*by hand from https"),
    ):
        download(wanted(address), path)
    assert part_of(path).read_bytes() == CONTENT[:9]


def test_a_slow_server_is_waited_for(tmp_path):
    path = tmp_path / "w.pth"
    with serving(Behaviour(CONTENT, pause_s=0.2)) as address:
        download(wanted(address), path, timeout_s=5)
    assert path.read_bytes() == CONTENT


def test_a_silent_server_is_left_and_the_part_kept(tmp_path):
    path = tmp_path / "w.pth"
    with serving(server := Behaviour(CONTENT, pause_s=30)) as address:
        with pytest.raises(SourceError, match=r"after 64000 of 256000 bytes \(timed out\)"):
            download(wanted(address), path, timeout_s=0.2)
        server.hurry.set()
    assert part_of(path).read_bytes() == CONTENT[:64_000]


def test_no_connection_is_one_line_with_secrets_masked(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(SourceError, match="no connection") as raised:
        download(wanted(f"http://me:hidden@127.0.0.1:{port}"), tmp_path / "w.pth")
    assert "hidden" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_something_that_speaks_no_http_is_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        child = subprocess.Popen(
            [sys.executable, "-c", _ANSWERS_NONSENSE], stdin=listening.fileno()
        )
        port = listening.getsockname()[1]
        with pytest.raises(SourceError, match=r"no answer \(220 mail ready"):
            download(wanted(f"http://127.0.0.1:{port}"), tmp_path / "w.pth")
        assert child.wait(10) == 0


def test_the_environments_proxy_is_asked(tmp_path, monkeypatch):
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(server := Behaviour(CONTENT)) as address:
        monkeypatch.setenv("http_proxy", address)
        download(wanted("http://weights.invalid"), tmp_path / "w.pth")
    assert server.seen == [("http://weights.invalid/w.pth", None)]
    assert (tmp_path / "w.pth").read_bytes() == CONTENT


def test_a_full_disk_keeps_the_part_and_the_rest_is_fetched_later(tmp_path):
    path = tmp_path / "w.pth"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(server := Behaviour(CONTENT)) as address:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            with pytest.raises(SinkError, match=r"cannot write .*File too large; .* is kept"):
                download(wanted(address), path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert part_of(path).read_bytes() == CONTENT[:100_000]
        download(wanted(address), path)
    assert server.seen[1] == ("/w.pth", "bytes=100000-")
    assert path.read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SinkError, match="cannot write"):
        download(wanted("http://127.0.0.1:1"), tmp_path / "file" / "w.pth")


def test_an_interrupt_keeps_the_part(tmp_path):
    path = tmp_path / "w.pth"
    with serving(server := Behaviour(CONTENT, pause_s=30)) as address:
        words = [sys.executable, "-c", _DOWNLOADS, address, str(path), wanted(address).sha256]
        child = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(_CHECKOUT)})
        _wait_for(lambda: part_of(path).exists() and part_of(path).stat().st_size == 64_000)
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 130
        assert part_of(path).read_bytes() == CONTENT[:64_000]
        server.hurry.set()
        download(wanted(address), path)
    assert server.seen[1] == ("/w.pth", "bytes=64000-")
    assert path.read_bytes() == CONTENT


_CHECKOUT = Path(__file__).resolve().parents[2]

_ANSWERS_NONSENSE = """
import socket
connection, _ = socket.socket(fileno=0).accept()
connection.recv(1 << 16)
connection.sendall(b"220 mail ready\\r\\n")
connection.close()
"""

_DOWNLOADS = """
import sys
from pathlib import Path
from rtseg.commands import main
from rtseg.models.checkpoints import CHECKPOINTS, Checkpoint
address, path, sha256 = sys.argv[1:]
CHECKPOINTS["w"] = Checkpoint(f"{address}/w.pth", sha256, 256_000, "cgnet", "camvid11")
sys.exit(main(["models", "pull", "w", "-o", str(Path(path).parent)]))
"""


def _wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
