"""Every network that can be built, with what its authors published. Needs no torch.

Adding a network is one file in ``networks/`` and one table in ``catalogue.toml``.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtseg.errors import UsageError


@dataclass(frozen=True)
class Entry:
    """One network.

    module, factory, options: ``rtseg.models.networks.MODULE.FACTORY(classes, **options)`` builds
    it. paper: who, when, where. parameters: millions, as published, for ``classes`` classes.
    gmacs: 1e9 multiply-accumulates for one picture of ``size`` (height, width), as published.
    source: where the two figures were read. deviation: why ours differ by more than 3 %.
    cityscapes, camvid: mIoU in per cent that the authors report, with the split, e.g. "77.8 val".
    checkpoint: the page that publishes weights; licence: what it says of them.
    multiple: both sides of a picture must be multiples of it.
    unquantized: parts that an INT8 file leaves in FP32, as paths of modules.
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
    camvid: str = ""
    checkpoint: str = ""
    licence: str = ""
    multiple: int = 32
    unquantized: tuple[str, ...] = ()


def entry(name: str) -> Entry:
    """Raises UsageError, which lists the known names, for any other."""
    if name not in CATALOGUE:
        raise UsageError(f"no network named {name!r}; there are: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def _read(path: Path) -> dict[str, Entry]:
    parser = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    tables = parser.loads(path.read_text(encoding="utf-8"))
    return {name: Entry(**_tuples(table)) for name, table in tables.items()}


def _tuples(value: Any) -> Any:
    """The same with tuples for lists, which nobody can change."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


CATALOGUE = _read(Path(__file__).with_suffix(".toml"))
"""By name, in the order in which networks are listed."""
