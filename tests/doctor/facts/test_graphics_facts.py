import shutil
import subprocess

import pytest

from rtseg.doctor.facts.graphics import SystemTensorRt, Toolkit, read_graphics
from rtseg.engine.gpu import Gpu

CARD = "/sys/bus/pci/devices/0000:01:00.0"
DESKTOP = {
    f"{CARD}/vendor": "0x10de\n",
    f"{CARD}/class": "0x030000\n",
    "/sys/bus/pci/devices/0000:01:00.1/vendor": "0x10de\n",
    "/sys/bus/pci/devices/0000:01:00.1/class": "0x040300\n",
    "/sys/bus/pci/devices/0000:00:02.0/vendor": "0x8086\n",
    "/sys/bus/pci/devices/0000:00:02.0/class": "0x030000\n",
    "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  "
    "Thu Oct 19 18:56:32 UTC 2023\nGCC version:  gcc version 12.3.0\n",
    "/usr/local/cuda/bin/nvcc": "",
    "/usr/local/cuda/version.json": '{"cuda" : {"name" : "CUDA SDK", "version" : "12.4.1"}}',
}
APT = "/usr/lib/python3.10/dist-packages"
JETPACK_6 = {
    f"{APT}/tensorrt/__init__.py": "",
    f"{APT}/tensorrt-10.3.0.dist-info/METADATA": "",
    "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  "
    "540.4.0  Release Build  (buildbrain@mobile)  Tue Jan  7 17:35:12 PST 2025\n",
}
CUDA = """
#include <string.h>
int cuInit(unsigned flags) { return %d; }
int cuDeviceGet(int *device, int which) { *device = which; return 0; }
int cuDeviceGetName(char *name, int size, int device) {
  strncpy(name, "NVIDIA L4", size);
  return 0;
}
int cuDriverGetVersion(int *version) { *version = 12040; return 0; }
int cuDeviceGetAttribute(int *value, int which, int device) {
  *value = which == 75 ? 8 : 9;
  return 0;
}
"""


def test_a_desktops_card_driver_and_toolkit(laid_out):
    found = read_graphics(laid_out(DESKTOP, {"PATH": "/usr/bin:relative"}))
    assert found.cards == ("0000:01:00.0",)
    assert found.driver == "535.129.03"
    assert found.toolkit == Toolkit("/usr/local/cuda/bin/nvcc", "12.4", on_path=False)
    assert (found.gpu, found.refusal, found.visible) == (None, None, None)
    assert found.tensorrts == ()


def test_nvcc_on_the_path_comes_first(laid_out):
    files = DESKTOP | {"/opt/cuda-13.0/bin/nvcc": ""}
    found = read_graphics(laid_out(files, {"PATH": "/bin:/opt/cuda-13.0/bin"}))
    assert found.toolkit == Toolkit("/opt/cuda-13.0/bin/nvcc", "13.0", on_path=True)


def test_the_toolkits_version_is_unknown_where_nothing_tells_it(laid_out):
    found = read_graphics(laid_out({"/usr/bin/nvcc": ""}, {"PATH": "/usr/bin"}))
    assert found.toolkit == Toolkit("/usr/bin/nvcc", "", on_path=True)


def test_tensorrt_of_jetpack_6(laid_out):
    found = read_graphics(laid_out(JETPACK_6, architecture="aarch64"))
    assert found.tensorrts == (SystemTensorRt("10.3.0", "3.10"),)
    assert found.driver == "540.4.0"


def test_tensorrts_library_tells_its_version_where_its_package_does_not(laid_out):
    files = {
        "/usr/lib/python3.8/dist-packages/tensorrt/__init__.py": "",
        "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8": "",
        "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.5.2": "",
    }
    found = read_graphics(laid_out(files, architecture="aarch64"))
    assert found.tensorrts == (SystemTensorRt("8.5.2", "3.8"),)


def test_device_nodes_that_are_closed_to_this_user(laid_out):
    files = {"/dev/nvidia0": "", "/dev/nvidiactl": "", "/dev/nvmap": "", "/dev/nvidia-caps": None}

    def permits(path, mode):
        return path.name == "nvidiactl"

    assert read_graphics(laid_out(files, permits=permits)).closed == ("/dev/nvidia0", "/dev/nvmap")


def test_a_variable_that_hides_gpus_is_kept_as_it_is(laid_out):
    assert read_graphics(laid_out({}, {"CUDA_VISIBLE_DEVICES": ""})).visible == ""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize(
    ("answer", "gpu"), [(0, Gpu("NVIDIA L4", 89, "12.4")), (803, None)], ids=["starts", "refuses"]
)
def test_the_driver_itself_is_asked(laid_out, tmp_path, answer, gpu):
    (tmp_path / "cuda.c").write_text(CUDA % answer)
    library = str(tmp_path / "libcuda.so.1")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "cuda.c"], check=True)
    found = read_graphics(laid_out({}, driver=library))
    assert (found.gpu, found.refusal) == (gpu, answer)
