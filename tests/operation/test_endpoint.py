from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest

from rtseg.operation import endpoint as limits
from rtseg.operation.address import Address
from rtseg.operation.endpoint import Endpoint, Page

PAGES = {
    "/hello": lambda: Page(b"good day\n"),
    "/ill": lambda: Page(b"{}", "application/json", HTTPStatus.SERVICE_UNAVAILABLE),
}


@pytest.fixture
def served():
    with Endpoint(Address("127.0.0.1", 0), PAGES) as endpoint:
        yield urlsplit(endpoint.url)


def ask(served, path, method="GET", **more):
    connection = http.client.HTTPConnection(served.hostname, served.port, timeout=30)
    try:
        connection.request(method, path, **more)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@contextmanager
def connected(served):
    with socket.create_connection((served.hostname, served.port), timeout=30) as client:
        yield client


def all_of(client):
    """What comes until the other side closes; it may do so harshly."""
    found = b""
    try:
        while piece := client.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def test_a_page_comes_with_its_status_type_and_length(served):
    status, headers, body = ask(served, "/hello")
    assert (status, body) == (200, b"good day\n")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (headers["Content-Length"], headers["Connection"]) == ("9", "close")
    status, headers, body = ask(served, "/ill")
    assert (status, headers["Content-Type"], body) == (503, "application/json", b"{}")


def test_a_query_changes_nothing_and_head_gives_no_body(served):
    assert ask(served, "/hello?a=b")[2] == b"good day\n"
    status, headers, body = ask(served, "/hello", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "9", b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
def test_only_reading_is_allowed(served, method):
    status, headers, _ = ask(served, "/hello", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    ["/", "/hello/", "//hello", "/hello/../ill", "/../../etc/passwd", "/%2e%2e/etc/passwd",
     "/%68ello", "http://127.0.0.1/hello", "*", "/\x80"],
)  # fmt: skip
def test_every_other_path_is_not_found(served, path):
    with connected(served) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode("latin-1"))
        assert all_of(client).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "line", [b"", b"GET", b"GET /hello", b"GET  /hello HTTP/1.1", b"GET /hello HTTP/2", b"\0\xff"]
)
def test_what_is_no_request_is_said_to_be_none(served, line):
    with connected(served) as client:
        client.sendall(line + b"\r\n\r\n")
        assert all_of(client).startswith(b"HTTP/1.1 400 ")


def test_a_head_that_is_too_long_is_refused(served):
    with connected(served) as client:
        client.sendall(b"GET /hello HTTP/1.1\r\nCookie: " + b"a" * 9000 + b"\r\n\r\n")
        assert all_of(client).startswith(b"HTTP/1.1 431 ")


def test_a_head_that_never_ends_is_not_read_to_its_end(served):
    endless = b"a: b\r\n" * 10_000_000
    with connected(served) as client, pytest.raises(ConnectionError):
        client.sendall(endless)
    assert ask(served, "/hello")[0] == 200


def test_a_client_that_trickles_is_cut_off_and_keeps_nobody_waiting(served, monkeypatch):
    monkeypatch.setattr(limits, "EXCHANGE_SECONDS", 0.5)
    began = time.monotonic()
    with connected(served) as client:
        client.settimeout(0.05)
        while not is_cut_off(client):
            assert ask(served, "/hello")[0] == 200
    assert 0.4 < time.monotonic() - began < 20


def is_cut_off(client):
    """After one more byte of a request that has no end."""
    try:
        client.sendall(b"G")
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_one_client_too_many_is_turned_away_and_room_is_made_again(served, monkeypatch):
    monkeypatch.setattr(limits, "CONNECTIONS", 3)
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(served)) for _ in range(4)]
        assert all_of(clients[3]) == b""
        clients[0].sendall(b"GET /hello HTTP/1.1\r\n\r\n")
        assert all_of(clients[0]).endswith(b"good day\n")
        clients.append(stack.enter_context(connected(served)))
        clients[4].sendall(b"GET /hello HTTP/1.1\r\n\r\n")
        assert all_of(clients[4]).endswith(b"good day\n")


def test_leaving_ends_the_thread_and_open_connections_at_once():
    with Endpoint(Address("127.0.0.1", 0), PAGES) as endpoint:
        served = urlsplit(endpoint.url)
        assert "rtseg-endpoint" in [each.name for each in threading.enumerate()]
        client = socket.create_connection((served.hostname, served.port), timeout=30)
        client.sendall(b"GET /hel")
        ask(served, "/hello")
        began = time.monotonic()
    with client:
        assert time.monotonic() - began < 4
        assert all_of(client) == b""
    assert "rtseg-endpoint" not in [each.name for each in threading.enumerate()]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((served.hostname, served.port))
