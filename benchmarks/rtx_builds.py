"""Which models and networks TensorRT-RTX builds, how long it takes, and whether it repeats itself.

python benchmarks/rtx_builds.py LINES.jsonl --pictures DIR [--only A,B] [--size 352x480]
                                [--work DIR] [--markdown docs/rtx-builds.md]

No GPU is needed, and nothing is executed. LINES.jsonl gets one line a network, built in a process
of its own by rtx_network.py; one that has a line is not built again, so a run that was stopped goes
on where it was. Without --pictures nothing is built: the table is made of the lines that are there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from child import ChildError, run_child
from zoo import Row, lines, missing

from rtseg.engine.package import DEFAULT_MODEL
from rtseg.machine import fingerprint
from rtseg.models.catalogue import CATALOGUE

SCRIPT = Path(__file__).with_name("rtx_network.py")
PRECISIONS = ("fp32", "fp16", "int8")
HEADS = (
    "network",
    "weights",
    "FP32: s, MB",
    "FP16: s, MB",
    "INT8: s, MB",
    "convolutions in INT8",
    "twice the same bytes",
    "",
)
NUMBERS = HEADS[2:6]
ABOUT = """Made by `benchmarks/rtx_builds.py` on {cpu}, {cores} core(s), without a GPU: TensorRT-RTX
{rtx} parsed each file and built an engine for Ampere to Blackwell cards, one picture at a time at
{size}. **Nothing was executed** (rung 2 of [tensorrt.md](tensorrt.md)): this says that a network
parses, is typed rightly and builds, nothing about its speed or its labels.

{summary}

Seconds are those of the CPU that the builder's process took, its start included, when it built for
the second time; MB are 10^6 bytes. INT8 was calibrated by {calibrating} pictures, enough to build,
too few to use. Fresh weights are random. Trained ones are the shipped model's, or were published by
the network's authors and imported (`rtseg import`), and are built at their own size."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Real builds by TensorRT-RTX.")
    parser.add_argument("lines", type=Path, help="JSON lines, one a network")
    parser.add_argument(
        "--pictures", type=Path, help="folder of roads: every second one calibrates"
    )
    parser.add_argument("--only", help="models and networks, with commas between; default: all")
    parser.add_argument("--size", default="352x480")
    parser.add_argument("--work", type=Path, help="keeps the exported files; default: none are")
    parser.add_argument("--markdown", type=Path, help="file for the table")
    wanted = parser.parse_args()
    names = wanted.only.split(",") if wanted.only else [DEFAULT_MODEL, *CATALOGUE]
    if wanted.pictures:
        with tempfile.TemporaryDirectory() as temporary:
            measure(wanted, names, wanted.work or Path(temporary))
    text = markdown(list(lines(wanted.lines).values()), size=wanted.size)
    print(text)
    if wanted.markdown:
        wanted.markdown.write_text(text, encoding="utf-8")


def measure(wanted: argparse.Namespace, names: Sequence[str], work: Path) -> None:
    for name in missing(wanted.lines, names):
        command = (sys.executable, SCRIPT, name, wanted.pictures, work, "--size", wanted.size)
        try:
            row = run_child(command).report
        except ChildError as error:
            print(error, file=sys.stderr)
            row = {"network": name, "error": str(error).partition(": ")[2]}
        with wanted.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def markdown(rows: Sequence[Row], *, size: str) -> str:
    about = fingerprint()
    counts = {each["calibrating"] for each in rows if "calibrating" in each}
    said = ABOUT.format(
        cpu=about["cpu"],
        cores=about["cores"],
        rtx=version("tensorrt-rtx-cu13"),
        size=size,
        summary=summary(rows),
        calibrating=" or ".join(map(str, sorted(counts))),
    )
    ordered = sorted(rows, key=place)
    return (
        f"# Built by TensorRT-RTX\n\n{said}\n\n{table([cells(each, size) for each in ordered])}\n"
    )


def summary(rows: Sequence[Row]) -> str:
    """How many of how many were built, in each precision; what repeats itself."""
    made = [each for row in rows for each in row.get("builds", {}).values() if "mb" in each]
    counts = [
        f"{sum('mb' in row.get('builds', {}).get(each, {}) for row in rows)} in {each.upper()}"
        for each in PRECISIONS
    ]
    same = sum(each["same"] for each in made)
    return (
        f"Of {len(rows)} networks and models it built {', '.join(counts)}; {same} of these "
        f"{len(made)} engines came out the same to the byte when they were built again."
    )


def place(row: Row) -> tuple[bool, bool, int, str]:
    """The shipped model, other trained ones, then in the catalogue's order."""
    known, name = list(CATALOGUE), row["network"]
    fresh = name in known
    return fresh, name != DEFAULT_MODEL, known.index(name) if fresh else 0, name


def cells(row: Row, size: str) -> list[str]:
    name = Path(row["network"]).name
    if "error" in row:
        return [name, "", *["no"] * 3, "", "", row["error"].replace("|", "/")]
    found = [row["builds"][each] for each in PRECISIONS]
    notes = [] if row["size"] == size else [f"at {row['size']}"]
    notes += [
        f"{precision.upper()}: {each['error']}"
        for precision, each in zip(PRECISIONS, found, strict=True)
        if "error" in each
    ]
    layers = found[-1].get("layers", {})
    same = [each["same"] for each in found if "mb" in each]
    return [
        name,
        row["weights"],
        *[f"{each['seconds']:.1f}, {each['mb']:.1f}" if "mb" in each else "no" for each in found],
        f"{layers.get('int8', 0)} of {sum(layers.values())}" if layers else "",
        ("yes" if all(same) else "no") if same else "",
        "; ".join(notes).replace("|", "/"),
    ]


def table(rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---:" if head in NUMBERS else "---" for head in HEADS]
    return "\n".join(f"| {' | '.join(each)} |" for each in (HEADS, ruler, *rows))


if __name__ == "__main__":
    main()
