"""The networks of the zoo, as their authors published them. Needs no torch."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from typing import Any

from rtseg.commands.screen import show, table
from rtseg.models.catalogue import CATALOGUE, Entry, entry
from rtseg.models.checkpoints import CHECKPOINTS
from rtseg.models.published import PUBLISHED

PAGES_WIDTH = 150  # columns

_ABOUT_FIGURES = (
    "Figures are the authors': parameters in millions, 1e9 multiply-accumulates at HxW, and",
    "mIoU in %. `rtseg models info NAME` tells more, `rtseg models pull NAME` fetches weights.",
)


def network_facts(name: str) -> dict[str, Any]:
    """What ``--json`` tells of one network; unknown figures are null, unknown words empty."""
    found, weights = entry(name), CHECKPOINTS.get(name)
    return {
        "name": name,
        "paper": found.paper,
        "parameters_millions": found.parameters,
        "gmacs": found.gmacs,
        "gmacs_size": list(found.size),
        "classes": found.classes,
        "figures_from": found.source,
        "deviation": found.deviation,
        "cityscapes_miou": found.cityscapes,
        "camvid_miou": found.camvid,
        "size_multiple": found.multiple,
        "page": found.checkpoint,
        "licence": found.licence,
        "weights": weights
        and {
            "url": weights.url,
            "sha256": weights.sha256,
            "bytes": weights.size_bytes,
            "labels": weights.labels,
            "data": weights.data,
            "miou": weights.miou,
        },
    }


def show_zoo() -> None:
    """Without the pages on a terminal that is too narrow for them: ``info`` tells them, too."""
    pages = not sys.stdout.isatty() or get_terminal_size().columns >= PAGES_WIDTH
    rows = table("network", "M par.", "GMACs", "Cityscapes", "CamVid", "pull")
    rows.columns[0].no_wrap, rows.columns[2].overflow = True, "fold"
    for heading in ("weights", "page") if pages else ("weights",):
        rows.add_column(heading, overflow="fold")
    for name, found in CATALOGUE.items():
        page = (found.checkpoint.removeprefix("https://") or "-",)
        rows.add_row(
            name,
            _figure(found.parameters),
            _gmacs(found),
            found.cityscapes or "-",
            found.camvid or "-",
            "yes" if name in CHECKPOINTS else "-",
            _terms(found),
            *(page if pages else ()),
        )
    show(rows, "", *_ABOUT_FIGURES)


def show_network(name: str) -> None:
    found, weights = entry(name), CHECKPOINTS.get(name)
    facts = {
        "parameters": f"{found.parameters} million" if found.parameters else "",
        "operations": f"{_gmacs(found)} GMACs (HxW)" if found.gmacs else "",
        "figures": found.source,
        "deviation": found.deviation,
        "cityscapes": f"{found.cityscapes} (mIoU %, published)" if found.cityscapes else "",
        "camvid": f"{found.camvid} (mIoU %, published)" if found.camvid else "",
        "sizes": f"multiples of {found.multiple}",
        "page": found.checkpoint,
        "licence": found.licence,
        "import": _import_line(name),
    }
    if weights:
        facts |= {
            "weights": f"{weights.data}, {weights.labels}; {weights.miou} (mIoU %, published)",
            "file": f"{weights.url} ({weights.size_bytes} bytes)",
            "sha256": weights.sha256,
            "fetch": f"rtseg models pull {name}",
        }
    show(f"{name}: {found.paper}")
    show(*(f"{key:<10} {value}" for key, value in facts.items() if value))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _gmacs(found: Entry) -> str:
    height, width = found.size
    return "-" if found.gmacs is None else f"{found.gmacs:g} @{height}x{width}"


def _import_line(name: str) -> str:
    sets = PUBLISHED.get(name)
    return f"rtseg import {name} FILE -o DIR --labels {'|'.join(sets)}" if sets else ""


def _terms(found: Entry) -> str:
    """Of the weights, where they are not those of the code."""
    _, there, terms = found.licence.partition("weights")
    return f"weights{terms}".removeprefix("weights: ") if there else found.licence or "-"
