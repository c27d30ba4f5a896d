import numpy as np
import pytest

from rtseg.bench.cells import Cell, resized_package
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.errors import UsageError

PACKAGE = find_package(DEFAULT_MODEL)
OWN = f"{PACKAGE.spec.height}x{PACKAGE.spec.width}"


@pytest.mark.parametrize("size", ["", OWN])
def test_the_own_size_is_the_model_itself(size, tmp_path):
    assert resized_package(PACKAGE, Cell("m", size=size), tmp_path / "new") is PACKAGE
    assert not (tmp_path / "new").exists()


def test_another_size_is_the_same_network_in_that_size_and_owes_no_accuracy(tmp_path):
    cell = Cell("m", "openvino", "bf16", "64x96")
    small = resized_package(PACKAGE, cell, tmp_path / "new")
    assert (small.spec.height, small.spec.width) == (64, 96)
    assert (small.name, list(small.manifest.files)) == (PACKAGE.name, ["fp32"])
    assert small.manifest.accuracy == []
    from rtseg.engine.backends import make_engine

    with make_engine("openvino", small, "fp32", depth=1) as engine:
        engine.submit(np.zeros((1, 64, 96, 3), np.uint8))
        assert engine.collect().shape == (32, 48)


def test_a_size_that_the_network_cannot_take_is_refused_with_a_reason(tmp_path):
    with pytest.raises(UsageError, match="does not keep the network's proportions"):
        resized_package(PACKAGE, Cell("m", precision="fp32", size="100x100"), tmp_path / "new")
    assert not (tmp_path / "new").exists()
