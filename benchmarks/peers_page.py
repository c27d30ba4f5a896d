"""The results in docs/benchmarks.md, out of what `peers.py` measured; its text is left alone.

python benchmarks/peers_page.py FILE.json docs/benchmarks.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import comparison
from comparison import Round
from contestants import CONTESTANTS, Contestant
from main_job import QUIET_LOAD

from rtseg.bench.intervals import median_interval

RATES = ("program", "network", "output", "FPS", "ms a frame", "inference ms", "overhead ms")
RATIOS = ("rtseg", "beside", "times as many frames", "wanted")
OVERHEADS = ("rtseg", "beside", "overhead, times its", "by its own clock, times its", "wanted")

WANTED = {
    ("rtseg-int8-video", "naive-fp32-video"): 2.3,
    ("rtseg-int8-null", "naive-fp32-null"): 3.5,
    ("rtseg-int8-video", "supervision-fp32-video"): 3.2,
}
"""What each program does unless it is told otherwise: rtseg runs INT8, the others FP32."""
OVERHEAD_WANTED = 1 / 3

BEGIN, END = "<!-- by benchmarks/peers.py: begin -->\n", "<!-- by benchmarks/peers.py: end -->\n"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: python benchmarks/peers_page.py FILE.json FILE.md")
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    write(Path(sys.argv[2]), results(report))


def write(path: Path, text: str) -> None:
    """In the place of the results that the page has, between its two marks."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{path} lacks the lines {BEGIN.strip()!r} and {END.strip()!r}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def results(report: dict[str, Any]) -> str:
    rounds = report["rounds"]
    parts = [measured_on(report)]
    parts += ["## Rates", table(RATES, [rate_cells(rounds, each) for each in CONTESTANTS])]
    parts += ["## rtseg beside each", table(RATIOS, ratio_rows(rounds))]
    parts += ["## Overhead beside Ultralytics", table(OVERHEADS, overhead_rows(rounds))]
    if failed := report["failed"]:
        reasons = "\n".join(f"- {name}: {reason}" for name, reason in failed.items())
        parts += [f"Not measured:\n\n{reasons}"]
    return "\n\n".join(parts) + "\n"


def measured_on(report: dict[str, Any]) -> str:
    machine, clip, load = report["machine"], report["clip"], report["load"]
    height, width = clip["picture"]
    text = (
        f"Measured on {machine['cpu']}, cores: {report['threads']}, load {load['start'][0]} at the "
        f"start: {len(report['rounds'])} rounds, {report['limit']} frames of {clip['name']} "
        f"({width}x{height}, {clip['codec']}), `{report['model']}`. {certainty(report)} "
        f"Versions: {versions(report)}."
    )
    if load["start"][0] > QUIET_LOAD:
        text = f"**Taken on a busy machine: not to be quoted.** {text}"
    return text


def certainty(report: dict[str, Any]) -> str:
    interval = median_interval(range(len(report["rounds"])))
    return f"Intervals: {interval.coverage:.0%}." if interval else "One round gives no interval."


def versions(report: dict[str, Any]) -> str:
    """Each package once, or once a version."""
    found = {
        f"{package} {version}": None
        for each in report["rounds"]
        for said in each.values()
        for package, version in said["versions"].items()
    }
    return ", ".join(sorted(found))


def rate_cells(rounds: Sequence[Round], who: Contestant) -> list[str]:
    fps = comparison.fps(rounds, who.name)
    inference = comparison.inference_ms(rounds, who.name)
    overhead = comparison.overhead_ms(rounds, who.name)
    names = [who.peer, who.network, who.output]
    if fps is None:
        return [*names, "not measured", "", "", ""]
    spent = [f"{1e3 / fps.median:.1f}", f"{inference.median:.1f}" if inference else ""]
    return [*names, fps.written(1), *spent, overhead.written(1) if overhead else ""]


def ratio_rows(rounds: Sequence[Round]) -> list[list[str]]:
    """Those with a wish first, then those of equal precision."""
    alike = {
        (f"rtseg-{each.network}-{each.output}", each.name): None
        for each in CONTESTANTS
        if each.peer in {"naive", "supervision"}
    }
    return [
        [*pair, figure.written(2), f"at least {wanted}" if wanted else ""]
        for pair, wanted in (WANTED | alike).items()
        if (figure := comparison.ratio(rounds, *pair))
    ]


def overhead_rows(rounds: Sequence[Round]) -> list[list[str]]:
    rows = []
    for peer in (each for each in CONTESTANTS if each.peer == "ultralytics"):
        name = f"rtseg-int8-{peer.output}"
        clocks = (comparison.ALONE, comparison.OWN)
        figures = [comparison.overhead_ratio(rounds, name, peer.name, clock=it) for it in clocks]
        if all(figures):
            ratios = [each.written(2) for each in figures if each]
            rows.append([name, peer.name, *ratios, f"at most {OVERHEAD_WANTED:.2f}"])
    return rows


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---"] * len(heads)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ruler, *rows))


if __name__ == "__main__":
    main()
