from __future__ import annotations

import pytest

from rtseg import errors

EXIT_CODES = {
    "RtsegError": 1,
    "UsageError": 2,
    "SourceError": 3,
    "DatasetError": 3,
    "MachineError": 4,
    "EngineError": 4,
    "ManifestError": 4,
    "SinkError": 1,
    "StageError": 1,
    "ThresholdError": 5,
}


@pytest.mark.parametrize(("name", "code"), EXIT_CODES.items())
def test_every_error_ends_the_program_with_its_documented_code(name: str, code: int) -> None:
    assert getattr(errors, name)("why").exit_code == code


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    documented = _documented_tree()
    real = {
        each.__name__: (each.__base__.__name__, each.exit_code)
        for each in vars(errors).values()
        if isinstance(each, type)
    }
    assert documented == real


def test_an_error_says_its_message_and_nothing_else() -> None:
    assert str(errors.SinkError("the disk is full")) == "the disk is full"


def _documented_tree() -> dict[str, tuple[str, int]]:
    """name -> (base, exit code), read off the indentation of the module's docstring."""
    tree: dict[str, tuple[str, int]] = {}
    above = {-2: "Exception"}
    for line in (errors.__doc__ or "").splitlines():
        words = line.split()
        if len(words) < 3 or not words[0].endswith("Error"):
            continue
        indent = len(line) - len(line.lstrip())
        above[indent] = words[0]
        tree[words[0]] = (above[indent - 2], int(words[1]))
    return tree
