import pytest
from machines import bad, bare, changed, desktop, jetpack_6, only

CARD = ("0000:01:00.0",)


def without_gpu(machine, refusal=None, **how):
    return changed(machine, "graphics", gpu=None, refusal=refusal, **how)


def test_all_is_well_on_a_desktop():
    assert bad(desktop()) == {}


def test_a_card_without_its_driver():
    found = only(changed(bare(), "graphics", cards=CARD), "no-driver")
    assert found.command == "sudo ubuntu-drivers install"
    machine = changed(bare(), "system", name="Debian GNU/Linux 12 (bookworm)")
    machine = changed(machine, "graphics", cards=CARD)
    assert only(machine, "no-driver").command == "sudo apt install nvidia-driver"


def test_a_jetson_without_its_driver():
    found = only(without_gpu(jetpack_6(), driver=""), "no-driver")
    assert "nvidia-l4t-cuda" in found.command


def test_a_container_that_does_not_get_the_gpu():
    machine = without_gpu(changed(desktop(), "system", container="docker"))
    assert "--gpus all" in only(machine, "container-without-gpu", "hint").command
    machine = without_gpu(changed(jetpack_6(), "system", container="docker"))
    assert "--runtime nvidia" in only(machine, "container-without-gpu", "hint").command


def test_a_library_without_any_card_is_no_finding():
    assert bad(changed(bare(), "graphics", refusal=100)).keys() == {"no-viewer"}


def test_a_driver_that_starts_without_a_device_has_none():
    found = only(without_gpu(desktop(), 0), "driver-refuses")
    assert "no device" in found.cause


@pytest.mark.parametrize(
    ("refusal", "words", "command"),
    [
        (34, "a stub", "LD_LIBRARY_PATH"),
        (100, "no device", "dmesg"),
        (803, "different versions", "sudo reboot"),
        (999, "cuda.h", "nvidia-uvm"),
    ],
)
def test_a_driver_that_refuses_says_why_by_a_number(refusal, words, command):
    found = only(without_gpu(desktop(), refusal), "driver-refuses")
    assert str(refusal) in found.title
    assert words in found.cause
    assert command in found.command


def test_a_gpu_that_is_closed_to_this_user():
    machine = without_gpu(desktop(), 304, closed=("/dev/nvidia0",))
    found = bad(machine)
    assert found.keys() == {"driver-refuses", "gpu-permission"}
    assert "may not open" in found["driver-refuses"].cause
    assert "chmod a+rw /dev/nvidia0" in found["gpu-permission"].command
    machine = changed(jetpack_6(), "graphics", closed=("/dev/nvmap",))
    assert "usermod -aG video,render" in only(machine, "gpu-permission").command


def test_a_variable_that_hides_the_gpu():
    found = only(without_gpu(desktop(), 100, visible="-1"), "gpu-hidden", "hint")
    assert found.command == "unset CUDA_VISIBLE_DEVICES"
