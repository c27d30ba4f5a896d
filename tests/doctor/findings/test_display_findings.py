from machines import PIP, bad, bare, changed, desktop, only, without_packages

MISSING = ("libxcb-cursor0", "libxcb-icccm4")


def test_without_the_viewer_its_packages_and_libraries_are_a_hint():
    found = bad(changed(bare(), "display", missing=MISSING))["no-viewer"]
    assert found.level == "hint"
    assert found.command == (
        f"{PIP} install 'rtseg[viewer]' && sudo apt install libxcb-cursor0 libxcb-icccm4"
    )
    assert bad(without_packages(desktop(), "qtpy")).keys() == {"no-viewer"}


def test_with_the_viewer_libraries_that_are_missing_are_named_by_debians_packages():
    found = only(changed(desktop(), "display", missing=MISSING), "qt-libraries")
    assert found.command == "sudo apt install libxcb-cursor0 libxcb-icccm4"
    assert "xcb" in found.consequence


def test_no_display_matters_only_to_the_viewer():
    found = only(changed(desktop(), "display", x11="", remote=True), "no-display", "hint")
    assert "ssh -X" in found.command
    found = only(changed(desktop(), "display", x11=""), "no-display", "hint")
    assert found.command == "export DISPLAY=:0"
    assert bad(changed(desktop(), "display", x11="", wayland="wayland-0")) == {}
    assert bad(changed(bare(), "display", x11="")).keys() == {"no-viewer"}
