from rtseg.doctor.facts.cameras import Camera, Cameras, read_cameras

WEBCAM = {
    "/dev/video0": "",
    "/dev/video1": "",
    "/dev/video10": "",
    "/sys/class/video4linux/video0/name": "HD Webcam\n",
    "/sys/class/video4linux/video0/index": "0\n",
    "/sys/class/video4linux/video1/name": "HD Webcam\n",
    "/sys/class/video4linux/video1/index": "1\n",
    "/sys/class/video4linux/video2/name": "Grabber\n",
    "/etc/group": "root:x:0:\nvideo:x:44:anna,bert\nvideos:x:45:carl\n",
}


def test_each_camera_once_and_those_that_a_container_lacks(laid_out):
    place = laid_out(WEBCAM, {"USER": "bert"}, permits=lambda path, mode: path.name == "video0")
    assert read_cameras(place) == Cameras(
        devices=(Camera("/dev/video0", "HD Webcam", True), Camera("/dev/video10", "", False)),
        hidden=("/dev/video2",),
        user="bert",
        joined=True,
        gst_launch=False,
    )


def test_somebody_who_is_not_in_the_group(laid_out):
    assert read_cameras(laid_out(WEBCAM, {"USER": "carl"})).joined is False
    assert read_cameras(laid_out({}, {})).joined is False


def test_gstreamers_tools_are_looked_for_on_the_path(laid_out):
    place = laid_out({"/opt/gst/gst-launch-1.0": ""}, {"PATH": "/bin:/opt/gst"})
    assert read_cameras(place).gst_launch is True
