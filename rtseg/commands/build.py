"""``rtseg build``: a model becomes an engine for one kind of hardware, proved before it is kept."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rtseg.commands.export import LEAST_AGREEMENT
from rtseg.errors import EngineError, UsageError

if TYPE_CHECKING:
    from rtseg.commands.engine_job import EngineJob
    from rtseg.commands.engine_wish import Wanted
    from rtseg.engine.package import ModelPackage
    from rtseg.engine.resizing import Shape
    from rtseg.engine.store import StoredEngine

BACKENDS = {
    "tensorrt": ("fp32", "fp16", "int8"),
    "rtx": ("fp32", "fp16", "int8"),
    "openvino": ("fp32", "int8"),
}


def command(
    model: Annotated[str, typer.Argument(help="A model by name or folder: `rtseg models`.")],
    backend: Annotated[str, typer.Option(help=f"One of {', '.join(BACKENDS)}.")] = "tensorrt",
    precision: Annotated[str, typer.Option(help="fp32, fp16 or int8.")] = "fp16",
    calibration: Annotated[
        str, typer.Option(help="A calibration set or a folder of pictures; INT8 needs it.")
    ] = "",
    size: Annotated[str, typer.Option(help="HxW of the network; default: the model's.")] = "",
    batch: Annotated[int, typer.Option(min=1, help="Pictures at once.")] = 1,
    dynamic: Annotated[bool, typer.Option("--dynamic", help="1 to --batch pictures.")] = False,
    workspace: Annotated[
        int, typer.Option(min=0, help="MiB that the builder may use; 0: all there is.")
    ] = 0,
    dla: Annotated[bool, typer.Option("--dla", help="A Jetson's DLA instead of its GPU.")] = False,
    scores: Annotated[
        bool, typer.Option("--scores", help="For --smooth, --keyframe and confidence, too.")
    ] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Even if it fits.")] = False,
    min_agreement: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="With FP32; below it: exit 5, nothing stored.")
    ] = LEAST_AGREEMENT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Build an engine into the store, if it agrees with the model's FP32 on real frames.

    An engine that is there already and fits stays as it is; one that no longer fits is built
    again. The frames are pictures of --calibration, which did not calibrate, else of the
    synthetic road.

    \b
    rtseg build roadlite-camvid --backend tensorrt --precision fp16
    rtseg build roadlite-camvid --backend rtx --precision int8 --calibration my-footage
    rtseg build roadlite-camvid --backend openvino --precision int8 --calibration pictures/
    rtseg build roadlite-camvid --size 704x960 --batch 4 --dynamic
    rtseg build roadlite-camvid --scores
    """
    from rtseg.commands.engine_job import EngineJob
    from rtseg.commands.engine_wish import Wanted
    from rtseg.engine.package import find_package

    package = find_package(model)
    wanted = Wanted(
        package,
        cast(Any, backend),
        cast(Any, precision),
        _shape(package, size, batch=batch, dynamic=dynamic),
        calibration=calibration,
        workspace=workspace,
        dla=dla,
        scores=scores,
        min_agreement=min_agreement,
        command=" ".join(["rtseg", *sys.argv[1:]]),
    )
    _check(wanted)
    with _progress() as tell:
        job = EngineJob(wanted, tell)
        stored, said = built(job, rebuild=rebuild)
    _show(stored, said, job, as_json=as_json)


def built(job: EngineJob, *, rebuild: bool) -> tuple[StoredEngine, str]:
    """The engine in the store, and what became of it in a few words.

    rebuild: also if it fits. Raises EngineError where it cannot be built, ThresholdError where
    it disagrees, SinkError where it cannot be stored.
    """
    from rtseg.engine.store import building, engine_names

    name = job.wanted.name
    _ = job.here  # refused before a lock is taken
    with building(name) as part:
        if name not in engine_names():
            return job.run(part), "built"
        stored, reason = (None, "--rebuild") if rebuild else _examined(job)
        if stored is not None and not reason:
            return stored, "fits already, nothing was done"
        return job.run(part), f"built again: {reason}"


def _examined(job: EngineJob) -> tuple[StoredEngine | None, str]:
    """The engine of that name in the store, if it is sound, and why it cannot stay."""
    from rtseg.engine.store import open_stored

    try:
        stored = open_stored(job.wanted.name)
    except EngineError as error:
        return None, str(error)
    return stored, job.outdated(stored.manifest)


def _check(wanted: Wanted) -> None:
    from rtseg.commands.gate_frames import folder_of_pictures

    precisions = BACKENDS.get(wanted.backend)
    if precisions is None:
        raise UsageError(
            f"no backend {wanted.backend!r} to build for; there are: {', '.join(BACKENDS)}"
        )
    if wanted.precision not in precisions:
        raise UsageError(
            f"--backend {wanted.backend} has no {wanted.precision!r}; it has: "
            f"{', '.join(precisions)}"
        )
    if wanted.precision == "int8" and not wanted.calibration:
        raise UsageError(
            "INT8 needs --calibration: a folder of a hundred varied pictures of your road, or a "
            "set of `calibration/`"
        )
    if wanted.calibration:
        folder_of_pictures(wanted.calibration)
    if wanted.backend == "openvino" and (wanted.shape.batch > 1 or wanted.dla or wanted.workspace):
        raise UsageError("--batch, --dla and --workspace are for TensorRT: leave them out")
    if wanted.backend == "openvino" and wanted.scores:
        raise UsageError("OpenVINO computes scores whenever they are asked for: leave --scores out")
    if wanted.dla and (wanted.backend != "tensorrt" or wanted.precision == "fp32"):
        raise UsageError("a DLA runs fp16 and int8, and --backend tensorrt only")
    if wanted.shape.dynamic and wanted.shape.batch == 1:
        raise UsageError("--dynamic needs --batch: from 1 to how many pictures?")


def _shape(package: ModelPackage, size: str, *, batch: int, dynamic: bool) -> Shape:
    from rtseg.commands.packaging import network_size
    from rtseg.engine.resizing import Shape

    spec = package.spec
    height, width = network_size(size, multiple=8) if size else (spec.height, spec.width)
    return Shape(height, width, batch, dynamic)


class _progress:
    """A bar on a terminal; elsewhere nothing. The builder's phases nest: the newest is shown."""

    def __enter__(self) -> Any:
        from rtseg.commands.screen import progress_bar

        self._bar = progress_bar("build")
        self._task = self._bar.__enter__().add_task("build", total=None, note="")
        return self._tell

    def __exit__(self, *trouble: Any) -> None:
        self._bar.__exit__(*trouble)

    def _tell(self, event: dict[str, Any]) -> None:
        self._bar.update(
            self._task,
            note=event["phase"],
            completed=event.get("step", 0),
            total=event.get("steps") or None,
        )


def _show(stored: StoredEngine, said: str, job: EngineJob, *, as_json: bool) -> None:
    from rtseg.commands.log import warn
    from rtseg.commands.screen import print_json, show
    from rtseg.commands.store import report_lines

    for finding in job.findings:
        if finding.severity == "warning":
            warn(str(finding))
    if not job.wanted.shape.takes_one:
        warn(
            f"rtseg gives an engine one picture at a time, this one takes {job.wanted.shape.batch}:"
            " it is for other programs; with --dynamic it serves both"
        )
    if as_json:
        facts = {"folder": str(stored.folder), "said": said}
        print_json(facts | asdict(stored.manifest))
        return
    show(f"{stored.name}: {said}", *report_lines(stored))
