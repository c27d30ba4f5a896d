"""Arrays come out of a pickle, and nothing in it runs."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from rtseg.models.pdparams import read_pdparams

CODES = ["<f4", ">f4", "<f8", "<f2", "<i8", ">i2", "|u1", "|b1"]


def written(content: bytes, folder: Path) -> Path:
    path = folder / "model.pdparams"
    path.write_bytes(content)
    return path


def old(content: bytes) -> bytes:
    """As a NumPy before 2 wrote it: under another module, and with 0 and 1 for booleans."""
    named = content.replace(b"numpy._core.", b"numpy.core.")
    return named.replace(b"\x89\x88\x87", b"K\0K\1\x87")


@given(
    value=st.sampled_from(CODES).flatmap(
        lambda code: arrays(code, array_shapes(min_dims=0, max_dims=4, max_side=3))
    ),
    protocol=st.sampled_from([2, 3, 4]),
    columns_first=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_every_array_of_numbers_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    value: NDArray[np.generic],
    protocol: int,
    columns_first: bool,
) -> None:
    kept = np.asfortranarray(value) if columns_first else value
    path = written(pickle.dumps({"a": kept}, protocol), tmp_path_factory.mktemp("arrays"))
    found = read_pdparams(path)
    assert isinstance(found, dict)
    assert found["a"].dtype == value.dtype.newbyteorder("=")
    assert found["a"].flags.writeable
    np.testing.assert_array_equal(found["a"], value)


def test_files_of_an_older_numpy_are_read(tmp_path: Path) -> None:
    content = pickle.dumps({"a": np.array([[1.5, 2.0]], np.float32)}, 2)
    assert old(content) != content
    found = read_pdparams(written(old(content), tmp_path))
    assert isinstance(found, dict)
    assert found["a"].tolist() == [[1.5, 2.0]]


def test_paddles_own_table_is_left_out(tmp_path: Path) -> None:
    state = {"a": np.zeros(2), "StructuredToParameterName@@": {"a": "conv2d_0.w_0"}}
    found = read_pdparams(written(pickle.dumps(state), tmp_path))
    assert isinstance(found, dict)
    assert list(found) == ["a"]


class Touching:
    """Whoever calls what this pickle names leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    path = written(pickle.dumps({"a": Touching(trace)}), tmp_path)
    with pytest.raises(pickle.UnpicklingError, match="is no part of an array"):
        read_pdparams(path)
    assert not trace.exists()
    pickle.loads(path.read_bytes())
    assert trace.exists()


@pytest.mark.parametrize("value", [np.array([None]), np.array(["a"]), np.zeros(1, "f4,f4")])
def test_arrays_of_other_things_than_numbers_are_refused(
    value: NDArray[np.generic], tmp_path: Path
) -> None:
    with pytest.raises(pickle.UnpicklingError, match="is no kind of number"):
        read_pdparams(written(pickle.dumps({"a": value}), tmp_path))


@pytest.mark.parametrize("value", [1 + 2j, OrderedDict(a=1), range(3)])
def test_objects_beside_the_arrays_are_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(pickle.UnpicklingError, match="is no part of an array"):
        read_pdparams(written(pickle.dumps({"a": value}, 4), tmp_path))


def test_a_shape_that_the_bytes_do_not_fill_is_refused(tmp_path: Path) -> None:
    content = pickle.dumps({"a": np.zeros(5, np.uint8)}, 4)
    assert content.count(b"K\x05\x85") == 1
    with pytest.raises(ValueError, match="reshape"):
        read_pdparams(written(content.replace(b"K\x05\x85", b"K\x06\x85"), tmp_path))
