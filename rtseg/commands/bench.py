"""``rtseg bench``: how fast this machine is, by numbers that can be believed and repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SECONDS, SOAK_SECONDS = 10.0, 1800.0
ROUNDS = 3
WARM_UP = 20  # more than the pipeline holds: no frame that counts met a cold stage


def command(
    source: Annotated[
        str, typer.Argument(help="Anything that `rtseg run` takes, or an earlier report.json.")
    ],
    models: Annotated[str, typer.Option(help="Names or folders, by commas.")] = "",
    backends: Annotated[str, typer.Option(help="By commas: openvino,onnxruntime.")] = "auto",
    precisions: Annotated[str, typer.Option(help="By commas: fp32,bf16,fp16,int8.")] = "auto",
    sizes: Annotated[
        str, typer.Option(help="HxW of the network's input, by commas; else its own.")
    ] = "",
    mode: Annotated[
        str, typer.Option(help="offline: every frame. live: paced, newest wins. auto: by source.")
    ] = "auto",
    duration: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds a round (10; 1800 with --soak).")
    ] = None,
    repeat: Annotated[int | None, typer.Option(min=1, help="Rounds (3; 1 with --soak).")] = None,
    warm_up: Annotated[int, typer.Option(min=0, help="Frames before those that count.")] = WARM_UP,
    engine_only: Annotated[
        bool, typer.Option("--engine-only", help="Inference alone, without the frame's road.")
    ] = False,
    soak: Annotated[bool, typer.Option("--soak", help="A long run, minute by minute.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the report's page.")
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(help=".csv, .jsonl or .parquet: every frame's moments.")
    ] = None,
    history: Annotated[
        list[Path],
        typer.Option(help="An earlier report.json to compare with; repeatable."),
    ] = [],  # noqa: B006 - typer copies it
    tolerance: Annotated[
        float, typer.Option(min=0.0, max=0.99, help="Of --history: exit 5 if slower by more.")
    ] = 0.05,
    across_machines: Annotated[
        bool, typer.Option("--across-machines", help="Let --history compare unlike machines.")
    ] = False,
    min_fps: Annotated[float, typer.Option(min=0.0, help="Exit 5 if a cell is below.")] = 0.0,
    max_p99_ms: Annotated[
        float, typer.Option(min=0.0, help="Exit 5 if a cell's latency p99 is above.")
    ] = float("inf"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure SOURCE's whole road to the painted overlay, and the engine alone.

    Every combination of models, backends, precisions and sizes is measured in rounds that take
    turns, each in a process of its own.

    \b
    rtseg bench drive.mp4                                  the default model, 3 rounds of 10 s
    rtseg bench drive.mp4 --precisions fp32,bf16,int8 -o report
    rtseg bench 0 --mode live --duration 60 --min-fps 29 --max-p99-ms 60
    rtseg bench test://road --engine-only --sizes 256x320,352x480 --json
    rtseg bench test://road --soak --duration 1800 -o soak
    rtseg bench drive.mp4 --history last/report.json --tolerance 0.1
    """
    from rtseg.bench.advice import REAL_TIME_FPS
    from rtseg.bench.cells import cells
    from rtseg.commands.bench_end import Wishes, conclude, read_result
    from rtseg.commands.bench_race import Race, Wanted
    from rtseg.errors import UsageError

    wishes = Wishes(
        output=output,
        samples=samples,
        earlier={str(path): read_result(path) for path in history},
        tolerance=tolerance,
        across_machines=across_machines,
        min_fps=min_fps,
        max_p99_ms=max_p99_ms,
        as_json=as_json,
    )
    if source.endswith(".json"):
        if not history or output or samples:
            raise UsageError(
                f"{source!r} is a report, which can only be compared: give --history OLD.json"
            )
        conclude(read_result(Path(source)) | {"outputs": []}, {}, wishes)
        return
    wishes.check()
    race = Race(
        Wanted(
            source,
            mode,
            tuple(
                cells(
                    models.split(","),
                    backends=backends.split(","),
                    precisions=precisions.split(","),
                    sizes=sizes.split(","),
                )
            ),
            seconds=duration or (SOAK_SECONDS if soak else SECONDS),
            repeat=repeat or (1 if soak else ROUNDS),
            warm_up=warm_up,
            engine_only=engine_only,
            soak=soak,
            target_fps=min_fps or REAL_TIME_FPS,
        )
    )
    result = race.run()
    conclude(result, race.rounds, wishes)
    raise typer.Exit(race.exit_code)
