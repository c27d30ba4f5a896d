import pytest
from machines import AV, PIP, bad, bare, changed, desktop, jetpack_6, loads, only

from rtseg.doctor.facts.cameras import Camera
from rtseg.doctor.loading import DECODERS, ENCODERS, Load

WITHOUT = Load("4.12.0", says={"gstreamer": False})


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("h264", "error"),
        ("libx264", "error"),
        ("hevc", "warning"),
        ("mjpeg", "warning"),
        ("mpeg4", "warning"),
        ("ffv1", "warning"),
    ],
)
def test_a_codec_that_is_not_there(name, level):
    says = {kind: [each for each in names if each != name] for kind, names in AV.says.items()}
    found = only(loads(bare(), av=Load("17.1.0", says=says)), "codec-missing", level)
    assert name in found.title
    assert (
        found.command == f"{PIP} install --force-reinstall --no-deps --only-binary av 'av>=15,<20'"
    )


def test_every_codec_that_is_asked_for_is_judged():
    nothing = loads(bare(), av=Load("17.1.0", says={"decoders": [], "encoders": []}))
    from rtseg.doctor.examination import judge

    missing = [each for each in judge(nothing).findings if each.key == "codec-missing"]
    assert len(missing) == len(DECODERS) + len(ENCODERS)


def test_an_opencv_without_gstreamer_is_a_hint_and_on_a_jetson_a_warning():
    found = only(loads(bare(), cv2=WITHOUT), "no-gstreamer", "hint")
    assert found.command.startswith("sudo apt install python3-opencv && sed -i")
    assert found.command.endswith(f"&& {PIP} uninstall -y opencv-python-headless opencv-python")
    found = only(loads(jetpack_6(), cv2=WITHOUT), "no-gstreamer", "warning")
    assert "CSI" in found.consequence


def test_gstreamer_without_its_tools_is_a_hint():
    machine = changed(bare(), "cameras", gst_launch=False)
    assert "gstreamer1.0-tools" in only(machine, "no-gstreamer-tools", "hint").command


def test_a_camera_that_the_user_may_not_open():
    closed = (Camera("/dev/video2", "Grabber", False),)
    machine = changed(bare(), "cameras", devices=closed, joined=False)
    found = only(machine, "camera-permission")
    assert "/dev/video2 Grabber" in found.title
    assert found.command == "sudo usermod -aG video $USER"
    found = only(changed(machine, "cameras", joined=True), "camera-permission")
    assert found.command.startswith("newgrp video")


def test_a_camera_that_a_container_was_not_given():
    machine = changed(bare(), "cameras", hidden=("/dev/video4",))
    assert "udevadm" in only(machine, "camera-hidden", "hint").command
    machine = changed(machine, "system", container="docker")
    assert "--device /dev/video4" in only(machine, "camera-hidden").command


def test_no_camera_is_no_finding():
    assert bad(changed(desktop(), "cameras", devices=())) == {}
