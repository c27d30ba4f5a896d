"""A TOML table that says where it stands when something in it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

T = TypeVar("T")

LARGEST = 1e9


class Table:
    """where: for people. keys: those that it may have. All errors are ValueErrors in one line."""

    def __init__(self, content: Any, where: str, keys: Sequence[str]) -> None:
        if not isinstance(content, Mapping):
            raise ValueError(f"{where} must be a table, not {content!r}")
        for key in content:
            if key not in keys:
                raise ValueError(f"{where} has no key {key!r}; it has: {', '.join(keys)}")
        self._content, self.where = content, where

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def value(self, key: str, read: Callable[[Any], T], default: T | None = None) -> T:
        """read: raises TypeError or ValueError that says what the value must be."""
        if key not in self._content:
            if default is None:
                raise ValueError(f"{self.where}: {key} is missing")
            return default
        value = self._content[key]
        try:
            return read(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.where}: {key} must be {error}, not {value!r}") from error

    def table(self, key: str, keys: Sequence[str]) -> Table | None:
        return Table(self._content[key], f"[{key}]", keys) if key in self else None

    def tables(self, key: str, keys: Sequence[str]) -> list[Table]:
        """Each is named by its own ``name``, where it has one."""
        content = self._content.get(key, [])
        if not isinstance(content, list):
            raise ValueError(f"{self.where}: {key} must be written as a [[{key}]]")
        of = "" if self.where == "the file" else f" of {self.where}"
        return [Table(each, f"{_named(each, key)}{of}", keys) for each in content]


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("text that is not empty")
    return value


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise TypeError("a list of words")
    return tuple(value)


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("a number")
    if not abs(value) < LARGEST:
        raise ValueError("a number of a size that can be meant")
    return float(value)


def whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number")
    return value


def duration(value: Any) -> Fraction:
    """As it is written: 0.1 is a tenth, not the float that is a little more."""
    if number(value) < 0:
        raise ValueError("0 seconds or more")
    return Fraction(str(value))


def size(value: Any) -> tuple[int, int]:
    height, _, width = str(value).partition("x")
    if not (height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise ValueError('"HEIGHTxWIDTH"')
    return int(height), int(width)


def point(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError("[x, y]")
    return number(value[0]), number(value[1])


def points(value: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, list):
        raise TypeError("a list of [x, y]")
    return tuple(point(each) for each in value)


def _named(content: Any, key: str) -> str:
    name = content.get("name") if isinstance(content, Mapping) else None
    return f"{key} {name!r}" if name else f"a [[{key}]]"
