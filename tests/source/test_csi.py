from fractions import Fraction

import pytest

from rtseg.errors import SourceError
from rtseg.source.csi import csi_pipeline


def pipeline(*elements, sensor=0):
    return csi_pipeline(sensor, size=(720, 1280), fps=Fraction(30), has=lambda n: n in elements)


def test_a_jetson_gets_nvidias_camera_source():
    assert pipeline("nvarguscamerasrc", "nvvidconv", "libcamerasrc", sensor=1) == (
        "nvarguscamerasrc sensor-id=1 ! "
        "video/x-raw(memory:NVMM),width=1280,height=720,framerate=30/1 ! "
        "nvvidconv ! video/x-raw,format=BGRx"
    )


def test_a_converter_is_used_that_is_there():
    assert "! nvvideoconvert !" in pipeline("nvarguscamerasrc", "nvvideoconvert")


def test_elsewhere_it_is_libcamera():
    assert pipeline("libcamerasrc") == (
        "libcamerasrc ! video/x-raw,width=1280,height=720,framerate=30/1"
    )


def test_which_of_libcameras_cameras_cannot_be_guessed():
    with pytest.raises(SourceError, match="`cam -l`"):
        pipeline("libcamerasrc", sensor=1)


def test_what_is_missing_is_named_with_its_package():
    with pytest.raises(SourceError, match=r"nvidia-l4t-gstreamer.*gstreamer1\.0-libcamera"):
        pipeline()
