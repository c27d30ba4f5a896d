"""Fractions, as JSON holds them and as people read them."""

from __future__ import annotations


def rounded(fraction: float) -> float | None:
    """To four digits; None for NaN, which JSON has not."""
    return None if fraction != fraction else round(float(fraction), 4)


def percent(fraction: float | None) -> str:
    """To one digit, without the sign; None is "absent": there was nothing to measure."""
    return "absent" if fraction is None else f"{100 * fraction:.1f}"
