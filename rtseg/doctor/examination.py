"""Facts judged: every check gets the nouns that it needs, and none can end the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rtseg import __version__
from rtseg.doctor.finding import LEVELS, Finding, Level
from rtseg.doctor.findings import (
    clock,
    cuda,
    display,
    driver,
    environment,
    jetson,
    media,
    packages,
    processor,
    python,
    stores,
    tensorrt,
)
from rtseg.doctor.machine import Machine, read_machine
from rtseg.doctor.place import Place
from rtseg.source.masking import masked

Check = Callable[..., Iterable[Finding]]

CHECKS: tuple[tuple[Check, str], ...] = (
    (python.version, "python"),
    (python.environment, "python"),
    (python.rtseg, "python packages"),
    (packages.loading, "packages python"),
    (packages.opencvs, "packages python"),
    (packages.numpy_2, "packages python"),
    (media.codecs, "packages python"),
    (media.gstreamer, "packages python jetson"),
    (media.tools, "packages cameras"),
    (media.permissions, "cameras"),
    (media.passed_on, "cameras system"),
    (stores.kept, "stores"),
    (stores.leftovers, "stores"),
    (stores.folders, "stores"),
    (environment.unknown, "environment"),
    (environment.home, "environment"),
    (environment.threads, "environment processor"),
    (driver.driver, "graphics jetson system"),
    (driver.nodes, "graphics jetson"),
    (tensorrt.on_jetson, "jetson graphics packages python"),
    (tensorrt.on_desktop, "jetson graphics packages python"),
    (tensorrt.loads, "graphics packages python"),
    (cuda.pycuda, "graphics packages python"),
    (cuda.toolkit, "graphics jetson"),
    (cuda.toolkit_fits, "graphics"),
    (jetson.power, "jetson"),
    (jetson.clocks, "jetson"),
    (processor.int8, "processor"),
    (processor.bf16, "processor"),
    (processor.quota, "processor system"),
    (processor.affinity, "processor"),
    (processor.governor, "processor"),
    (processor.memory, "processor"),
    (clock.right, "clock"),
    (clock.steady, "clock"),
    (display.viewer, "display packages python"),
    (display.screen, "display packages"),
)
"""What is asked, and the nouns of Machine that it is given."""

ISSUES = "rtseg doctor --json   # and report what it prints"

PATH_SECRET = re.compile(r"(:/[^:@/?#\s]*):[^@/\s]+@")
"""An address that became a path: one slash of two is gone, and ``masked`` does not know it."""


@dataclass(frozen=True)
class Examination:
    """findings: worst first, else in the order of CHECKS."""

    machine: Machine
    findings: tuple[Finding, ...]

    def at(self, level: Level) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.level == level)

    def as_json(self) -> dict[str, Any]:
        """With secrets masked, as all that leaves this program."""
        facts = asdict(self.machine)
        counts = {level: len(self.at(level)) for level in LEVELS}
        found = [asdict(each) for each in self.findings]
        whole = {"rtseg": __version__, "counts": counts, "findings": found, "machine": facts}
        return {key: _masked(each) for key, each in whole.items()}


def examine(place: Place) -> Examination:
    """Never raises; touches no network, and nothing of the machine but its files."""
    return judge(read_machine(place))


def judge(machine: Machine) -> Examination:
    found = [_unread(noun, why) for noun, why in machine.unread.items()]
    for check, nouns in CHECKS:
        facts = {noun: getattr(machine, noun) for noun in nouns.split()}
        if None not in facts.values():
            found += _asked(check, facts)
    found.sort(key=lambda each: LEVELS.index(each.level))
    return Examination(machine, tuple(Finding(**_masked(asdict(each))) for each in found))


def _asked(check: Check, facts: dict[str, Any]) -> list[Finding]:
    """What it said until it failed, and that it failed."""
    found: list[Finding] = []
    try:
        found.extend(check(**facts))
    except Exception as error:  # noqa: BLE001  # the others go on, and this is told
        name = f"{check.__module__.rpartition('.')[2]}.{check.__name__}"
        found.append(_failed(f"the check {name} failed", f"{type(error).__name__}: {error}"))
    return found


def _unread(noun: str, why: str) -> Finding:
    """For want of a package: there is a finding of its own for that."""
    lacks = why.startswith(("ImportError", "ModuleNotFoundError"))
    command = "rtseg doctor   # again, once its packages can be loaded" if lacks else ISSUES
    return _failed(f"could not look at: {noun}", why, command)


def _failed(title: str, cause: str, command: str = ISSUES) -> Finding:
    return Finding(
        "warning", "check-failed", title, cause, "what it looks for is not known", command
    )


def _masked(value: Any) -> Any:
    """Every text in it."""
    if isinstance(value, str):
        return PATH_SECRET.sub(r"\1:***@", masked(value))
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(each) for each in value]
    return value
