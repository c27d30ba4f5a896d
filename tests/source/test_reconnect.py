"""The short form of ``benchmarks/reconnect.py``: real servers, killed and started again."""

import importlib

import cv2
import pytest
from clip_maker import noise, write_clip


@pytest.fixture
def reconnect(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath / "benchmarks"))
    return importlib.import_module("reconnect")


def check(outcome):
    assert outcome.recovered == outcome.cycles == 2
    assert outcome.connection["reconnects"] == 2
    assert outcome.leaked_sockets == 0
    assert outcome.frames > 10


def test_a_feed_over_http_comes_back_each_time_its_server_does(reconnect, tmp_path):
    for index, picture in enumerate(noise(5)):
        cv2.imwrite(str(tmp_path / f"{index}.jpg"), picture)
    server = reconnect.Server("http", tmp_path)
    check(reconnect.cycles(server, 2, seed=1, longest_gap=0.3))
    assert reconnect.closing_seconds(server) < reconnect.CLOSING_SECONDS
    said = reconnect.refusals(server)
    assert said["right password"] == "opened, 48x64"
    assert said["no password"].startswith("auth failed: ")
    assert said["wrong password"].startswith("auth failed: cannot open http://anna:***@")
    assert said["wrong path"].startswith("not found: ")
    assert said["wrong codec"].startswith("codec unsupported: ")


def test_a_feed_over_rtsp_comes_back_each_time_its_server_does(reconnect, tmp_path):
    if not reconnect.has_rtsp_server():
        pytest.skip("no RTSP server: apt install python3-gi gir1.2-gst-rtsp-server-1.0")
    clip = write_clip(tmp_path / "a.mp4", noise(50))
    server = reconnect.Server("rtsp", reconnect.bare_stream_of(clip, tmp_path / "a.h264"))
    check(reconnect.cycles(server, 2, seed=1, longest_gap=0.3))
    assert reconnect.closing_seconds(server) < reconnect.CLOSING_SECONDS
    said = reconnect.refusals(server)
    assert said["right password"] == "opened, 48x64"
    assert said["no password"].startswith("auth failed: ")
    assert said["wrong password"].startswith("auth failed: cannot open rtsp://anna:***@")
    assert said["wrong path"].startswith("not found: ")
    assert said["wrong codec"].startswith("codec unsupported: ")
