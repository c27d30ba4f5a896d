from __future__ import annotations

import socket
import uuid

import pytest

from rtseg.errors import UsageError
from rtseg.operation.service import ServiceManager

SECOND = 10**9


@pytest.fixture(params=["path", "abstract"])
def heard(request, tmp_path):
    """(NOTIFY_SOCKET, a function that gives the datagrams since it was called last)."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@rtseg-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        receiver.setblocking(False)

        def words():
            found = []
            try:
                while True:
                    found.append(receiver.recv(100).decode())
            except BlockingIOError:
                return found

        yield name, words


def test_the_first_frame_makes_it_ready_and_the_end_is_said_once(heard):
    name, words = heard
    service = ServiceManager({"NOTIFY_SOCKET": name})
    service.flow(0, 5 * SECOND)
    assert words() == []
    service.flow(6 * SECOND, 6 * SECOND)
    service.flow(7 * SECOND, 7 * SECOND)
    assert words() == ["READY=1"]
    service.stop()
    service.stop()
    service.flow(8 * SECOND, 8 * SECOND)
    assert words() == ["STOPPING=1"]


def test_the_watchdog_is_fed_by_frames_at_half_its_time_and_starves_in_a_stall(heard):
    name, words = heard
    service = ServiceManager({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "4000000"})
    fed_at = []
    for tenth in range(100, 300):  # a frame every 0.1 s from second 10 to 20, then none
        service.flow(min(tenth, 200) * SECOND // 10, tenth * SECOND // 10)
        fed_at += [tenth / 10 for word in words() if word == "WATCHDOG=1"]
    assert fed_at == [12.0, 14.0, 16.0, 18.0, 20.0]


def test_a_frame_that_comes_just_before_the_time_is_over_feeds_in_time(heard):
    name, words = heard
    service = ServiceManager({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "4000000"})
    fed_at = []
    for tenth in range(100, 300):  # a frame every 3.5 s
        service.flow((tenth - tenth % 35) * SECOND // 10, tenth * SECOND // 10)
        fed_at += [tenth / 10 for word in words() if word == "WATCHDOG=1"]
    # 10.0 made it ready; that of 10.5 feeds as soon as half the time is over.
    assert fed_at == [12.0, 14.0, 17.5, 21.0, 24.5, 28.0]


@pytest.mark.parametrize("pid", ["0", "4194305"])
def test_the_watchdog_of_another_process_is_left_alone(heard, pid):
    name, words = heard
    service = ServiceManager(
        {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": pid}
    )
    for second in range(10):
        service.flow(second * SECOND, second * SECOND)
    assert words() == ["READY=1"]


def test_without_a_manager_or_with_one_that_is_gone_nothing_happens(tmp_path):
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}):
        service = ServiceManager(environment)
        service.flow(1, 1)
        service.stop()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"NOTIFY_SOCKET": "vsock:2:1"}, "NOTIFY_SOCKET 'vsock:2:1'"),
        ({"WATCHDOG_USEC": "soon"}, "WATCHDOG_USEC 'soon'"),
    ],
)
def test_an_environment_that_cannot_be_used_is_said(environment, words):
    with pytest.raises(UsageError, match=words):
        ServiceManager(environment)
