"""The main job against the ideal machine, and against the naive loop, clip by clip.

python benchmarks/main_job.py CLIP... [--repeat 5] [--model NAME] [--only NAMES] [--json FILE]

In every round each contestant runs once, in a process of its own; every other round goes backwards.
The ideal does all stages of a frame one after the other, each as fast as it is with all cores to
itself, and everything between the stages for nothing. Every fps is (n - 1) / dt over all frames
after the warm-up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

from child import ChildError, run_child, run_rtseg

from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.machine import fingerprint, load

STAGES = (sys.executable, Path(__file__).with_name("stages.py"))
NAIVE = (sys.executable, Path(__file__).with_name("naive.py"))
CONTESTANTS = ("decode", "engine", "encode", "null", "video", "naive_null", "naive_video")
IDEALS = {"null": ("decode", "engine"), "video": ("decode", "engine", "encode")}
QUIET_LOAD = 0.5  # a busy machine shares its cores by threads: null then ran above its ideal
WARM_UP = {
    "decode": "none; from the first picture on",
    "engine": "20 inferences",
    "encode": "30 frames",
    "null, video": "2 inferences before the first frame; from the first written frame on",
    "naive_null, naive_video": "5 inferences; from the first finished frame on",
}

Quartiles: TypeAlias = dict[str, Any]


def main() -> None:
    wanted = _parser().parse_args()
    unknown = set(only := wanted.only.split(",")) - set(CONTESTANTS)
    if unknown:
        sys.exit(f"no contestant named {', '.join(unknown)}; there are: {', '.join(CONTESTANTS)}")
    if missing := [str(clip) for clip in wanted.clips if not clip.is_file()]:
        sys.exit(f"no file {', '.join(missing)}")
    machine, load_at_start = fingerprint(), load()
    if load_at_start[0] > QUIET_LOAD:
        print(f"load {load_at_start[0]}: measure again on a quiet machine", file=sys.stderr)
    reports = []
    for clip in wanted.clips:
        race = Race(clip, wanted.model, inferences=wanted.inferences)
        try:
            reports.append(race.run(only, repeat=wanted.repeat))
        except ChildError as error:
            sys.exit(str(error))
        show(reports[-1])
    loads = {"start": load_at_start, "end": load()}
    print(f"{machine['cpu']}, {machine['cores']} cores, load {loads['start']} ... {loads['end']}")
    if wanted.json:
        whole = {"machine": machine, "load": loads, "repeat": wanted.repeat, "warm_up": WARM_UP}
        text = json.dumps(whole | {"clips": reports}, indent=2)
        wanted.json.write_text(text + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The main job, measured.")
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--repeat", type=int, default=5, help="rounds")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--only", default=",".join(CONTESTANTS), help="contestants, by commas")
    parser.add_argument("--inferences", type=int, default=300, help="of the engine alone")
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    return parser


class Race:
    """All contestants on one clip."""

    def __init__(self, clip: Path, model: str, *, inferences: int) -> None:
        self._clip = clip
        self._model = model
        self._inferences = inferences

    def run(self, only: list[str], *, repeat: int) -> dict[str, Any]:
        self._clip.read_bytes()  # so that nobody waits for the disk
        runs: dict[str, list[float]] = {name: [] for name in CONTESTANTS if name in only}
        for number in range(repeat):
            for name in runs if number % 2 == 0 else reversed(runs):
                runs[name].append(fps := self._fps(name))
                print(f"round {number + 1}: {name} {fps:.1f}", file=sys.stderr)
        return {"clip": self._clip.name, "model": self._model} | compared(runs)

    def _fps(self, name: str) -> float:
        with tempfile.TemporaryDirectory() as folder:
            if name in {"decode", "engine", "encode"}:
                return self._stage(name)
            if name in {"naive_null", "naive_video"}:
                return self._naive(Path(folder, "naive.mp4"), video=name == "naive_video")
            output = ["null"] if name == "null" else [Path(folder, "out.mp4"), "--no-stats"]
            child = run_rtseg(self._clip, "-o", *output, "--model", self._model)
            return float(child.report["processed_fps"])

    def _stage(self, name: str) -> float:
        options = ["--model", self._model, "--inferences", str(self._inferences)]
        return float(run_child([*STAGES, name, self._clip, *options]).report["fps"])

    def _naive(self, out: Path, *, video: bool) -> float:
        onnx = find_package(self._model).file("fp32")
        output = ["--out", out] if video else ["--no-video"]
        return float(run_child([*NAIVE, self._clip, onnx, *output]).report["fps"])


def compared(runs: dict[str, list[float]]) -> dict[str, Any]:
    """Ratios of medians; what lacks one of its contestants is left out."""
    fps = {name: quartiles(each) for name, each in runs.items()}
    medians = {name: each["median"] for name, each in fps.items()}
    ideal = {
        name: 1 / sum(1 / medians[part] for part in parts)
        for name, parts in IDEALS.items()
        if medians.keys() >= set(parts)
    }
    return {
        "fps": fps,
        "ideal": ideal,
        "efficiency": {name: medians[name] / ideal[name] for name in ideal if name in medians},
        "speed_up": {
            name: medians[name] / medians[f"naive_{name}"]
            for name in IDEALS
            if medians.keys() >= {name, f"naive_{name}"}
        },
    }


def quartiles(runs: list[float]) -> Quartiles:
    at_least_two = runs * 2 if len(runs) == 1 else runs
    q1, median, q3 = statistics.quantiles(at_least_two, method="inclusive")
    return {"q1": q1, "median": median, "q3": q3, "runs": runs}


def show(report: dict[str, Any]) -> None:
    print(f"{report['clip']}, {report['model']}")
    print(f"  {'fps':<12}{'q1':>9}{'median':>9}{'q3':>9}")
    for name, each in report["fps"].items():
        print(f"  {name:<12}{each['q1']:>9.1f}{each['median']:>9.1f}{each['q3']:>9.1f}")
    for name, ideal in report["ideal"].items():
        print(f"  {'ideal_' + name:<12}{ideal:>18.1f}")
    for name, efficiency in report["efficiency"].items():
        print(f"  {name} reaches {efficiency:.1%} of ideal_{name}")
    for name, speed_up in report["speed_up"].items():
        print(f"  {name} runs at {speed_up:.2f} x naive_{name}")
    print()


if __name__ == "__main__":
    main()
