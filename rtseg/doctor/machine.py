"""Everything that is known of a machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from rtseg.doctor.facts.cameras import Cameras, read_cameras
from rtseg.doctor.facts.clock import Clock, Moment, read_clock
from rtseg.doctor.facts.display import Display, read_display
from rtseg.doctor.facts.environment import Environment, read_environment
from rtseg.doctor.facts.graphics import Graphics, read_graphics
from rtseg.doctor.facts.jetson import Jetson, read_jetson
from rtseg.doctor.facts.packages import Packages, read_packages
from rtseg.doctor.facts.processor import Processor, read_processor
from rtseg.doctor.facts.python import Python, read_python
from rtseg.doctor.facts.stores import Stores
from rtseg.doctor.facts.system import System, read_system
from rtseg.doctor.loading import Loading
from rtseg.doctor.place import Place


@dataclass(frozen=True)
class Machine:
    """None: could not be read; ``unread`` says why."""

    system: System | None
    python: Python | None
    packages: Packages | None
    processor: Processor | None
    clock: Clock | None
    graphics: Graphics | None
    jetson: Jetson | None
    cameras: Cameras | None
    display: Display | None
    stores: Stores | None
    environment: Environment | None
    unread: dict[str, str]


def read_machine(place: Place) -> Machine:
    """Never raises. Packages are loaded in a process of their own, beside all the rest."""
    began = Moment.now()
    with closing(Loading(place.loadable, place.environment)) as loading:
        found: dict[str, Any] = {}
        readers: dict[str, Callable[[], Any]] = {
            "system": lambda: read_system(place),
            "python": lambda: read_python(place),
            "processor": lambda: read_processor(place),
            "graphics": lambda: read_graphics(place),
            "jetson": lambda: read_jetson(place),
            "cameras": lambda: read_cameras(place),
            "display": lambda: read_display(place),
            "environment": lambda: read_environment(place),
            "packages": lambda: read_packages(place, loading.result()),
            "stores": lambda: _stores(place, found["packages"]),
            "clock": lambda: read_clock(place, began, Moment.now()),
        }
        found.update(dict.fromkeys(readers))
        unread = {}
        for noun, read in readers.items():
            try:
                found[noun] = read()
            except Exception as error:  # noqa: BLE001  # one noun less, and that is told
                unread[noun] = f"{type(error).__name__}: {error}"
    return Machine(**found, unread=unread)


def _stores(place: Place, packages: Packages | None) -> Stores:
    """They are read with numpy: one that ends its process must not end this one."""
    numpy = packages.loads.get("numpy") if packages else None
    if numpy and numpy.error:
        raise ImportError(numpy.error)
    from rtseg.doctor.facts.store_reader import read_stores

    return read_stores(place)
