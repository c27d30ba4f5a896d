"""What docs/operation.md and the files beside it say is so."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import typer

from rtseg.commands import app
from rtseg.labels import CAMVID
from rtseg.operation.health import Health
from rtseg.operation.metrics import Metrics
from rtseg.source.connection import Connection
from rtseg.stats import RunStats

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/operation.md").read_text("utf-8")
UNIT = (ROOT / "docs/operation/rtseg.service").read_text("utf-8")
DOCKERFILE = (ROOT / "docs/operation/Dockerfile").read_text("utf-8")


def asked_of_run(words, monkeypatch):
    """The parameters that `rtseg run` reads out of a recipe's command line."""
    monkeypatch.setenv("RTSEG_SOURCE", "rtsp://camera/stream")
    assert words[0] == "run"
    command = typer.main.get_command(app).get_command(None, "run")
    return command.make_context("run", list(words[1:])).params


def test_the_table_of_metrics_is_what_is_served():
    stats = RunStats(0)
    stats.finish(0, time.monotonic_ns())
    stats.clock("inference", 1)
    stats.see(np.ones(256, np.int64))
    metrics = Metrics()
    metrics.follow(
        "clip.mp4",
        model="m",
        labels=CAMVID,
        stats=lambda: stats,
        health=lambda: Health("flowing", ""),
        connection=Connection(0),
    )
    served = set(re.findall(r"^(rtseg_\w+)\{", metrics.page().body.decode(), re.MULTILINE))
    rows = [line.split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| `rtseg_")]
    assert served == set(re.findall(r"rtseg_\w+", " ".join(rows)))
    alerts = PAGE.partition("```\ngroups:")[2].partition("```")[0]
    assert "RtsegStalled" in alerts
    assert set(re.findall(r"\brtseg_\w+", alerts)) <= served


def test_the_unit_starts_a_run_that_tells_systemd(monkeypatch):
    line = re.search(r"^ExecStart=/opt/rtseg/bin/rtseg (.*)$", UNIT, re.MULTILINE)[1]
    asked = asked_of_run(shlex.split(line), monkeypatch)
    assert (asked["source"], asked["metrics"]) == ("rtsp://camera/stream", ":9090")
    assert asked["log"] == "json"
    assert {"Type=notify", "WatchdogSec=120", "SuccessExitStatus=130 143"} <= set(UNIT.splitlines())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_has_nothing_to_say_of_the_unit(tmp_path):
    unit = tmp_path / "rtseg.service"
    unit.write_text(UNIT.replace("/opt/rtseg/bin/rtseg", sys.executable))
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    ours = [line for line in ended.stderr.splitlines() if "rtseg" in line]
    assert ours == []


def test_the_image_copies_what_there_is_and_starts_a_run(monkeypatch):
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ")]
    assert all((ROOT / name).exists() for names in copied for name in names)
    start = json.loads(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])
    assert asked_of_run(start, monkeypatch)["metrics"] == "0.0.0.0:9090"
    check = re.search(r'"(from urllib\.request .*)"\]$', DOCKERFILE, re.MULTILINE)[1]
    compile(check, "HEALTHCHECK", "exec")
    assert "/healthz" in check


def test_the_example_of_a_line_has_the_keys_of_a_line():
    example = json.loads(re.search(r'^\{"time".*$', PAGE, re.MULTILINE)[0])
    assert list(example) == ["time", "level", "event", "message"]
