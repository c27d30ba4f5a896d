"""``rtseg models``: which models there are, how good they are, and what one may do with them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rtseg.engine.package import ModelPackage


def command(
    name: Annotated[str, typer.Argument(help="Show this one in full.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List the models on this machine, or show one with its licence, data and accuracy.

    \b
    rtseg models
    rtseg models roadnet-m-camvid
    """
    from rtseg.engine.package import find_package, package_folders, read_package

    packages = [find_package(name)] if name else [read_package(each) for each in package_folders()]
    if as_json:
        json.dump({"models": [asdict(each.manifest) for each in packages]}, sys.stdout, indent=2)
        print()
    elif name:
        _show_one(packages[0])
    else:
        _show_all(packages)


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
    show(rows, "", "`rtseg models NAME` tells what each was trained on and how it was measured.")


def _show_one(package: ModelPackage) -> None:
    from rtseg.commands.screen import show

    manifest, spec = package.manifest, package.spec
    show(
        f"{package.name}: {manifest.network}, {spec.height}x{spec.width} (HxW), {spec.labels}",
        f"folder     {package.folder}",
        f"precisions {', '.join(manifest.files)}",
        f"licence    {manifest.licence}",
        f"data       {manifest.data}",
        f"classes    {', '.join(package.labels.names)}",
        f"made by    {manifest.made.get('command', 'unknown')}",
    )
    for each in manifest.accuracy:
        show(
            f"accuracy   {100 * each['miou']:.2f} % mIoU on {each['data']} {each['split']} "
            f"({each['images']} images), {each['backend']} {each['precision']}"
        )
