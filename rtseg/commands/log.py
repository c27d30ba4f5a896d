"""What a command says beside its result: one line on stderr each, for people or for programs."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from typing import Any, Literal, TypeAlias

from rtseg.errors import RtsegError, UsageError
from rtseg.source.masking import masked

Level: TypeAlias = Literal["info", "warning", "error"]

VARIABLE = "RTSEG_LOG"
FORMS = ("text", "json")

_form = "text"


def write_as(form: str) -> None:
    """From now on, in this process: "text" or "json"."""
    global _form
    if form not in FORMS:
        raise UsageError(f"no log named {form!r}; there are: {', '.join(FORMS)}")
    _form = form


def tell(words: str, *, event: str = "notice", **fields: Any) -> None:
    _write("info", words, {"event": event, **fields})


def warn(words: str, *, event: str = "warning", **fields: Any) -> None:
    _write("warning", words, {"event": event, **fields})


def fail(error: RtsegError, *, trace: str = "") -> None:
    """What ends a command. trace: where it happened, for who asked for it."""
    facts = {"event": "failed", "type": type(error).__name__, "exit_code": error.exit_code}
    if trace and _form == "text":
        print(masked(trace), end="", file=sys.stderr)
    elif trace:
        facts["traceback"] = trace
    _write("error", str(error), facts)


def _write(level: Level, words: str, facts: dict[str, Any]) -> None:
    """At once, and with every password masked, whoever forgot to."""
    if _form == "json":
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = {"time": now, "level": level, **facts, "message": words}
        safe = {key: masked(each) if isinstance(each, str) else each for key, each in line.items()}
        print(json.dumps(safe), file=sys.stderr, flush=True)
        return
    prefix = "warning: " if level == "warning" else ""
    print(f"rtseg: {prefix}{masked(words)}", file=sys.stderr, flush=True)
