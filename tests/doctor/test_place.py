import pytest

from rtseg.doctor.place import numbers


def test_what_cannot_be_read_is_empty(laid_out):
    place = laid_out({"/etc/name": " rtseg\0\n", "/etc/folder": None})
    assert place.text("/etc/name") == "rtseg"
    assert place.text("/etc/none") == ""
    assert place.text("/etc/folder") == ""


def test_names_are_those_of_the_machine_not_of_the_folder_it_is_laid_out_in(laid_out):
    place = laid_out({"/dev/video1": "", "/dev/video0": "", "/dev/null": ""})
    assert place.names("/dev/video*") == ["/dev/video0", "/dev/video1"]
    assert place.names("/nowhere/*") == []


@pytest.mark.parametrize(
    ("version", "parts"),
    [
        ("10.3.0.26", (10, 3, 0, 26)),
        ("2026.4.1-22982-e213a147257-releases/2026/4", (2026, 4, 1, 22982)),
        ("2.13.0+cpu", (2, 13, 0)),
        ("", ()),
        ("dev", ()),
    ],
)
def test_versions_are_compared_as_numbers(version, parts):
    assert numbers(version)[: len(parts) or 1] == parts
    assert numbers("9.0") < numbers("10.0")
