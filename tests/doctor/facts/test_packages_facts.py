from rtseg.doctor.facts.packages import Installed, read_packages
from rtseg.doctor.loading import Load


def folder_with(root, **versions):
    for name, version in versions.items():
        info = root / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return str(root)


def test_versions_are_read_without_loading_anything(laid_out, tmp_path):
    folder = folder_with(tmp_path / "site", numpy="2.4.6", opencv_python="4.10.0", left_pad="1")
    found = read_packages(laid_out({}, packages=(folder,)), {})
    assert found.installed == {
        "numpy": Installed("2.4.6", folder),
        "opencv-python": Installed("4.10.0", folder),
    }
    assert found.versions(["opencv-python", "av"]) == {"opencv-python": "4.10.0"}


def test_the_first_that_python_would_find_counts(laid_out, tmp_path):
    mine = folder_with(tmp_path / "mine", tensorrt="11.4.0")
    apt = folder_with(tmp_path / "apt", tensorrt="10.3.0")
    found = read_packages(laid_out({}, packages=(mine, apt)), {})
    assert found.installed == {"tensorrt": Installed("11.4.0", mine)}


def test_loaded_is_what_had_no_error(laid_out):
    found = read_packages(laid_out({}), {"av": Load("18.1.0"), "cv2": Load(error="libGL.so.1")})
    assert found.loaded("av")
    assert not found.loaded("cv2")
    assert not found.loaded("numba")
