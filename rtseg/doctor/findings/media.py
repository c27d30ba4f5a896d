"""What follows from codecs, GStreamer and cameras."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.cameras import Camera, Cameras
from rtseg.doctor.facts.jetson import Jetson
from rtseg.doctor.facts.packages import Packages
from rtseg.doctor.facts.python import Python
from rtseg.doctor.facts.system import System
from rtseg.doctor.finding import Finding, Level, fine
from rtseg.doctor.findings.packages import REQUIREMENTS
from rtseg.doctor.findings.python import see_apt, seeing_pip

CODECS: tuple[tuple[str, str, Level, str], ...] = (
    ("decoders", "h264", "error", "nearly every video and camera stream is refused"),
    ("encoders", "libx264", "error", "rtseg run -o out.mp4 fails; masks and statistics do not"),
    ("decoders", "hevc", "warning", "H.265 videos and streams of newer cameras are refused"),
    ("decoders", "mjpeg", "warning", "MJPEG streams of network cameras are refused"),
    ("decoders", "mpeg4", "warning", "MPEG-4 videos (DivX, XviD, old cameras) are refused"),
    ("encoders", "ffv1", "warning", "rtseg run --label-video fails"),
)
"""Kind, FFmpeg's name, how much depends on it, and what."""


def codecs(packages: Packages, python: Python) -> Iterator[Finding]:
    if not packages.loaded("av"):
        return
    says = packages.loads["av"].says
    for kind, name, level, consequence in CODECS:
        if name in says[kind]:
            yield fine("codec", f"PyAV has the {kind[:-1]} {name}")
            continue
        yield Finding(
            level,
            "codec-missing",
            f"PyAV has no {kind[:-1]} {name}",
            "its FFmpeg was built without it: not a wheel of PyPI",
            consequence,
            f"{python.pip} install --force-reinstall --no-deps --only-binary av "
            f"'{REQUIREMENTS['av']}'",
        )


def gstreamer(packages: Packages, python: Python, jetson: Jetson) -> Iterator[Finding]:
    if not packages.loaded("cv2"):
        return
    if packages.loads["cv2"].says["gstreamer"]:
        yield fine("gstreamer", "OpenCV has GStreamer")
        return
    yield Finding(
        "warning" if jetson.model else "hint",
        "no-gstreamer",
        "this OpenCV has no GStreamer",
        "OpenCV's wheels of PyPI are built without it, and hide the one of apt",
        "gst: sources are refused, and with them CSI cameras; all other sources work",
        f"sudo apt install python3-opencv && {see_apt(python)} && {seeing_pip(python)} uninstall "
        "-y opencv-python-headless opencv-python",
    )


def tools(packages: Packages, cameras: Cameras) -> Iterator[Finding]:
    if not packages.loaded("cv2") or not packages.loads["cv2"].says["gstreamer"]:
        return
    if cameras.gst_launch:
        yield fine("gstreamer-tools", "gst-launch-1.0 is there")
        return
    yield Finding(
        "hint",
        "no-gstreamer-tools",
        "gst-launch-1.0 is not installed",
        "OpenCV needs GStreamer's libraries only",
        "a pipeline that fails cannot be tried outside of rtseg; elements may be missing too",
        "sudo apt install gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad",
    )


def permissions(cameras: Cameras) -> Iterator[Finding]:
    if not cameras.devices:
        yield fine("cameras", "no camera is attached")
    for camera in cameras.devices:
        if camera.permitted:
            yield fine("camera", f"{camera.device} {camera.name}")
        else:
            yield _closed(camera, cameras)


def passed_on(cameras: Cameras, system: System) -> Iterator[Finding]:
    """The kernel shows its cameras to containers too, /dev only those that were passed on."""
    for device in cameras.hidden:
        yield Finding(
            "warning" if system.container else "hint",
            "camera-hidden",
            f"the kernel has the camera {device}, /dev has it not",
            f"{system.container} was started without it"
            if system.container
            else "udev did not make its node",
            "it cannot be opened",
            f"docker run --device {device} ..."
            if system.container
            else "sudo udevadm trigger --subsystem-match=video4linux",
        )


def _closed(camera: Camera, cameras: Cameras) -> Finding:
    joined = cameras.joined
    return Finding(
        "warning",
        "camera-permission",
        f"this user may not open {camera.device} {camera.name}".rstrip(),
        "the group 'video' was joined after this login"
        if joined
        else "the user is not in the group 'video'",
        f"rtseg run {camera.device} ends with exit code 3",
        "newgrp video   # or log in again" if joined else "sudo usermod -aG video $USER",
    )
