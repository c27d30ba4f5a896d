from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtseg.errors import SinkError, UsageError
from rtseg.labels import CAMVID
from rtseg.sink.base import Sink
from rtseg.sink.events import Events
from rtseg.types import Picture
from rtseg.zones.free_space import FreeSpace
from rtseg.zones.polygon import Polygon
from rtseg.zones.watch import Zones
from rtseg.zones.zone import Rule, Zone

MakePicture = Callable[..., Picture]

ROAD, CAR = 3, 8
LEFT = Polygon(((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
CARS = Rule("car", (CAR,), 0.25, 0.25, after=Fraction(1, 30), gone=Fraction(1, 30))
ZONES = Zones(CAMVID, (Zone("left", LEFT, (CARS,)),), FreeSpace((ROAD,), (-45.0, 0.0, 45.0)))

FREE = [[ROAD, ROAD], [ROAD, ROAD]]
TAKEN = [[CAR, ROAD], [ROAD, ROAD]]


def written(target: str, make: MakePicture) -> Events:
    """A car in the upper left quarter of the second to fourth of six frames of 48x64."""
    with Events(target, ZONES) as sink:
        for index in range(6):
            labels = TAKEN if 1 <= index <= 3 else FREE
            sink.write(make(index, labels=labels, captured_nanos=1000 + index))
    return sink


def expected(index: int, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "frame": index,
        "pts_s": round(index / 30, 6),
        "captured_nanos": 1000 + index,
        "zones": {"left": {"road": 1.0}},
        "alarms": [],
        "began": [],
        "ended": [],
        # Column 32 -/+ 0.7071 k is within 0..64 up to k = 45: 46 pixels, and 48 upwards.
        "free_space": {"degrees": [-45, 0, 45], "pixels": [46, 48, 46], "ends": [False] * 3},
    }
    return event | changes


def test_each_frame_is_a_line_that_says_what_holds_and_what_turns(
    tmp_path: Path, picture: MakePicture
) -> None:
    path = tmp_path / "new" / "events.jsonl"
    sink = written(str(path), picture)
    assert isinstance(sink, Sink)
    assert (sink.outputs, sink.warnings, sink.wants_image) == ((path,), (), False)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    half = {"left": {"road": 0.5, "car": 0.5}}
    # Row 47.5 - 0.7071 k is in the upper half from k = 34 on; column 32 is not the car's.
    ways = {"degrees": [-45, 0, 45], "pixels": [34, 48, 46], "ends": [True, False, False]}
    car = {"zones": half, "free_space": ways}
    assert lines == [
        expected(0),
        expected(1, **car),
        expected(2, **car, alarms=["car"], began=["car"]),
        expected(3, **car, alarms=["car"]),
        expected(4, alarms=["car"]),
        expected(5, ended=["car"]),
    ]


def test_faults_of_the_camera_go_along(tmp_path: Path, picture: MakePicture) -> None:
    path = tmp_path / "events.jsonl"
    with Events(str(path), ZONES) as sink:
        sink.write(replace(picture(labels=FREE), faults=("black",)))
        assert json.loads(path.read_text("utf-8"))["health"] == ["black"]


def test_stdout_gets_the_same_lines(
    capsys: pytest.CaptureFixture[str], picture: MakePicture
) -> None:
    sink = written("-", picture)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["frame"] for line in lines] == list(range(6))
    assert lines[5] == expected(5, ended=["car"])
    assert sink.outputs == ()


def test_udp_gets_a_datagram_a_frame(picture: MakePicture) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sink = written(f"udp://127.0.0.1:{receiver.getsockname()[1]}", picture)
        lines = [json.loads(receiver.recv(65536)) for _ in range(6)]
    assert lines[0] == expected(0)
    assert [line["alarms"] for line in lines] == [[], [], ["car"], ["car"], ["car"], []]
    assert sink.warnings == ()


def test_what_the_network_refuses_is_counted_and_never_stops_a_run(picture: MakePicture) -> None:
    """Broadcasting needs a permission that was not asked for."""
    sink = written("udp://255.255.255.255:9", picture)
    assert sink.warnings == ("6 of 6 events could not be sent to udp://255.255.255.255:9",)


def test_an_unknown_host_is_named(picture: MakePicture) -> None:
    with pytest.raises(SinkError, match=r"cannot send to udp://no\.such\.invalid:9: "):
        written("udp://no.such.invalid:9", picture)


@pytest.mark.parametrize(
    "target", ["udp://host", "udp://:99", "udp://host:99/path", "udp://h:x", "udp://me:secret@h:99"]
)
def test_an_address_is_host_and_port_and_a_password_in_it_is_not_repeated(target: str) -> None:
    with pytest.raises(UsageError, match="write it as udp://HOST:PORT") as caught:
        Events(target, ZONES)
    assert "secret" not in str(caught.value)


def test_other_targets_list_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"name a \.jsonl file, udp://HOST:PORT or -"):
        Events("events.csv", ZONES)


def test_labels_of_any_size_make_an_event(picture: MakePicture, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with Events(str(path), ZONES) as sink:
        for index, shape in enumerate(((2, 2), (7, 5), (48, 64))):
            sink.write(picture(index, labels=np.full(shape, ROAD)))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["zones"]["left"] for line in lines] == [{"road": 1.0}] * 3
