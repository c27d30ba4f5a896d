from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from rtseg.commands import log, main
from rtseg.errors import SourceError

ADDRESS = "rtsp://anna:secret@127.0.0.1/a?token=secret"


@pytest.fixture(autouse=True)
def text_again():
    yield
    log.write_as("text")


def lines(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_people_get_a_line_each_with_secrets_masked(capsys):
    log.tell("metrics at http://127.0.0.1:1/metrics", event="listening", url="x")
    log.warn(f"no frame of {ADDRESS} for 3 s")
    log.fail(SourceError(f"lost {ADDRESS}"))
    assert lines(capsys) == [
        "rtseg: metrics at http://127.0.0.1:1/metrics",
        "rtseg: warning: no frame of rtsp://anna:***@127.0.0.1/a?token=*** for 3 s",
        "rtseg: lost rtsp://anna:***@127.0.0.1/a?token=***",
    ]


def test_programs_get_an_object_each_with_secrets_masked(capsys):
    log.write_as("json")
    log.tell("two\nlines", event="listening", url=ADDRESS, port=9)
    log.warn("late")
    log.fail(SourceError(f"lost {ADDRESS}"), trace=f"Traceback of {ADDRESS}")
    told, warned, failed = (json.loads(line) for line in lines(capsys))
    moment = datetime.fromisoformat(told.pop("time"))
    assert abs(datetime.now(timezone.utc) - moment) < timedelta(minutes=1)
    assert told == {
        "level": "info",
        "event": "listening",
        "url": "rtsp://anna:***@127.0.0.1/a?token=***",
        "port": 9,
        "message": "two\nlines",
    }
    assert (warned["level"], warned["event"], warned["message"]) == ("warning", "warning", "late")
    assert list(failed)[:3] == ["time", "level", "event"]
    assert (failed["level"], failed["type"], failed["exit_code"]) == ("error", "SourceError", 3)
    assert failed["traceback"] == "Traceback of rtsp://anna:***@127.0.0.1/a?token=***"


@pytest.mark.parametrize("words", [["--log", "json"], []])
def test_the_option_or_the_environment_asks_for_json(capsys, monkeypatch, words):
    if not words:
        monkeypatch.setenv("RTSEG_LOG", "json")
    assert main(["run", "absent.mp4", "-o", "null", *words, "--debug"]) == 3
    (line,) = (json.loads(line) for line in lines(capsys))
    assert (line["level"], line["event"], line["exit_code"]) == ("error", "failed", 3)
    assert "absent.mp4" in line["message"]
    assert line["traceback"].startswith("Traceback")


def test_the_next_command_is_for_people_again(capsys):
    assert main(["run", "absent.mp4", "-o", "null", "--log", "json"]) == 3
    assert main(["run", "absent.mp4", "-o", "null"]) == 3
    assert [line[0] for line in lines(capsys)] == ["{", "r"]


@pytest.mark.parametrize("words", [["--log", "xml"], []])
def test_another_form_is_refused(capsys, monkeypatch, words):
    if not words:
        monkeypatch.setenv("RTSEG_LOG", "xml")
    assert main(["run", "absent.mp4", *words]) == 2
    assert lines(capsys) == ["rtseg: no log named 'xml'; there are: text, json"]
