"""What follows from a Jetson's own settings."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.jetson import Jetson
from rtseg.doctor.finding import Finding, fine


def power(jetson: Jetson) -> Iterator[Finding]:
    best = [(number, name) for number, name in jetson.modes if name.startswith("MAXN")]
    best.sort(key=lambda mode: "SUPER" in mode[1])
    if not jetson.mode or not best or jetson.mode.startswith("MAXN"):
        if jetson.model:
            yield fine("power-mode", f"power mode {jetson.mode or 'unknown'}")
        return
    number, name = best[-1]
    yield Finding(
        "hint",
        "power-mode",
        f"the power mode is {jetson.mode}, the fastest is {name}",
        "nvpmodel caps clocks and cores in every other mode",
        "rates are those of this mode; the fastest one needs the power supply and the cooling",
        f"sudo nvpmodel -m {number}",
    )


def clocks(jetson: Jetson) -> Iterator[Finding]:
    if jetson.locked is None:
        return
    if jetson.locked:
        yield fine("clocks", "the GPU's clock is fixed (jetson_clocks)")
        return
    yield Finding(
        "hint",
        "clocks-vary",
        "the GPU's clock follows the load",
        "jetson_clocks is not on",
        "measured rates vary from run to run; for use it does not matter",
        "sudo jetson_clocks",
    )
