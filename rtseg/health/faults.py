"""What can be wrong with a camera, and how much of it is too much.

The bars stand between what the eight clips of docs/health.md show and what the same clips show
once they are damaged; ``benchmarks/health.py`` measures both.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from rtseg.health.signs import Signs

Fault: TypeAlias = Literal[
    "black",
    "underexposed",
    "overexposed",
    "frozen",
    "blurred",
    "covered",
    "discoloured",
    "grey blocks",
]


class Kind(NamedTuple):
    """after, gone: seconds until a fault is believed, and until it is believed to be over."""

    words: str
    after: Fraction
    gone: Fraction = Fraction(1)


FAULTS: dict[Fault, Kind] = {
    "black": Kind("nothing is lit", Fraction(1)),
    "underexposed": Kind("hardly anything is lit", Fraction(2)),
    "overexposed": Kind("much of the picture is clipped", Fraction(2)),
    "frozen": Kind("the picture does not change", Fraction(3)),
    "blurred": Kind("no edge is sharp", Fraction(2)),
    "covered": Kind("a part of the picture shows nothing, all the time", Fraction(1)),
    "discoloured": Kind("much of it is green or magenta", Fraction(1)),
    "grey blocks": Kind("the decoder lacks data", Fraction(3, 5)),
}

BLACK, DARK = 16, 31  # grey levels; night between villages reached 31 for a moment, 40 for long
CLIPPED = 0.4  # share; the brightest of the clips have 0.02
STILL = 0.0005  # share that changes; the quietest of the clips change 0.005
BLUNT = 0.15  # sharpness; the softest of the clips have 0.24
FLAT = 4.0  # contrast below which there are no edges to judge; the darkest of the clips have 107
CONCEALED = 0.05  # share; the greyest of the clips have 0.014
TINTED = 0.15  # share; none of the clips has any


def instant_faults(found: Signs) -> set[Fault]:
    """Those that one picture shows, with the one before it. "covered" takes longer to see."""
    if found.brightest < BLACK:
        return {"black"}
    shown: dict[Fault, bool] = {
        "underexposed": found.brightest < DARK,
        "overexposed": found.clipped > CLIPPED,
        "frozen": found.changed < STILL,
        "blurred": found.contrast > FLAT and found.sharpness < BLUNT,
        "discoloured": found.tinted > TINTED,
        "grey blocks": found.concealed > CONCEALED,
    }
    return {fault for fault, is_shown in shown.items() if is_shown}
