"""Who runs beside rtseg: which command, in which environment, with which network and output.

A contestant is named PEER-NETWORK-OUTPUT. The network is the precision of rtseg's own ONNX file,
or the format of Ultralytics' own network; the output is a file ("video"), none ("null"), or not
even pictures ("alone").
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from child import RTSEG, run_child
from environment import python_of

from rtseg.engine.package import ModelPackage

HERE = Path(__file__).parent
PRECISIONS = ("fp32", "int8")

Command: TypeAlias = Sequence[str | Path]


@dataclass(frozen=True)
class Task:
    """What all contestants are given. limit: frames. seconds: of the network alone.

    work: a folder that lasts for all rounds; the one in which a run writes is its own.
    """

    clip: Path
    package: ModelPackage
    threads: int
    limit: int
    seconds: int
    work: Path


@dataclass(frozen=True)
class Contestant:
    peer: str
    network: str
    output: str

    @property
    def name(self) -> str:
        return f"{self.peer}-{self.network}-{self.output}"

    @property
    def environment(self) -> str | None:
        return PEERS[self.peer][0]

    def run(self, task: Task) -> dict[str, Any]:
        """fps, frames, versions; of the peers' loops inference_ms, and alone_ms where what runs
        beside an inference slows it. Raises ChildError.

        What it writes is thrown away; the environment must be there.
        """
        python = python_of(self.environment) if self.environment else Path(sys.executable)
        with tempfile.TemporaryDirectory(dir=task.work) as out:
            command = PEERS[self.peer][1](self, task, Path(out))
            started = time.time()
            report = run_child([python, *command]).report
            if self.peer == "rtseg":
                return ran_by_rtseg(report, Path(out), started)
        return report


def rtseg(who: Contestant, task: Task, out: Path) -> Command:
    output = ["null"] if who.output == "null" else [out / "out.mp4", "--no-stats"]
    options = ["--model", task.package.folder, "--precision", who.network, "--json"]
    return [*RTSEG[1:], "run", task.clip, "-o", *output, *options, *_limits(task)]


def naive(who: Contestant, task: Task, out: Path) -> Command:
    output = ["--no-video"] if who.output == "null" else ["--out", out / "out.mp4"]
    model = task.package.file(who.network)
    return [HERE / "naive.py", task.clip, model, *output, *_limits(task)]


def supervision(who: Contestant, task: Task, out: Path) -> Command:
    spec = task.work / "spec.json"
    spec.write_text(json.dumps(spec_of(task.package)), encoding="utf-8")
    files = [task.clip, task.package.file(who.network), out / "out.mp4"]
    return [HERE / "supervision_loop.py", *files, "--spec", spec, *_limits(task)]


def ultralytics(who: Contestant, task: Task, out: Path) -> Command:
    """The exported network stays in ``work``: making it belongs to no frame. PyTorch takes each
    frame's steps strictly one after the other, and far longer: a third of the frames says as much.
    """
    output = ["--save"] if who.output == "video" else []
    limit = max(2, task.limit // 3) if who.network == "pytorch" else task.limit
    options = ["--format", who.network, *output, *_limits(replace(task, limit=limit))]
    return [HERE / "ultralytics_loop.py", task.clip, task.work / "ultralytics", *options]


def benchmark_app(who: Contestant, task: Task, out: Path) -> Command:
    options = ["--threads", str(task.threads), "--seconds", str(task.seconds)]
    return [HERE / "openvino_ceiling.py", task.package.file(who.network), *options]


def spec_of(package: ModelPackage) -> dict[str, Any]:
    """palette: hexadecimal RGB, by class."""
    spec = package.spec
    return {
        "height": spec.height,
        "width": spec.width,
        "channel_order": spec.channel_order,
        "mean": list(spec.mean),
        "std": list(spec.std),
        "palette": ["{:02x}{:02x}{:02x}".format(*rgb) for rgb in package.labels.colors.tolist()],
    }


def ran_by_rtseg(report: dict[str, Any], out: Path, started: float) -> dict[str, Any]:
    """What the other contestants' reports say, out of that of ``rtseg run --json``.

    started: seconds since 1970. The last frame is done when its file was last written, as with the
    others: x264 still holds a dozen frames when that frame is handed in.
    """
    frames, fps = report["frames_written"], report["processed_fps"]
    for film in out.glob("*.mp4"):
        seconds = film.stat().st_mtime - started - report["first_frame_seconds"]
        fps = (frames - 1) / seconds
    return {"frames": frames, "fps": fps, "versions": report["versions"]}


def _limits(task: Task) -> list[str]:
    return ["--threads", str(task.threads), "--limit", str(task.limit)]


PEERS: dict[str, tuple[str | None, Callable[[Contestant, Task, Path], Command]]] = {
    "rtseg": (None, rtseg),
    "naive": (None, naive),
    "supervision": ("supervision", supervision),
    "ultralytics": ("ultralytics", ultralytics),
    "benchmark_app": ("openvino", benchmark_app),
}
"""Name -> (environment, command); None: the one that rtseg itself is in."""

CONTESTANTS = (
    *(Contestant("benchmark_app", precision, "alone") for precision in PRECISIONS),
    *(Contestant("rtseg", precision, out) for precision in PRECISIONS for out in ("null", "video")),
    *(Contestant("naive", "fp32", out) for out in ("null", "video")),
    Contestant("naive", "int8", "video"),
    *(Contestant("supervision", precision, "video") for precision in PRECISIONS),
    Contestant("ultralytics", "pytorch", "null"),
    *(Contestant("ultralytics", "openvino", out) for out in ("null", "video")),
)
