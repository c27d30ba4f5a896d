"""What follows from the variables that rtseg and its packages read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from rtseg.doctor.facts.environment import HOME, KNOWN, PREFIX, THREADS, Environment
from rtseg.doctor.facts.processor import Processor
from rtseg.doctor.finding import Finding, fine

HOMES = {
    "empty": (
        "it is set and empty",
        "models come from the user's own store, engines too, and not from the checkout",
        f"unset {HOME}",
    ),
    "relative": (
        "it does not begin with /",
        "every working folder has other models and engines",
        f'export {HOME}="$(realpath "${HOME}")"',
    ),
    "file": (
        "it leads to a file",
        "nothing can be stored, and no model or engine of yours is found",
        f"unset {HOME}",
    ),
}
"""What RTSEG_HOME leads to -> cause, consequence, command."""


def unknown(environment: Environment) -> Iterator[Finding]:
    wrong = [name for name in environment.ours if name not in KNOWN]
    for name in wrong:
        close = [known for known in KNOWN if _resembles(name, known)]
        yield Finding(
            "warning",
            "variable-unknown",
            f"nothing reads the variable {name}",
            f"did you mean {close[0]}?" if close else f"rtseg knows {', '.join(KNOWN)} only",
            "it has no effect",
            f'export {close[0]}="${name}"; unset {name}' if close else f"unset {name}",
        )
    if not wrong:
        yield fine("variables", "no unknown variable RTSEG_*")


def home(environment: Environment) -> Iterator[Finding]:
    if environment.home in HOMES:
        cause, consequence, command = HOMES[environment.home]
        value = environment.ours.get(HOME, "")
        yield Finding("warning", "home", f"{HOME}={value}", cause, consequence, command)
    elif environment.home == "missing":
        yield Finding(
            "hint",
            "home-missing",
            f"{HOME}={environment.ours.get(HOME, '')} does not exist yet",
            "it is made when something is stored; or it is misspelt",
            "no model or engine of yours is found",
            f'mkdir -p "${HOME}"',
        )
    else:
        yield fine("home", f"{HOME} leads to a folder" if environment.home else f"no {HOME}")


def threads(environment: Environment, processor: Processor) -> Iterator[Finding]:
    few = {
        name: value
        for name, value in environment.threads.items()
        if value.isdecimal() and int(value) < processor.allowed
    }
    if not few:
        yield fine("threads", "no variable limits threads")
        return
    yield Finding(
        "hint",
        "threads-limited",
        "; ".join(f"{name}={value}" for name, value in few.items()) + " limits threads",
        f"{processor.allowed} cores may be used; the variables are set in this environment",
        f"slower: {', '.join(dict.fromkeys(THREADS[name] for name in few))}; OpenVINO goes by "
        "--threads alone",
        f"unset {' '.join(few)}",
    )


def _resembles(name: str, known: str) -> bool:
    """Without the prefix that they share."""
    words = (name.removeprefix(PREFIX), known.removeprefix(PREFIX))
    return difflib.SequenceMatcher(None, *words).ratio() > 0.6
