"""Every network of the catalogue: what it weighs, and what it costs beside ddrnet-23-slim.

python benchmarks/zoo.py LINES.jsonl --pictures DIR [--only A,B] [--sizes 352x480,512x1024]
                         [--repeat 30] [--work DIR] [--json FILE] [--markdown docs/zoo.md]

LINES.jsonl gets one line a network, measured in a process of its own by network.py; a network that
has a line is not measured again, so a run that was stopped goes on where it was. Without --pictures
nothing is measured: the report and the table are made of the lines that are there. Last of all the
reference is measured once more against itself: its ratio says what the others are worth.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from child import ChildError, run_child

from rtseg.machine import fingerprint
from rtseg.models.catalogue import CATALOGUE, entry

REFERENCE = "ddrnet-23-slim"
AGAIN = "again"
SCRIPT = Path(__file__).with_name("network.py")
TOOLS = ("torch", "onnx", "nncf")
PRECISIONS = ("fp32", "int8")
WEIGHT = (
    "network",
    "exports",
    "parameters, M",
    "published",
    "GMACs",
    "published ",
    "counted at",
    "why they differ",
)
SPEED = ("network", "FP32, ms", "x", "INT8, ms", "x ", "labels agree (classes)", "")
NUMBERS = {*WEIGHT[2:6], *SPEED[1:6]}
ABOUT = """Made by `benchmarks/zoo.py` on {machine}. A network is measured through the OpenVINO
engine of this project, one picture at a time, normalisation and arg max in the graph; milliseconds
are medians, and *x* is the median quotient with {reference}, whose inferences took turns with its
own: on a busy machine believe *x* rather than the milliseconds.

The weights are fresh: agreement of the labels of INT8 and FP32 is that of a network with random
weights and batch norms that saw the calibration pictures, on other pictures (in brackets: the
classes that FP32 found in them). It warns of operators that quantise badly; trained weights are
another matter, and `rtseg export` measures theirs."""

Row = dict[str, Any]


def main() -> None:
    wanted = arguments()
    names = wanted.only.split(",") if wanted.only else list(CATALOGUE)
    for name in names:
        entry(name)
    if wanted.pictures:
        with tempfile.TemporaryDirectory() as temporary:
            measure(wanted, names, wanted.work or Path(temporary))
    rows = lines(wanted.lines)
    again = rows.pop(AGAIN, None)
    machine = fingerprint()
    machine["versions"] |= {tool: version(tool) for tool in TOOLS}
    report = {"machine": machine, "networks": list(rows.values()), "again": again}
    if wanted.json:
        wanted.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    text = markdown(report)
    print(text)
    if wanted.markdown:
        wanted.markdown.write_text(text, encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The zoo, weighed and measured.")
    parser.add_argument("lines", type=Path, help="JSON lines, one a network")
    parser.add_argument("--pictures", type=Path, help="folder of roads, to calibrate and compare")
    parser.add_argument("--only", help="names, with commas between")
    parser.add_argument("--sizes", default="352x480,512x1024")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--work", type=Path, help="keeps the exported files; default: none are")
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    parser.add_argument("--markdown", type=Path, help="file for the tables")
    return parser.parse_args()


def measure(wanted: argparse.Namespace, names: Sequence[str], work: Path) -> None:
    """What is missing, then the reference against itself."""
    options = ("--sizes", wanted.sizes, "--repeat", str(wanted.repeat), "--reference", REFERENCE)
    for name in [*missing(wanted.lines, names), AGAIN]:
        network = REFERENCE if name == AGAIN else name
        try:
            command = (sys.executable, SCRIPT, network, wanted.pictures, work, *options)
            row = run_child(command).report | {"network": name}
        except ChildError as error:
            print(error, file=sys.stderr)
            row = {"network": name, "error": str(error).partition(": ")[2]}
        with wanted.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def missing(path: Path, names: Sequence[str]) -> list[str]:
    """Those that have no line, or one that tells of a failure."""
    done = {name for name, row in lines(path).items() if "error" not in row}
    return [name for name in names if name not in done]


def lines(path: Path) -> dict[str, Row]:
    """The last line of each network."""
    if not path.is_file():
        return {}
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["network"]: row for row in rows}


def markdown(report: Row) -> str:
    rows = sorted(report["networks"], key=lambda row: list(CATALOGUE).index(row["network"]))
    sizes = dict.fromkeys(size for row in rows for size in row.get("sizes", ()))
    parts = ["# The zoo, measured", ABOUT.format(reference=REFERENCE, machine=machine(report))]
    parts.append(table(WEIGHT, [weight_cells(row) for row in rows]))
    for size in sizes:
        here = [row for row in rows if size in row.get("sizes", ())]
        parts += [f"## At {size}", drift(report["again"], size)]
        parts.append(table(SPEED, [speed_cells(row, size) for row in here]))
    return "\n\n".join(parts) + "\n"


def machine(report: Row) -> str:
    about = report["machine"]
    tools = ", ".join(f"{name} {about['versions'][name]}" for name in ("openvino", "nncf", "torch"))
    loads = [row["load"][0] for row in report["networks"] if "load" in row]
    busy = f"{min(loads)} to {max(loads)}" if loads else "unknown"
    return f"{about['cpu']}, {about['cores']} cores, load {busy} when each began; {tools}"


def drift(again: Row | None, size: str) -> str:
    if again is None or size not in again.get("sizes", ()):
        return f"{REFERENCE} was not measured again."
    against = [
        f"{again['sizes'][size][each]['ratio']:.2f} in {each.upper()}" for each in PRECISIONS
    ]
    return f"At the end {REFERENCE} measured against itself gave {' and '.join(against)}."


def weight_cells(row: Row) -> list[str]:
    facts = entry(row["network"])
    if "error" in row:
        return [row["network"], "no", *[""] * 5, row["error"].replace("|", "/")]
    published = [f"{each:g}" if each else "" for each in (facts.parameters, facts.gmacs)]
    height, width = facts.size
    ours = f"{row['parameters']:.3g}", f"{row['gmacs']:.3g}"
    at = f"{height}x{width}, {facts.classes} classes"
    return [
        row["network"],
        "yes",
        ours[0],
        published[0],
        ours[1],
        published[1],
        at,
        facts.deviation,
    ]


def speed_cells(row: Row, size: str) -> list[str]:
    found = row["sizes"][size]
    times = [
        cell
        for each in PRECISIONS
        for cell in (f"{found[each]['ms']:.1f}", f"{found[each]['ratio']:.2f}")
    ]
    agreement = f"{found['agreement']:.1%} ({found['classes']})"
    elsewhere = "" if found["measured_at"] == size else f"measured at {found['measured_at']}"
    return [row["network"], *times, agreement, elsewhere]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---", *["---:" if head in NUMBERS else "---" for head in heads[1:]]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ruler, *rows))


if __name__ == "__main__":
    main()
