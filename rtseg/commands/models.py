"""``rtseg models``: which models there are, how good they are, and what one may do with them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtseg.commands.fraction import percent
from rtseg.errors import EngineError, UsageError

if TYPE_CHECKING:
    from rtseg.engine.package import ModelPackage

ACTIONS = ("zoo", "info", "pull")


def command(
    what: Annotated[str, typer.Argument(help="zoo, info, pull, or a name (as info).")] = "",
    name: Annotated[str, typer.Argument(help="Of a model or a network.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where pull puts the file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List the models on this machine, and the networks whose weights can become one.

    \b
    rtseg models                          models that can run now
    rtseg models zoo                      every network, and where its weights are
    rtseg models info roadlite-camvid    all about a model or network
    rtseg models pull cgnet               fetch weights, for `rtseg import`
    """
    what, name = _request(what, name)
    if output is not None and what != "pull":
        raise UsageError(
            "-o says where `rtseg models pull NAME` puts the file; nothing else writes"
        )
    if what == "pull":
        from rtseg.commands.pull import pull

        pull(name, output, as_json=as_json)
    elif what == "info":
        _info(name, as_json=as_json)
    else:
        _list(packages=not what, networks=what == "zoo", as_json=as_json)


def _request(what: str, name: str) -> tuple[str, str]:
    """The action, or "" for the models of this machine, and the name that it needs."""
    if what and what not in ACTIONS:
        if name:
            raise UsageError(f"cannot {what!r} a model: expected one of {', '.join(ACTIONS)}")
        return "info", what
    if what in {"info", "pull"} and not name:
        raise UsageError(f"`rtseg models {what}` needs a NAME; `rtseg models zoo` lists them")
    if what == "zoo" and name:
        raise UsageError(f"the zoo is shown whole: `rtseg models info {name}` shows one network")
    return what, name


def _list(*, packages: bool, networks: bool, as_json: bool) -> None:
    from rtseg.commands.screen import print_json
    from rtseg.commands.zoo import network_facts, show_zoo
    from rtseg.engine.package import package_folders, read_package
    from rtseg.models.catalogue import CATALOGUE

    found = [read_package(each) for each in package_folders()] if packages else []
    if as_json:
        models = {"models": [asdict(each.manifest) for each in found]} if packages else {}
        print_json({**models, "networks": [network_facts(each) for each in CATALOGUE]})
    elif networks:
        show_zoo()
    else:
        _show_all(found)


def _info(name: str, *, as_json: bool) -> None:
    """A model, the network it is of, or both."""
    from rtseg.commands.screen import print_json
    from rtseg.commands.zoo import network_facts, show_network
    from rtseg.models.catalogue import CATALOGUE

    package = _package(name)
    network = package.manifest.network if package else name
    known = network in CATALOGUE
    if as_json:
        models = [asdict(package.manifest)] if package else []
        print_json({"models": models, "networks": [network_facts(network)] if known else []})
        return
    if package:
        _show_one(package)
    if known:
        show_network(network)


def _package(name: str) -> ModelPackage | None:
    """None for what is a network only; raises EngineError for what is neither."""
    import difflib

    from rtseg.engine.package import find_package, package_folders
    from rtseg.models.catalogue import CATALOGUE

    models = [folder.name for folder in package_folders()]
    if name in models or Path(name).is_dir():
        return find_package(name)
    if name in CATALOGUE:
        return None
    close = difflib.get_close_matches(name, [*models, *CATALOGUE], 1)
    hint = f"did you mean {close[0]!r}?" if close else "`rtseg models zoo` lists the networks"
    raise EngineError(f"no model named {name!r}, and no network: {hint}")


def _show_all(packages: list[ModelPackage]) -> None:
    from rtseg.commands.screen import show, table
    from rtseg.engine.package import DEFAULT_MODEL

    rows = table("model", "labels", "input", "precisions", "mIoU %", "licence")
    for package in packages:
        spec = package.spec
        best = [f"{100 * each['miou']:.1f}" for each in package.manifest.accuracy]
        rows.add_row(
            package.name + (" (default)" if package.name == DEFAULT_MODEL else ""),
            spec.labels,
            f"{spec.height}x{spec.width}",
            " ".join(package.manifest.files),
            " / ".join(best) or "not measured",
            package.manifest.licence.partition(":")[0],
        )
    show(
        rows,
        "",
        "`rtseg models info NAME` tells what each was trained on and how it was measured;",
        "`rtseg models zoo` lists the networks that can be trained, and whose weights imported.",
    )


def _show_one(package: ModelPackage) -> None:
    from rtseg.commands.screen import show

    manifest, spec = package.manifest, package.spec
    show(
        f"{package.name}: {manifest.network}, {spec.height}x{spec.width} (HxW), {spec.labels}",
        f"folder     {package.folder}",
        *(f"file       {precision}: {each.file}" for precision, each in manifest.files.items()),
        f"input      {spec.channel_order}, minus {_triple(spec.mean)}, over {_triple(spec.std)}",
        f"licence    {manifest.licence}",
        f"data       {manifest.data}",
        f"made by    {manifest.made.get('command', 'unknown')}",
    )
    for each in manifest.accuracy:
        show(
            f"accuracy   {100 * each['miou']:.2f} % mIoU on {each['data']} {each['split']} "
            f"({each['images']} images), {each['backend']} {each['precision']}"
        )
    _show_classes(package)


def _show_classes(package: ModelPackage) -> None:
    """Their names alone, where nothing was measured."""
    from rtseg.commands.screen import show, table

    measured = [each for each in package.manifest.accuracy if each.get("per_class")]
    if not measured:
        show(f"classes    {', '.join(package.labels.names)}")
        return
    rows = table("IoU %", *(f"{each['precision']} {each['data']}" for each in measured))
    for name in package.labels.names:
        rows.add_row(name, *(percent(each["per_class"].get(name)) for each in measured))
    show("", rows, "")


def _triple(values: tuple[float, float, float]) -> str:
    return " ".join(f"{value:g}" for value in values)
