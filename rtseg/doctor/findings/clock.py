"""What follows from the wall clock."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.clock import Clock
from rtseg.doctor.finding import Finding, fine

FIRST_YEAR = 2025
"""No clock that is right says less."""

STEP = 0.1
"""Seconds; keeping a clock right by slewing moves it by 0.0005 a second at most."""

TURN_ON = "sudo timedatectl set-ntp true"


def right(clock: Clock) -> Iterator[Finding]:
    if clock.year < FIRST_YEAR:
        yield Finding(
            "warning",
            "clock-wrong",
            f"the clock says that it is {clock.year}",
            "it was never set: a board without battery starts in the past",
            "certificates look invalid: `rtseg models pull` and https:// fail; files are misdated",
            TURN_ON,
        )
    elif clock.synchronised is False:
        yield Finding(
            "hint",
            "clock-not-synchronised",
            "nothing keeps the clock right",
            "the kernel says that no time server sets it (adjtimex)",
            "rates and latencies do not depend on it; comparing times with other machines does",
            TURN_ON,
        )
    else:
        yield fine("clock", "the clock is kept right" if clock.synchronised else "the clock")


def steady(clock: Clock) -> Iterator[Finding]:
    if abs(clock.stepped) < STEP:
        yield fine("clock-steps", "the clock did not jump while it was looked at")
        return
    yield Finding(
        "warning",
        "clock-stepped",
        f"the clock jumped by {clock.stepped:+.1f} s while it was looked at",
        "a time server, a virtual machine's host or a person is setting it",
        "rates and latencies do not depend on it; the dates of files, and of other programs, do",
        "timedatectl timesync-status; chronyc tracking",
    )
