"""``rtseg selftest``: every engine of every model, proved and measured on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.commands.export import LEAST_AGREEMENT
from rtseg.commands.trial import FAILED, NOT_RUN, PASSED, TrialOrder
from rtseg.commands.trial_plan import BACKENDS, HOME, Plan, listed
from rtseg.errors import EngineError, RtsegError, ThresholdError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from rtseg.worker import Tell

FORMAT = 1

ROAD = "test://road?fps=2"
"""A frame every half second of the drive: few of them show much."""

PRECISIONS = BACKENDS["tensorrt"]


def command(
    models: Annotated[str, typer.Option(help="A,B by name or folder; default: all shipped.")] = "",
    backends: Annotated[str, typer.Option(help="Which of them.")] = ",".join(BACKENDS),
    precisions: Annotated[str, typer.Option(help="Which of them.")] = ",".join(PRECISIONS),
    source: Annotated[str, typer.Option(help="A clip or pictures of a road; no camera.")] = ROAD,
    frames: Annotated[int, typer.Option(min=8, help="Of the source, for the clock.")] = 120,
    calibration: Annotated[
        str, typer.Option(help="A set or folder of pictures for INT8; default: of the source.")
    ] = "",
    min_agreement: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="With FP32 on the CPU; below it: exit 5.")
    ] = LEAST_AGREEMENT,
    workspace: Annotated[
        int, typer.Option(min=0, help="MiB that the builder may use; 0: all there is.")
    ] = 0,
    silence: Annotated[
        float, typer.Option(min=1.0, help="Seconds without a step until a row is given up.")
    ] = 900.0,
    keep: Annotated[
        bool, typer.Option("--keep", help="Engines go into your own store, for `rtseg run`.")
    ] = False,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The report, a JSON file to send to others.")
    ] = HOME / "selftest.json",
    as_json: Annotated[bool, typer.Option("--json", help="The report on stdout, too.")] = False,
) -> None:
    """Prove and measure models on this machine: a row for each backend and precision.

    TensorRT engines are built and gated as `rtseg build` does, but into runs/selftest. Labels are
    compared with FP32 on the CPU; then the engine alone is timed, then all of a run but writing.
    Each row is a process of its own: one that fails, crashes or hangs stops no other.

    Exit 5 where a row disagrees, else that of the first row that failed or could not run, else 0.

    \b
    rtseg selftest
    rtseg selftest --source drive.mp4 --calibration my-footage -o report.json
    rtseg selftest --backends openvino --frames 30
    rtseg selftest --precisions fp16 --keep
    """
    from rtseg.commands.files import writable_folder, write
    from rtseg.commands.screen import print_json
    from rtseg.source.masking import masked

    plan = Plan(
        tuple(filter(None, models.split(","))),
        listed(backends, BACKENDS, "--backends"),
        listed(precisions, PRECISIONS, "--precisions"),
        source=source,
        frames=frames,
        calibration=calibration,
        min_agreement=min_agreement,
        workspace=workspace,
        keep=keep,
        command=masked(" ".join(["rtseg", *sys.argv[1:]])),
    )
    orders = plan.orders()
    writable_folder(output.parent)
    report = _begun(plan)
    for row in _rows(orders, keep=keep, silence=silence):
        report["rows"].append(row)
        report["exit_code"] = exit_code(report["rows"])
        write(output, json.dumps(report, indent=2) + "\n")
    if as_json:
        print_json(report)
    else:
        _show(report, output)
    raise typer.Exit(report["exit_code"])


def exit_code(rows: list[dict[str, Any]]) -> int:
    """That of a disagreement before any other: wrong labels are worse than none."""
    codes = [row["exit_code"] for row in rows if row["status"] != PASSED]
    wrong = ThresholdError.exit_code
    return wrong if wrong in codes else next(iter(codes), 0)


def _begun(plan: Plan) -> dict[str, Any]:
    """The report before its first row."""
    import time

    from rtseg.commands.machine import machine
    from rtseg.source.masking import masked

    return {
        "format": FORMAT,
        "command": plan.command,
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "source": masked(plan.source),
        "frames": plan.frames,
        "min_agreement": plan.min_agreement,
        "rows": [],
        "exit_code": 0,
    }


def _rows(orders: list[TrialOrder], *, keep: bool, silence: float) -> Iterator[dict[str, Any]]:
    """One after the other; what went wrong with one is said when it does."""
    from rtseg.commands.log import warn
    from rtseg.commands.machine import obstacles
    from rtseg.commands.screen import progress_bar

    missing = obstacles() if any(each.backend == "tensorrt" for each in orders) else []
    for words in missing:
        warn(f"TensorRT cannot run here: {words}")
    with progress_bar("selftest") as bar:
        task = bar.add_task("selftest", total=len(orders), note="")
        for order in orders:
            title = _title(order.row(NOT_RUN))
            tell = partial(_tell, bar, task, title=title)
            if missing and order.backend == "tensorrt":
                reason = "; ".join(missing)
                row = order.row(NOT_RUN, reason=reason, exit_code=EngineError.exit_code)
            else:
                row = _row(order, tell, keep=keep, silence=silence)
            bar.advance(task)
            if row["status"] not in (PASSED, NOT_RUN):
                warn(f"{title} {row['status']}: {row['reason']}")
            yield row


def _row(order: TrialOrder, tell: Tell, *, keep: bool, silence: float) -> dict[str, Any]:
    """What the row's own process says; if it cannot any more, why."""
    import signal
    from dataclasses import asdict

    from rtseg.worker import Patience, Worker

    worker = Worker(
        "the process of this row",
        (sys.executable, "-m", "rtseg.commands.trial"),
        ending=signal.SIGTERM,  # so that it can end a builder of its own
        environment={} if keep else {"RTSEG_HOME": str(HOME.resolve())},
        patience=Patience(silence, "if nvidia-smi still answers, give it more with --silence"),
    )
    try:
        return worker.ask(asdict(order), tell)
    except RtsegError as error:
        return order.row(FAILED, reason=str(error), exit_code=error.exit_code)


def _tell(bar: Progress, task: TaskID, event: dict[str, Any], *, title: str) -> None:
    bar.update(task, note=f"{title}: {event['phase']}")


def _title(row: dict[str, Any]) -> str:
    return f"{row['model']} {row['backend']} {row['precision']}"


def _show(report: dict[str, Any], output: Path) -> None:
    from rtseg.commands.fraction import percent
    from rtseg.commands.screen import show, table

    rows = table(
        "row", "result", "agree %", "classes", "engine ms", "engine_fps", "processed_fps", "built s"
    )
    for row in report["rows"]:
        latency, build = row["engine_ms"] or {}, row["build"] or {}
        numbers = (latency.get("p50"), row["engine_fps"], row["processed_fps"])
        rows.add_row(
            _title(row),
            row["status"],
            percent(row["agreement"]) if row["agreement"] is not None else "-",
            str(row["classes"] or "-"),
            *(f"{each:.1f}" if each else "-" for each in numbers),
            f"{build['seconds']:.0f}" if build else "-",
        )
    commands = [row["trtexec"] for row in report["rows"] if row["trtexec"]]
    show(_about(report["machine"]), "", rows, "")
    if commands:
        show("engine_fps without copies and pre-processing, by NVIDIA's own tool:", *commands, "")
    show(f"wrote {output}: attach it when you report how your machine does")


def _about(machine: dict[str, Any]) -> str:
    gpu = machine["gpu"]
    jetson = f", JetPack {machine['jetpack']} (L4T {machine['l4t']})" if machine["l4t"] else ""
    cuda = f"{gpu['name']} (SM{gpu['sm']}, CUDA {gpu['cuda']}){jetson}; " if gpu else ""
    return f"{cuda}{machine['cpu']}, {machine['cores']} cores; {machine['system']}"
