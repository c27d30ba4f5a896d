"""``rtseg engines``: what is in the store, whether it is sound and fits, and cleaning it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.commands.fraction import percent
from rtseg.errors import EngineError, UsageError

if TYPE_CHECKING:
    from rtseg.engine.store import StoredEngine

ACTIONS = ("list", "show", "verify", "prune")


def command(
    action: Annotated[str, typer.Argument(help=f"{', '.join(ACTIONS)}.")] = "list",
    name: Annotated[str, typer.Argument(help="One engine instead of all.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List, show, verify or prune the store of built engines.

    verify checks every file against its manifest and whether the engine fits this machine; exit 4
    if one does not. prune removes what is damaged, what was left half built, and engines of models
    that are gone or have changed; with a NAME, that engine. All of it can be built again.

    \b
    rtseg engines
    rtseg engines show roadlite-camvid-352x480-fp16-rtx
    rtseg engines verify
    rtseg engines prune
    """
    if action not in ACTIONS:
        raise UsageError(f"cannot {action!r} engines: expected one of {', '.join(ACTIONS)}")
    if action == "show" and not name:
        raise UsageError("`rtseg engines show` needs a NAME; `rtseg engines` lists them")
    if action == "list" and name:
        raise UsageError(f"the list is shown whole: `rtseg engines show {name}` shows one")
    if action == "show":
        _show_one(name, as_json=as_json)
    elif action == "prune":
        _prune(name, as_json=as_json)
    else:
        _list(name, as_json=as_json, strict=action == "verify")


def report_lines(stored: StoredEngine) -> list[str]:
    """The engine's report card, for people."""
    manifest = stored.manifest
    report, built, found = manifest.report, manifest.built_with, manifest.precision
    size = stored.path.stat().st_size / 1e6
    layers = ", ".join(f"{count} {name}" for name, count in sorted(found.layers.items()))
    calibrated, shares = manifest.calibration, report.per_class.items()
    return [
        f"folder     {stored.folder}",
        f"engine     {size:.1f} MB, built in {manifest.seconds:.1f} s by {built.runtime} "
        f"{built.version} for {built.gpu or ' '.join(built.targets) or 'any CPU'}",
        f"precision  {found.asked} asked for; convolutions: {layers} (says {found.counted_in})",
        *(f"tensor     {_tensor(each)}" for each in manifest.tensors),
        *(
            [f"calibrated {calibrated.pictures} pictures of {calibrated.source}"]
            if calibrated
            else []
        ),
        f"agreement  {report.agreement:.2%} of pixels with FP32, {report.classes} classes in "
        f"{report.pictures} pictures of {report.frames}",
        f"IoU %      {', '.join(f'{name} {percent(iou)}' for name, iou in shares)}",
        f"proof      {report.words} ({report.on})",
    ]


def _tensor(tensor: Any) -> str:
    batches = f", batch {tensor.batches[0]} to {tensor.batches[-1]}" if tensor.batches else ""
    shape = "x".join(map(str, tensor.shape))
    return f"{tensor.mode} {tensor.name}: {tensor.dtype} {shape}{batches}"


def _show_one(name: str, *, as_json: bool) -> None:
    from rtseg.commands.screen import print_json, show
    from rtseg.engine.store import open_stored

    stored = open_stored(name)
    if as_json:
        print_json({"folder": str(stored.folder)} | asdict(stored.manifest))
    else:
        show(stored.name, *report_lines(stored))


def _list(name: str, *, as_json: bool, strict: bool) -> None:
    """Each engine with what speaks against it; strict: that is an error."""
    from rtseg.commands.screen import print_json, show, table
    from rtseg.engine.fitness import Fitness
    from rtseg.engine.store import engine_names, engines_folder

    fitness = Fitness()
    states = {each: fitness.state(each) for each in ([name] if name else engine_names())}
    troubles = {each: trouble for each, (trouble, _) in states.items()}
    if as_json:
        print_json(
            {
                "store": str(engines_folder()),
                "engines": [{"name": each, "trouble": why} for each, why in troubles.items()],
            }
        )
    elif troubles:
        rows = table("engine", "state")
        for each, (trouble, praise) in states.items():
            rows.add_row(each, trouble or praise)
        show(rows)
    else:
        show(f"no engines in {str(engines_folder())!r}: `rtseg build` makes some")
    wrong = [each for each, why in troubles.items() if why]
    if strict and wrong:
        raise EngineError(
            f"{len(wrong)} of {len(troubles)} engines cannot run here, first {wrong[0]!r}: "
            f"{troubles[wrong[0]]}"
        )


def _prune(name: str, *, as_json: bool) -> None:
    import shutil

    from rtseg.commands.screen import print_json, show
    from rtseg.engine.store import engine_names, leftovers, remove

    reasons = {name: "asked for"} if name else {each: _useless(each) for each in engine_names()}
    removed = {each: why for each, why in reasons.items() if why}
    for each in removed:
        remove(each)
    for path in [] if name else leftovers():
        shutil.rmtree(path)
        removed[path.name] = "left by a build that was killed"
    if as_json:
        print_json({"removed": removed})
    else:
        show(*(f"removed {each}: {why}" for each, why in removed.items()))
        show(f"{len(removed)} removed, {len(engine_names())} engines are left")


def _useless(name: str) -> str:
    """Why nobody can want this engine any more; "" if somebody could, here or elsewhere."""
    from rtseg.engine.package import read_package
    from rtseg.engine.store import open_stored

    try:
        origin = open_stored(name).manifest.origin
    except EngineError as error:
        return str(error)
    try:
        now = read_package(Path(origin.package)).manifest.files["fp32"].sha256
    except EngineError:
        return f"its model {origin.package!r} is gone"
    return "" if now == origin.sha256 else f"its model {origin.model!r} has changed"
