from __future__ import annotations

import socket

import pytest

from rtseg.errors import UsageError
from rtseg.operation.address import Address


@pytest.mark.parametrize(
    ("text", "host", "port", "shown"),
    [
        (":9090", "127.0.0.1", 9090, "127.0.0.1:9090"),
        (":0", "127.0.0.1", 0, "127.0.0.1:0"),
        ("0.0.0.0:9090", "0.0.0.0", 9090, "0.0.0.0:9090"),
        ("localhost:80", "localhost", 80, "localhost:80"),
        ("[::1]:9090", "::1", 9090, "[::1]:9090"),
        ("[::]:9090", "::", 9090, "[::]:9090"),
    ],
)
def test_only_this_machine_is_served_unless_another_host_is_named(text, host, port, shown):
    address = Address.parsed(text)
    assert (address.host, address.port, str(address)) == (host, port, shown)


@pytest.mark.parametrize(
    "text",
    [
        "9090",
        "",
        ":",
        ":port",
        ":-1",
        ":65536",
        "host",
        ":9090/metrics",
        ":9090?a",
        "u@h:1",
        "[::1",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text):
    with pytest.raises(UsageError, match="cannot listen on") as refused:
        Address.parsed(text)
    assert "\n" not in str(refused.value)


def test_a_socket_of_an_address_without_a_host_cannot_be_reached_from_outside():
    with Address.parsed(":0").bound() as listening:
        host, port = listening.getsockname()
    assert host == "127.0.0.1"
    assert port > 0


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            Address.parsed(f":{port}").bound()
    assert str(refused.value) == (
        f"cannot listen on 127.0.0.1:{port}: address already in use; choose another, or port 0 "
        "for any free one"
    )


def test_a_host_that_is_not_of_this_machine_is_said():
    with pytest.raises(UsageError, match=r"cannot listen on 192\.0\.2\.1:80: cannot assign"):
        Address("192.0.2.1", 80).bound()
