"""``rtseg run``: the main job. A source in, pictures, labels and numbers out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, cast

import typer


def command(
    source: Annotated[
        str,
        typer.Argument(
            help="Video, folder, camera, address, test://road ...", envvar="RTSEG_SOURCE"
        ),
    ],
    output: Annotated[
        list[str],
        typer.Option("--output", "-o", help="out.mp4, f_%06d.png, s.csv, DIR/, null; repeatable."),
    ] = [],  # noqa: B006 - typer copies it
    model: Annotated[str, typer.Option("--model", "-m", help="Name or folder.")] = "",
    backend: Annotated[
        str, typer.Option(help="auto, openvino, onnxruntime, tensorrt, rtx.")
    ] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16, fp16 or int8.")] = "auto",
    mode: Annotated[
        str, typer.Option(help="offline: every frame. live: paced, newest wins. auto: by source.")
    ] = "auto",
    smooth: Annotated[
        str, typer.Option(help="Steady labels: off, ema (standing camera) or flow (moving).")
    ] = "off",
    smooth_weight: Annotated[
        float | None, typer.Option(help="Of the frame at hand, above 0 to 1; default 0.5.")
    ] = None,
    keyframe: Annotated[
        str, typer.Option(help="Network on every Nth frame, or adaptive; warped in between.")
    ] = "1",
    target_fps: Annotated[
        float | None, typer.Option(help="Live: smaller networks where that holds this rate.")
    ] = None,
    ladder: Annotated[
        str, typer.Option(help="HxW,HxW of the networks for --target-fps; else four.")
    ] = "",
    health: Annotated[
        str, typer.Option(help="Watch the camera: on, off, or auto: live sources.")
    ] = "auto",
    look: Annotated[str, typer.Option(help="overlay, mask, side or contours.")] = "overlay",
    opacity: Annotated[float, typer.Option(help="Of the colours, 0..1.")] = 0.5,
    legend: Annotated[bool, typer.Option("--legend", help="Classes and FPS in a corner.")] = False,
    hide: Annotated[str, typer.Option(help="Classes to leave uncoloured: sky,tree.")] = "",
    stats: Annotated[Path | None, typer.Option(help=".csv, .jsonl or .parquet per frame.")] = None,
    no_stats: Annotated[bool, typer.Option("--no-stats", help="Not beside a video.")] = False,
    masks: Annotated[Path | None, typer.Option(help="Folder of palette PNGs.")] = None,
    label_video: Annotated[Path | None, typer.Option(help="Exact ids, FFV1 in .mkv.")] = None,
    zones: Annotated[Path | None, typer.Option(help="TOML of zones, rules, free space.")] = None,
    events: Annotated[str, typer.Option(help="Of them: x.jsonl, udp://HOST:PORT or -.")] = "",
    crf: Annotated[int, typer.Option(help="H.264 quality, 0 (best) .. 51.")] = 23,
    preset: Annotated[str, typer.Option(help="x264 preset.")] = "veryfast",
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after N frames.")] = None,
    width: Annotated[int | None, typer.Option(min=1, help="Wish to a camera.")] = None,
    height: Annotated[int | None, typer.Option(min=1, help="Wish to a camera.")] = None,
    fps: Annotated[float | None, typer.Option(help="Wish to a camera; rate of pictures.")] = None,
    fourcc: Annotated[str | None, typer.Option(help="Wish to a camera, e.g. MJPG.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="The file is still being written: go on as it grows.")
    ] = False,
    give_up_after: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds to look for a lost camera or stream; default: for ever."),
    ] = None,
    max_age: Annotated[
        float | None, typer.Option(min=1, help="Drop live frames older than so many milliseconds.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="Of the engine; 0 = all cores.")] = 0,
    metrics: Annotated[
        str, typer.Option(help=":9090 or HOST:9090: numbers for Prometheus, and /healthz.")
    ] = "",
    stall_after: Annotated[
        float, typer.Option(help="Seconds without a frame that /healthz calls a stall.")
    ] = 10.0,
    log: Annotated[
        str, typer.Option(envvar="RTSEG_LOG", help="text or json: of the lines on stderr.")
    ] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Segment every frame of SOURCE and write what -o says (default: a folder under runs/).

    \b
    rtseg run drive.mp4 -o out.mp4                 overlay video, and out_stats.csv
    rtseg run drive.mp4 -o out/ --masks out/masks  a folder with everything
    rtseg run pictures/ -o out/                    overlay/NAME.jpg for every picture
    rtseg run 0 -o cam.mp4 --width 1280 --height 720 --limit 300
    rtseg run rtsp://user:pass@camera/stream -o stats.csv --give-up-after 600
    rtseg run "chaos://drive.mp4?drop=0.05&corrupt=0.01" --mode live -o null
    rtseg run 0 -o null --zones zones.toml --events -
    rtseg run drive.mp4 -o null --json             how fast is this machine?
    rtseg run 0 -o cam.mp4 --target-fps 30         a smaller network when it gets slow
    rtseg run 0 -o stats.csv --metrics :9090 --log json   docs/operation.md
    """
    from rtseg.commands.job import Job, in_mode
    from rtseg.commands.log import warn, write_as
    from rtseg.commands.outputs import Wanted, default_folder
    from rtseg.operation.health import StallLimit
    from rtseg.operation.watch import Watch
    from rtseg.overlay import Look
    from rtseg.pipeline.rungs import LadderWish
    from rtseg.smoothing import Smoothing
    from rtseg.source.patience import Patience
    from rtseg.source.uri import open_source

    write_as(log)
    rate = None if fps is None else Fraction(fps).limit_denominator(1001)
    opened = open_source(
        source,
        height=height,
        width=width,
        fps=rate,
        fourcc=fourcc,
        follow=follow,
        patience=Patience(give_up_seconds=give_up_after),
        told=warn,
    )
    job = Job(
        reference=source,
        source=in_mode(opened, mode),
        wanted=Wanted(
            outputs=tuple(output) or (default_folder(source),),
            masks=masks,
            label_video=label_video,
            stats=stats,
            no_stats=no_stats,
            crf=crf,
            preset=preset,
            zones=zones,
            events=events,
        ),
        look=Look(cast(Any, look), opacity, legend, frozenset(filter(None, hide.split(",")))),
        model=model,
        backend=backend,
        precision=precision,
        threads=threads,
        limit=limit,
        mode=mode,
        max_age_millis=max_age,
        smoothing=Smoothing.asked(smooth, smooth_weight, keyframe),
        health=health,
        ladder=LadderWish.asked(target_fps, ladder),
        watch=Watch(metrics, limit=StallLimit(stall_after)),
    )
    raise typer.Exit(job.run(json_on_stdout=as_json))
