"""``chaos://SOURCE?drop=0.05&seed=1``: what it says about the source and the faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from rtseg.errors import UsageError
from rtseg.source.chaos import Faults
from rtseg.source.masking import masked

SCHEME = "chaos://"
EXAMPLE = (
    "chaos://SOURCE?drop=P&stall=P:SECONDS&corrupt=P&resize=P&reorder=P&clock=P&dup=P&seed=N, "
    "every P from 0 to 1"
)


def source_and_faults(reference: str) -> tuple[str, Faults]:
    """What stands behind the last ``?`` is of the faults; other keys there stay the source's."""
    inner, _, query = reference.removeprefix(SCHEME).rpartition("?")
    if not inner:
        inner, query = query, ""
    parsed: dict[str, Any] = {}
    others = []
    try:
        for part in filter(None, query.split("&")):
            pairs = dict(parse_qsl(part, keep_blank_values=True))
            key, text = next(iter(pairs.items()), (part, ""))
            if key not in _KEYS:
                others.append(part)
            elif key in parsed:
                raise ValueError(f"{key} is there twice")
            else:
                parsed.update(_KEYS[key](key, text))
    except ValueError as error:
        message = f"cannot read {masked(reference)!r} ({error}); expected {EXAMPLE}"
        raise UsageError(message) from error
    if not parsed:
        raise UsageError(f"{masked(reference)!r} names no fault; expected {EXAMPLE}")
    return f"{inner}?{'&'.join(others)}" if others else inner, Faults(**parsed)


def _likely(key: str, text: str) -> dict[str, float]:
    probability = float(text)
    if not 0 <= probability <= 1:
        raise ValueError(f"{key}={text} is no number from 0 to 1")
    return {key: probability}


def _stall(key: str, text: str) -> dict[str, float]:
    probability, colon, seconds = text.partition(":")
    lasts = float(seconds) if colon else Faults.stall_seconds
    if not 0 <= lasts <= 3600:
        raise ValueError(f"{key}={text} lasts no time from 0 to 3600 s")
    return {**_likely(key, probability), "stall_seconds": lasts}


def _seed(key: str, text: str) -> dict[str, int]:
    return {key: int(text)}


_KEYS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    **dict.fromkeys(("drop", "corrupt", "resize", "reorder", "clock", "dup"), _likely),
    "stall": _stall,
    "seed": _seed,
}
