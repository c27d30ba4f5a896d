import pytest
from machines import PIP, bad, bare, changed, desktop, jetpack_6, loads, only

from rtseg.doctor.facts.graphics import Toolkit
from rtseg.doctor.loading import Load
from rtseg.engine.gpu import Gpu

NVCC = "/usr/local/cuda/bin/nvcc"


def without_pycuda(machine):
    left = {name: each for name, each in machine.packages.loads.items() if "pycuda" not in name}
    return changed(machine, "packages", loads=left)


def test_without_a_gpu_nothing_of_cuda_is_missed():
    assert bad(changed(bare(), "graphics", toolkit=None)).keys() == {"no-viewer"}


def test_pycuda_is_compiled_with_the_toolkit_on_the_path():
    found = only(without_pycuda(desktop()), "no-pycuda", "hint")
    assert found.command == f"PATH=/usr/local/cuda/bin:$PATH {PIP} install 'rtseg[tensorrt]'"


def test_a_pycuda_that_was_compiled_for_another_cuda():
    broken = Load(error="libcurand.so.10: cannot open shared object file")
    found = only(loads(desktop(), pycuda_driver=broken), "pycuda-does-not-load")
    assert found.cause == broken.error
    assert "--force-reinstall --no-deps pycuda" in found.command


@pytest.mark.parametrize(
    ("machine", "package"),
    [(desktop(), "nvidia-cuda-toolkit"), (jetpack_6(), "nvidia-jetpack")],
    ids=["desktop", "jetson"],
)
def test_no_toolkit(machine, package):
    found = only(changed(machine, "graphics", toolkit=None), "no-nvcc", "hint")
    assert found.command == f"sudo apt install {package}"


def test_a_toolkit_that_the_path_does_not_lead_to():
    machine = changed(jetpack_6(), "graphics", toolkit=Toolkit(NVCC, "12.6", False))
    found = only(machine, "nvcc-not-on-path")
    assert found.command == "export PATH=/usr/local/cuda/bin:$PATH"


def test_a_toolkit_newer_than_the_driver():
    machine = changed(desktop(), "graphics", toolkit=Toolkit(NVCC, "13.0", True))
    found = only(machine, "nvcc-newer-than-driver")
    assert "/usr/local/cuda-12/bin" in found.command


def test_a_toolkit_that_has_given_up_this_gpu():
    gpu = Gpu("NVIDIA GeForce GTX 1080", 61, "13.0")
    machine = changed(desktop(), "graphics", gpu=gpu, toolkit=Toolkit(NVCC, "13.0", True))
    assert "12.9" in only(machine, "nvcc-lacks-gpu").command


def test_a_toolkit_of_unknown_version_is_no_finding():
    assert bad(changed(desktop(), "graphics", toolkit=Toolkit("/usr/bin/nvcc", "", True))) == {}
