import socket
import threading
from contextlib import closing

import pytest

from rtseg.errors import SourceError
from rtseg.source.line import Line


def connected(server):
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    return client, accepted


def test_hanging_up_ends_the_wait_on_its_own_socket_and_on_no_other():
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        old, old_end = connected(server)
        line, other = Line("127.0.0.1"), Line("127.0.0.1")
        with line.dialling():
            mine, my_end = connected(server)
        with other.dialling():
            others, others_end = connected(server)
        waiter = threading.Thread(target=mine.recv, args=(1,))
        waiter.start()
        line.hang_up()
        waiter.join(2)
        assert not waiter.is_alive()
        for each in (old_end, others_end):
            each.sendall(b"x")
        assert (old.recv(1), others.recv(1)) == (b"x", b"x")
        other.hang_up()
        assert others.recv(1) == b""
        line.forget()
        other.forget()
        for each in (old, old_end, mine, my_end, others, others_end):
            each.close()


def test_a_line_that_was_hung_up_is_not_dialled():
    line = Line("127.0.0.1")
    line.hang_up()
    with pytest.raises(SourceError) as caught, line.dialling():
        pass
    assert caught.value.cause == "closed"


def test_waiting_for_ones_turn_at_a_busy_host_can_be_ended():
    line, busy = Line("127.0.0.1"), Line("127.0.0.1")
    causes = []

    def dial():
        try:
            with line.dialling():
                pass
        except SourceError as error:
            causes.append(error.cause)

    with busy.dialling():
        waiter = threading.Thread(target=dial)
        waiter.start()
        line.hang_up()
        waiter.join(2)
    assert causes == ["closed"]


def test_a_host_that_nobody_knows_is_named():
    line = Line("no.such.host.invalid")
    with pytest.raises(SourceError, match="nobody knows the host") as caught, line.dialling():
        pass
    assert caught.value.cause == "not found"
