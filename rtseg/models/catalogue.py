"""Every network that can be built, with what its authors published. Needs no torch.

Adding a network is one file in ``networks/`` and one entry here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rtseg.errors import UsageError


@dataclass(frozen=True)
class Entry:
    """One network.

    module, factory, options: ``rtseg.models.networks.MODULE.FACTORY(classes, **options)`` builds
    it. paper: who, when, where. parameters: millions, as published, for ``classes`` classes.
    gmacs: 1e9 multiply-accumulates for one picture of ``size`` (height, width), as published.
    source: where the two figures were read. deviation: why ours differ by more than 3 %.
    cityscapes: mIoU in per cent that the authors report, with the split, e.g. "77.8 val".
    checkpoint: the page that publishes weights; licence: what it says of them.
    multiple: both sides of a picture must be multiples of it.
    """

    module: str
    factory: str
    paper: str
    options: dict[str, Any] = field(default_factory=dict)
    parameters: float | None = None
    gmacs: float | None = None
    classes: int = 19
    size: tuple[int, int] = (512, 1024)
    source: str = ""
    deviation: str = ""
    cityscapes: str = ""
    checkpoint: str = ""
    licence: str = ""
    multiple: int = 32


CATALOGUE: dict[str, Entry] = {
    "roadnet-s": Entry(
        "roadnet",
        "RoadNet",
        "this project",
        {"widths": (24, 48, 96, 192), "depths": (2, 2, 2, 2), "decoder_width": 48},
    ),
    "roadnet-m": Entry("roadnet", "RoadNet", "this project"),
    "ddrnet-23-slim": Entry(
        "ddrnet",
        "DDRNet",
        "Hong, Pan, Sun, Jia 2021, arXiv 2101.06085",
        parameters=5.7,
        gmacs=36.3,
        size=(1024, 2048),
        source="paper, table IV; counted without the auxiliary head",
        cityscapes="77.8 val, 77.4 test",
        checkpoint="https://github.com/ydhongHIT/DDRNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "ddrnet-23": Entry(
        "ddrnet",
        "DDRNet",
        "Hong, Pan, Sun, Jia 2021, arXiv 2101.06085",
        {"width": 64, "head_width": 128},
        parameters=20.1,
        gmacs=143.1,
        size=(1024, 2048),
        source="paper, table IV; counted without the auxiliary head",
        cityscapes="79.5 val, 79.4 test",
        checkpoint="https://github.com/ydhongHIT/DDRNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
}


def entry(name: str) -> Entry:
    """Raises UsageError, which lists the known names, for any other."""
    if name not in CATALOGUE:
        raise UsageError(f"no network named {name!r}; there are: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
