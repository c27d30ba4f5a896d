"""What this machine has to build and run engines with, and whether stored ones fit it."""

from __future__ import annotations

from importlib.metadata import version

from rtseg.engine.building import ask_installed
from rtseg.engine.engine_manifest import EngineManifest
from rtseg.engine.store import misfit, open_stored
from rtseg.engine.trt_builder import MODULES, Installed
from rtseg.errors import EngineError


class Fitness:
    """Asks each runtime once what is installed."""

    def __init__(self) -> None:
        self._answers: dict[str, Installed] = {}

    def state(self, name: str) -> tuple[str, str]:
        """What speaks against an engine, "" if nothing does; and what for it."""
        try:
            manifest = open_stored(name).manifest
            here = self._installed(manifest)
        except EngineError as error:
            return str(error), ""
        lacks_gpu = manifest.backend != "openvino" and not here.gpu
        praise = "sound; no GPU here to run it" if lacks_gpu else "sound, fits"
        return misfit(manifest, here), praise

    def _installed(self, manifest: EngineManifest) -> Installed:
        if manifest.backend not in self._answers:
            self._answers[manifest.backend] = installed_for(manifest.backend)
        return self._answers[manifest.backend]


def installed_for(backend: str) -> Installed:
    """Raises EngineError where the runtime is missing. OpenVINO builds when it loads."""
    if backend == "openvino":
        return Installed("openvino", version("openvino"), True, 0, "", 0, "")
    return ask_installed(MODULES[backend])
