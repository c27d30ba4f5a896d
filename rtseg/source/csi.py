"""A camera on a ribbon cable: the GStreamer pipeline that this machine needs for it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from functools import partial

from rtseg.errors import SourceError
from rtseg.source.gst import GStreamerPipeline

_INSPECT = "gst-inspect-1.0"


def has_element(name: str) -> bool:
    """Whether GStreamer has an element of this name. Raises SourceError where nobody knows."""
    if shutil.which(_INSPECT) is None:
        raise SourceError(
            f"cannot look for a CSI camera: {_INSPECT} is missing: "
            "`sudo apt install gstreamer1.0-tools`"
        )
    asked = subprocess.run(
        [_INSPECT, "--exists", name], capture_output=True, check=False, timeout=20
    )
    return asked.returncode == 0


def csi_pipeline(
    sensor: int,
    *,
    size: tuple[int, int],
    fps: Fraction,
    has: Callable[[str], bool] = has_element,
) -> str:
    """For ``gst-launch-1.0``, without a sink. size: (H, W). Raises SourceError.

    On a Jetson NVIDIA's own camera source, whose frames the hardware turns into BGRx; elsewhere,
    as on a Raspberry Pi, libcamera's.
    """
    height, width = size
    format_ = f"width={width},height={height},framerate={fps.numerator}/{fps.denominator}"
    if has("nvarguscamerasrc"):
        converter = "nvvidconv" if has("nvvidconv") else "nvvideoconvert"
        return (
            f"nvarguscamerasrc sensor-id={sensor} ! video/x-raw(memory:NVMM),{format_} ! "
            f"{converter} ! video/x-raw,format=BGRx"
        )
    if has("libcamerasrc") and sensor == 0:
        return f"libcamerasrc ! video/x-raw,{format_}"
    if has("libcamerasrc"):
        raise SourceError(
            f"libcamera names its cameras: list them with `cam -l` and give csi://{sensor} as "
            f"'gst:libcamerasrc camera-name=NAME ! video/x-raw,{format_}'"
        )
    raise SourceError(
        "no CSI camera can be read: GStreamer has neither nvarguscamerasrc (comes with JetPack: "
        "`sudo apt install nvidia-l4t-gstreamer`) nor libcamerasrc (`sudo apt install "
        "gstreamer1.0-libcamera`)"
    )


class CsiCamera(GStreamerPipeline):
    """Live. Which pipeline it is, is found out when it is opened."""

    def __init__(
        self,
        sensor: int,
        *,
        size: tuple[int, int],
        fps: Fraction,
        has: Callable[[str], bool] = has_element,
    ) -> None:
        super().__init__(f"csi://{sensor}")
        self._find = partial(csi_pipeline, sensor, size=size, fps=fps, has=has)

    def __enter__(self) -> CsiCamera:
        self._description = self._find()
        super().__enter__()
        return self
