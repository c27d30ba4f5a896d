"""Machines as facts: a bare one, a desktop, Jetsons; ``changed`` breaks one thing."""

from dataclasses import replace

from rtseg.doctor.examination import judge
from rtseg.doctor.facts.cameras import Camera, Cameras
from rtseg.doctor.facts.clock import Clock
from rtseg.doctor.facts.display import Display
from rtseg.doctor.facts.environment import Environment
from rtseg.doctor.facts.graphics import Graphics, SystemTensorRt, Toolkit
from rtseg.doctor.facts.jetson import Jetson
from rtseg.doctor.facts.packages import Installed, Packages
from rtseg.doctor.facts.processor import Processor
from rtseg.doctor.facts.python import Python
from rtseg.doctor.facts.stores import Folder, Kept, Stores
from rtseg.doctor.facts.system import System
from rtseg.doctor.loading import DECODERS, ENCODERS, Load
from rtseg.doctor.machine import Machine
from rtseg.engine.gpu import Gpu

SITE = "/home/anna/.venv/lib/python3.10/site-packages"
APT = "/usr/lib/python3.10/dist-packages"
PYTHON = "/home/anna/.venv/bin/python"
PIP = f"{PYTHON} -m pip"

AV = Load("17.1.0", says={"decoders": list(DECODERS), "encoders": list(ENCODERS)})


def installed(folder=SITE, **versions):
    """Names with _ for -."""
    return {name.replace("_", "-"): Installed(each, folder) for name, each in versions.items()}


def bare():
    """A desktop without GPU and viewer on which all is well."""
    return Machine(
        system=System("Ubuntu 22.04.5 LTS", "6.8.0-45-generic", "x86_64", ""),
        python=Python(
            "3.10.12", PYTHON, "/home/anna/.venv", "/usr", sees_apt=False, managed=False,
            rtseg="0.1.0",
        ),
        packages=Packages(
            installed(
                rtseg="0.1.0", numpy="2.2.6", av="17.1.0", openvino="2026.4.1", numba="0.60.0",
                opencv_python_headless="4.12.0",
            ),
            {
                "numpy": Load("2.2.6"),
                "cv2": Load("4.12.0", says={"gstreamer": True}),
                "av": AV,
                "openvino": Load("2026.4.1-22982-e213a147257"),
                "numba": Load("0.60.0"),
            },
        ),
        processor=Processor(
            "AMD EPYC", 8, 8, None, ("sse4_2", "avx2", "avx512f", "avx512_vnni", "avx512_bf16"),
            ("schedutil",), "acpi-cpufreq", 16 << 30, 12 << 30, None,
        ),
        clock=Clock(2026, True, 0.0),
        graphics=Graphics(None, None, (), "", (), None, None, ()),
        jetson=Jetson(""),
        cameras=Cameras((Camera("/dev/video0", "HD Webcam", True),), (), "anna", True, True),
        display=Display(":0", "", "", False, ()),
        stores=Stores(
            "roadlite-camvid",
            (Folder("engines", "/home/anna/rtseg/engines", True, True, 50 << 30),),
            (Kept("model", "roadlite-camvid", "/m/roadlite-camvid", ""),),
            (),
        ),
        environment=Environment({}, {}, ""),
        unread={},
    )  # fmt: skip


def desktop():
    """The same with an RTX card, TensorRT of pip for CUDA 12, pycuda and the viewer."""
    machine = bare()
    more = installed(
        tensorrt_cu12="10.13.3", tensorrt_cu12_libs="10.13.3", pycuda="2026.1", PyQt6="6.7.1",
        qtpy="2.4.3", pyqtgraph="0.14.0",
    )  # fmt: skip
    loads = {"tensorrt": Load("10.13.3"), "pycuda.driver": Load("2026.1")}
    packages = machine.packages
    return replace(
        machine,
        packages=Packages(packages.installed | more, packages.loads | loads),
        graphics=Graphics(
            Gpu("NVIDIA GeForce RTX 4070", 89, "12.4"), 0, ("0000:01:00.0",), "550.54.14", (),
            None, Toolkit("/usr/local/cuda/bin/nvcc", "12.4", True), (),
        ),
    )  # fmt: skip


def jetson(jetpack, linux, tensorrt, *, python="3.10", cuda="12.6"):
    """An Orin whose environment sees JetPack's own packages."""
    machine = desktop()
    packages = machine.packages
    kept = {name: each for name, each in packages.installed.items() if "tensorrt" not in name}
    apt = {"tensorrt": Installed(tensorrt, f"/usr/lib/python{python}/dist-packages")}
    return replace(
        machine,
        system=System("Ubuntu 22.04.5 LTS", "5.15.148-tegra", "aarch64", ""),
        python=replace(machine.python, sees_apt=True, version=f"{python}.4"),
        packages=Packages(kept | apt, packages.loads | {"tensorrt": Load(tensorrt)}),
        processor=replace(machine.processor, name="aarch64", features=("asimd", "asimddp")),
        graphics=Graphics(
            Gpu("Orin", 87, cuda), 0, (), "540.4.0", (), None,
            Toolkit("/usr/local/cuda/bin/nvcc", cuda, True), (SystemTensorRt(tensorrt, python),),
        ),
        jetson=Jetson("NVIDIA Jetson Orin Nano", linux, jetpack, "MAXN", ((0, "MAXN"),), True),
    )  # fmt: skip


def jetpack_6():
    return jetson("6.2", "36.4.3", "10.3.0")


def jetpack_7():
    return jetson("7.2", "39.2.0", "10.16.2", python="3.12", cuda="13.2")


def changed(machine, noun, **values):
    return replace(machine, **{noun: replace(getattr(machine, noun), **values)})


def loads(machine, **how):
    """With other results of loading; _ for . in a name."""
    other = {name.replace("_", "."): each for name, each in how.items()}
    return changed(machine, "packages", loads=machine.packages.loads | other)


def with_packages(machine, **versions):
    return changed(
        machine, "packages", installed=machine.packages.installed | installed(**versions)
    )


def without_packages(machine, *names):
    left = {name: each for name, each in machine.packages.installed.items() if name not in names}
    return changed(machine, "packages", installed=left)


def bad(machine):
    """Findings that are not ok, by key; a key that is there twice fails."""
    found = [each for each in judge(machine).findings if each.level != "ok"]
    keys = [each.key for each in found]
    assert len(set(keys)) == len(keys), keys
    return {each.key: each for each in found}


def only(machine, key, level="warning"):
    """The one finding that is new to a machine on which all is well."""
    found = bad(machine)
    assert found.keys() - {"no-viewer"} == {key}
    assert found[key].level == level
    assert found[key].cause
    assert found[key].consequence
    return found[key]
