"""The viewer against its bars, on an X server of its own (Xvfb, 1920x1080).

python benchmarks/viewer.py CLIP [--cycles 200] [--minutes 10] [--only play,seek] [--json FILE]

CLIP should be long enough for the window to settle; 1920x1080 for the bar of the viewer's CPU. Each
part has a process of its own: ``start`` up to the first segmented frame on the screen, ``play`` as
fast as it goes, ``seek`` and ``switch`` (of the precision) while it plays, ``cycle`` of windows
opened and closed, ``last`` for so many minutes. ``rtseg run -o null`` is the yardstick of ``play``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from child import run_rtseg
from viewing import Pulse, display, marks, on_first_paint, watched

from rtseg.machine import fingerprint, load

BARS = {
    "window_seconds": "from the start of the process to the first paint of the window",
    "first_painted_seconds": "< 2, to the first segmented frame on the screen",
    "displayed_share": ">= 0.95 of min(processed, 60)",
    "viewer_cpu_ms_per_frame": "<= 6, of the event loop and the renderer",
    "share_of_null": ">= 0.80 of rtseg run -o null",
    "play_block_p99_ms": "<= 50",
    "seek_block_p99_ms": "<= 50",
    "switch_block_p99_ms": "<= 50",
    "cycle_growth_mib": "over the second half of the cycles; should not grow with them",
    "last_growth_mib": "<= 20, from the end of the warm-up to the end of all minutes",
}
SEEKS, SWITCHES = 40, 6
WARM_UP_SHARE = 0.1
"""Of the minutes, before memory is looked at first."""


def main() -> None:
    wanted = _parser().parse_args()
    if wanted.part:
        print(json.dumps(PARTS[wanted.part](wanted)))
        return
    with display("1920x1080") as environment:
        result: dict[str, Any] = {"machine": fingerprint(), "load_at_start": load()[0]}
        for part in wanted.only:
            result.update(_run(part, wanted, environment))
    if "play" in wanted.only:
        result["null_fps"] = run_rtseg(wanted.clip, "-o", "null").report["processed_fps"]
        result["share_of_null"] = result["processed_fps"] / result["null_fps"]
    for key in (key for key in BARS if key in result):
        print(f"{key:26} {result[key]:8.3f}   {BARS[key]}")
    if wanted.json:
        wanted.json.write_text(json.dumps(result, indent=2) + "\n")


def _start(wanted: argparse.Namespace) -> dict[str, float]:
    """As the command does it; the age of the process includes that of the interpreter."""
    from rtseg.commands import main  # noqa: F401 - what the command has loaded before its verb
    from rtseg.commands.report import process_age_nanos

    began = time.monotonic_ns() - process_age_nanos()
    painted: list[int] = []

    def prepared(window: Any) -> None:
        on_first_paint(window.canvas, lambda: painted.append(time.monotonic_ns()))

    window = watched(wanted.clip, until=_has_shown, prepared=prepared)
    return {
        "window_seconds": (painted[0] - began) / 1e9,
        "first_painted_seconds": (window.canvas.displayed.first_nanos - began) / 1e9,
    }


def _has_shown(window: Any) -> bool:
    return bool(window.canvas.displayed.count)


def _play(wanted: argparse.Namespace) -> dict[str, float]:
    """The whole clip, as fast as it goes; the first frames are warm-up."""
    at_first: dict[str, int] = {}
    pulses: list[Pulse] = []

    def over(window: Any) -> bool:
        stats = window.player.session.stats
        if "began" not in at_first and stats.processed.count > 10:
            at_first.update(marks(window), began=time.monotonic_ns())
        return bool(window.player.session.state == "ended")

    def prepared(window: Any) -> None:
        window.player.speed = None
        pulses.append(Pulse(window))

    window = watched(wanted.clip, until=over, prepared=prepared)
    blocked = pulses[0].blocked("play", since_nanos=at_first["began"])
    return {**_rates(window, at_first), **blocked}


def _seek(wanted: argparse.Namespace) -> dict[str, float]:
    """Through the clip in golden steps, the next as soon as a frame of the last is on show."""
    places = (np.arange(1, SEEKS + 1) * 0.618) % 1

    def seek(window: Any, number: int) -> None:
        seconds = float(window.player.session.source_info.seconds)
        window.measuring.timeline.sought.emit(places[number] * seconds)

    def arrived(window: Any, number: int) -> bool:
        info = window.player.session.source_info
        at = float(window.canvas.painted.shot.segmentation.frame.pts)
        return bool(0 <= at - places[number] * float(info.seconds) + 0.1 < 1)

    return _blocked_by("seek", wanted, (SEEKS, seek, arrived))


def _switch(wanted: argparse.Namespace) -> dict[str, float]:
    precisions = ("fp32", "int8")

    def switch(window: Any, number: int) -> None:
        window.player.change(precision=precisions[number % 2])

    def switched(window: Any, number: int) -> bool:
        return bool(window.player.session.engines[0].precision == precisions[number % 2])

    return _blocked_by("switch", wanted, (SWITCHES, switch, switched))


Deeds = tuple[int, Callable[[Any, int], None], Callable[[Any, int], bool]]
"""How many, what each does, and whether it is done."""


def _blocked_by(name: str, wanted: argparse.Namespace, deeds: Deeds) -> dict[str, float]:
    count, do, is_done = deeds
    began: list[int] = []
    pulses: list[Pulse] = []

    def prepared(window: Any) -> None:
        window.player.loop = True
        pulses.append(Pulse(window))

    def over(window: Any) -> bool:
        if began and not is_done(window, len(began) - 1):
            return False
        if len(began) == count:
            return True
        if _has_shown(window):
            do(window, len(began))
            began.append(time.monotonic_ns())
        return False

    watched(wanted.clip, until=over, prepared=prepared)
    took = (time.monotonic_ns() - began[0]) / 1e9 / count
    return {f"{name}_seconds": took, **pulses[0].blocked(name, since_nanos=began[0])}


def _last(wanted: argparse.Namespace) -> dict[str, float]:
    """The clip round and round at its own pace."""
    began = time.monotonic()
    warm = began + 60 * wanted.minutes * WARM_UP_SHARE
    sizes: list[float] = []

    def over(window: Any) -> bool:
        if time.monotonic() >= warm and not sizes:
            sizes.append(_resident_mib())
        return time.monotonic() >= began + 60 * wanted.minutes

    def prepared(window: Any) -> None:
        window.player.loop = True
        window.docks["plots"].setVisible(True)

    def read(window: Any) -> bool:
        done = over(window)
        if done:
            sizes.append(_resident_mib())
        return done

    watched(wanted.clip, until=read, prepared=prepared)
    return {"last_growth_mib": sizes[-1] - sizes[0], "last_rss_mib": sizes[-1]}


def _rates(window: Any, at_first: dict[str, int]) -> dict[str, float]:
    frames = window.canvas.displayed.count - at_first["displayed"]
    loop, renderer = (
        (window.spent[name] - at_first[name]) / 1e6 / max(1, frames)
        for name in ("loop", "renderer")
    )
    processed, displayed = window.player_stats.processed.fps, window.canvas.displayed.fps
    return {
        "processed_fps": processed,
        "displayed_fps": displayed,
        "displayed_share": displayed / min(processed, 60),
        "event_loop_ms_per_frame": loop,
        "renderer_ms_per_frame": renderer,
        "viewer_cpu_ms_per_frame": loop + renderer,
    }


def _cycle(wanted: argparse.Namespace) -> dict[str, float]:
    sizes = []
    for _ in range(wanted.cycles):
        watched(wanted.clip, until=_has_shown)
        sizes.append(_resident_mib())
    print([round(each) for each in sizes], file=sys.stderr)
    left = [each.name for each in threading.enumerate() if each.name.startswith("rtseg")]
    growth = sizes[-1] - sizes[len(sizes) // 2]
    return {"cycle_growth_mib": growth, "cycle_rss_mib": sizes[-1], "threads": len(left)}


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


PARTS = {
    "start": _start,
    "play": _play,
    "seek": _seek,
    "switch": _switch,
    "cycle": _cycle,
    "last": _last,
}


def _run(part: str, wanted: argparse.Namespace, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, __file__, str(wanted.clip), "--part", part]
    command += ["--cycles", str(wanted.cycles), "--minutes", str(wanted.minutes)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{part} failed:\n{ended.stderr}")
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=0.5)
    parser.add_argument("--only", type=_parts, default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", choices=PARTS, help="run one in this process")
    return parser


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - PARTS.keys():
        raise argparse.ArgumentTypeError(f"no part {sorted(unknown)}; there are {list(PARTS)}")
    return names


if __name__ == "__main__":
    main()
