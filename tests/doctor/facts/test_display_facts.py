from rtseg.doctor.facts.display import LIBRARIES, read_display


def test_missing_libraries_are_named_by_debians_packages(laid_out):
    names = [name for name in LIBRARIES if name != "libxcb-cursor.so.0"]
    files = {f"/usr/lib/aarch64-linux-gnu/{name}": "" for name in names}
    found = read_display(laid_out(files, architecture="aarch64"))
    assert found.missing == ("libxcb-cursor0",)


def test_libraries_of_another_architecture_do_not_count(laid_out):
    files = {f"/usr/lib/i386-linux-gnu/{name}": "" for name in LIBRARIES}
    assert read_display(laid_out(files)).missing == tuple(LIBRARIES.values())


def test_the_display_is_what_the_environment_says(laid_out):
    environment = {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.2 5 10.0.0.1 22"}
    found = read_display(laid_out({}, environment))
    assert (found.x11, found.wayland, found.platform, found.remote) == (
        "localhost:10.0",
        "",
        "",
        True,
    )
