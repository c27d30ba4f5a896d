from importlib.metadata import version

import pytest
from stored_engines import stored

from rtseg.engine.engine_manifest import BuiltWith
from rtseg.engine.fitness import Fitness


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path))


def of_openvino(name, installed):
    built = BuiltWith("openvino", installed, "", "", 0, [], False, 0)
    return stored(name, backend="openvino", built_with=built)


def test_an_engine_of_the_runtime_that_is_here_fits():
    of_openvino("a", version("openvino"))
    assert Fitness().state("a") == ("", "sound, fits")


def test_an_engine_of_another_version_does_not():
    of_openvino("a", "2023.1.0")
    trouble, _ = Fitness().state("a")
    assert trouble == f"it was built by openvino 2023.1.0, here is {version('openvino')}"


def test_a_damaged_engine_is_told_before_its_runtime_is_asked():
    kept = of_openvino("a", version("openvino"))
    kept.path.write_bytes(b"cut off")
    fitness = Fitness()
    trouble, praise = fitness.state("a")
    assert "sha256 differs" in trouble
    assert praise == ""
    assert "no engine named 'b'" in fitness.state("b")[0]
