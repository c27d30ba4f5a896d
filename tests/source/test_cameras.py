"""Cameras as Video4Linux describes them, in the structures of linux/videodev2.h."""

from __future__ import annotations

import ctypes
import os
import struct
from fractions import Fraction

from rtseg.source import cameras as module
from rtseg.source.cameras import CameraInfo, Format, cameras

MJPG = int.from_bytes(b"MJPG", "little")
YUYV = int.from_bytes(b"YUYV", "little")
MODES = {
    MJPG: [((1280, 720), [(1, 15), (1, 30)]), ((640, 480), [(1, 30)])],
    YUYV: [((640, 480), [(2, 15)])],
}
CAPTURE, DEVICE_CAPS = 1, 0x80000000


class Capability(ctypes.Structure):
    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", ctypes.c_uint32),
        ("capabilities", ctypes.c_uint32),
        ("device_caps", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 3),
    )


class FormatDescription(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("description", ctypes.c_char * 32),
        ("pixelformat", ctypes.c_uint32),
        ("mbus_code", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 3),
    )


def driver(capabilities, *, stepwise=False):
    """An ioctl as a webcam's driver answers it."""

    def ioctl(file, request, answer):
        number = request & 0xFF
        size = request >> 16 & 0x3FFF
        assert len(answer) == size
        if number == 0:
            answer[:] = bytes(Capability(b"uvcvideo", b"HD Webcam", b"", 0, *capabilities))
        elif number == 2:
            index, kind = struct.unpack_from("=II", answer)
            if index >= len(MODES) or kind != CAPTURE:
                raise OSError(22, "Invalid argument")
            answer[:] = bytes(
                FormatDescription(index=index, type=kind, pixelformat=list(MODES)[index])
            )
        elif number == 74:
            _sizes(answer, stepwise)
        elif number == 75:
            _rates(answer)
        return 0

    def _sizes(answer, stepwise):
        index, fourcc = struct.unpack_from("=II", answer)
        if index >= (1 if stepwise else len(MODES[fourcc])):
            raise OSError(22, "Invalid argument")
        if stepwise:
            struct.pack_into("=7I", answer, 8, 3, 160, 1920, 8, 120, 1080, 8)
        else:
            struct.pack_into("=3I", answer, 8, 1, *MODES[fourcc][index][0])

    def _rates(answer):
        index, fourcc, width, height = struct.unpack_from("=IIII", answer)
        rates = dict(MODES[fourcc]).get((width, height), [])
        if index >= len(rates):
            raise OSError(22, "Invalid argument")
        struct.pack_into("=III", answer, 16, 1, *rates[index])

    return ioctl


def found(tmp_path, monkeypatch, ioctl):
    device = tmp_path / "video0"
    device.touch()
    monkeypatch.setattr(module.fcntl, "ioctl", ioctl)
    return cameras(str(tmp_path / "video*"))


def test_a_webcam_lists_its_sizes_with_the_fastest_rate_of_each(tmp_path, monkeypatch):
    (camera,) = found(tmp_path, monkeypatch, driver((DEVICE_CAPS | CAPTURE, CAPTURE)))
    assert camera == CameraInfo(
        str(tmp_path / "video0"),
        "HD Webcam",
        (
            Format("MJPG", 720, 1280, Fraction(30)),
            Format("MJPG", 480, 640, Fraction(30)),
            Format("YUYV", 480, 640, Fraction(15, 2)),
        ),
    )


def test_a_camera_of_any_size_lists_its_largest(tmp_path, monkeypatch):
    ioctl = driver((CAPTURE, 0), stepwise=True)
    (camera,) = found(tmp_path, monkeypatch, ioctl)
    assert {(each.height, each.width) for each in camera.formats} == {(1080, 1920)}


def test_the_metadata_node_of_a_webcam_is_no_camera(tmp_path, monkeypatch):
    metadata = 0x00800000
    ioctl = driver((DEVICE_CAPS | CAPTURE | metadata, DEVICE_CAPS | metadata))
    assert found(tmp_path, monkeypatch, ioctl) == []


def test_a_plain_file_is_no_camera_and_left_closed(tmp_path):
    (tmp_path / "video0").touch()
    before = len(os.listdir("/proc/self/fd"))
    assert cameras(str(tmp_path / "video*")) == []
    assert len(os.listdir("/proc/self/fd")) == before
