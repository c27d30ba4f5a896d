"""``rtseg demo``: the main job on a road that needs no download."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rtseg.commands.job import Job


def command(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder.")] = Path("runs/demo"),
    frames: Annotated[int, typer.Option(min=1, help="Length; 30 are a second.")] = 300,
    seed: Annotated[int, typer.Option(help="Another seed is another road.")] = 1,
) -> None:
    """Segment a synthetic road with the default model: a video, a picture and statistics.

    \b
    rtseg demo
    rtseg demo -o /tmp/demo --frames 60 --seed 3
    """
    from rtseg.commands.job import Job
    from rtseg.commands.outputs import Wanted
    from rtseg.commands.screen import show
    from rtseg.overlay import Look
    from rtseg.source.uri import open_source

    reference = f"test://road?seed={seed}&frames={frames}"
    video, statistics = output / "road_overlay.mp4", output / "stats.csv"
    job = Job(
        reference=reference,
        source=open_source(reference),
        wanted=Wanted(outputs=(str(video), str(statistics)), no_stats=True),
        look=Look(legend=True),
    )
    code = job.run()
    picture = output / "road.png"
    _still(job, frames // 2, picture)
    show(
        f"wrote {picture}",
        "",
        "Drawing the road took most of the time: a video tells how fast this machine is.",
        "",
        "Next:",
        "  rtseg run YOUR_VIDEO.mp4 -o out.mp4     your own road",
        "  rtseg run 0 -o camera.mp4 --limit 300   the first camera",
        "  rtseg models                            what is installed, and how good it is",
        "  rtseg run --help                        everything else",
    )
    if code:
        raise typer.Exit(code)


def _still(job: Job, index: int, path: Path) -> None:
    """One frame of the road by the straight line, without loss."""
    from rtseg.commands.painter import Painter
    from rtseg.engine.backends import make_engine
    from rtseg.engine.package import DEFAULT_MODEL, find_package
    from rtseg.pipeline.segment import segment
    from rtseg.sink.images import ImageSequence
    from rtseg.types import Picture

    package = find_package(DEFAULT_MODEL)
    with job.source as source, make_engine("auto", package, depth=1) as engine:
        frame = next(islice(source, index, None))
        segmentation = segment(frame, engine)
    image = Painter(package.labels, job.look).paint(segmentation)
    with ImageSequence.numbered(path) as sink:
        sink.write(Picture(segmentation, image))
