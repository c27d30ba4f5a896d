"""What a frame costs as the video gets longer, and as its pictures get larger.

python benchmarks/growth.py length CLIP [--short 300] [--long 18000] [--json FILE]
python benchmarks/growth.py pixels [--heights 360,720,1080,2160] [--frames 60] [--repeat 7]
                                   [--png FILE] [--json FILE]

length: the clip is repeated. CPU milliseconds per frame of the last --short frames against those
of the first after the warm-up, and how much resident memory grew between. Exit code 1 above 3 % or
10 MiB. pixels: `test://road` drawn once at each height, encoded, and run from file to file; CPU
milliseconds per frame over megapixels, with the straight line through the medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from child import RTSEG, ChildError, run_child

from rtseg.machine import fingerprint, load

ROAD = (sys.executable, Path(__file__).with_name("road.py"))
SECONDS_OF_ROAD = 4


def main() -> None:
    wanted = _parser().parse_args()
    report: dict[str, Any] = {"machine": fingerprint(), "load": load()}
    try:
        found = length(wanted) if wanted.what == "length" else pixels(wanted)
    except ChildError as error:
        sys.exit(str(error))
    if wanted.json:
        text = json.dumps(report | {wanted.what: found}, indent=2)
        wanted.json.write_text(text + "\n", encoding="utf-8")
    sys.exit(0 if found["passes"] else 1)


def length(wanted: argparse.Namespace) -> dict[str, Any]:
    """One run: what a second process would add is start-up, not growth."""
    frames = ("--frames", str(wanted.long), "--part", str(wanted.short))
    report = run_child([*ROAD, wanted.clip, *frames]).report
    parts, memory = report["cpu_ms_by_part"], report["rss_mb"]
    growth, mib = parts[-1] / parts[0] - 1, memory["last"] - memory["first"]
    print(f"{wanted.clip.name}, {report['frames']} frames in parts of {wanted.short}")
    print(f"  CPU ms per frame {parts[0]:.2f} at first, {parts[-1]:.2f} at last: {growth:+.1%}")
    print(f"  resident memory {memory['first']:.0f} MiB, {memory['last']:.0f} MiB: {mib:+.1f}")
    return {"growth": growth, "mib": mib, "passes": growth <= 0.03 and mib <= 10} | report


def pixels(wanted: argparse.Namespace) -> dict[str, Any]:
    sizes = [(height, height * 16 // 9) for height in map(int, wanted.heights.split(","))]
    with tempfile.TemporaryDirectory() as folder:
        clips = [drawn(Path(folder), size) for size in sizes]
        rounds = [[cpu_ms(clip, wanted.frames) for clip in clips] for _ in range(wanted.repeat)]
    medians = [statistics.median(each) for each in zip(*rounds, strict=True)]
    line = straight_line([height * width / 1e6 for height, width in sizes], medians)
    for (height, width), median in zip(sizes, medians, strict=True):
        print(f"  {width}x{height:<6}{median:>8.2f} ms of all processors per frame")
    slope, start, share = line["ms_per_megapixel"], line["ms"], line["r2"]
    print(f"  {start:.2f} ms + {slope:.2f} ms per megapixel; R2 = {share:.4f}")
    if wanted.png:
        plot(wanted.png, list(zip(sizes, medians, strict=True)), line)
    return {"sizes": sizes, "rounds": rounds, "line": line, "passes": line["r2"] >= 0.98}


def drawn(folder: Path, size: tuple[int, int]) -> Path:
    """The same drive at another size, as a video."""
    height, width = size
    path = folder / f"{height}.mp4"
    address = f"test://road?size={height}x{width}&frames={30 * SECONDS_OF_ROAD}"
    command = [*RTSEG, "run", address, "-o", str(path), "--opacity", "0", "--no-stats"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def cpu_ms(clip: Path, frames: int) -> float:
    return float(run_child([*ROAD, clip, "--frames", str(frames)]).report["cpu_ms"])


def straight_line(megapixels: list[float], millis: list[float]) -> dict[str, float]:
    """Least squares. r2: the share of the differences that it explains."""
    slope, start = np.polyfit(megapixels, millis, 1)
    left = np.array(millis) - (slope * np.array(megapixels) + start)
    return {
        "ms": float(start),
        "ms_per_megapixel": float(slope),
        "r2": float(1 - (left**2).sum() / ((millis - np.mean(millis)) ** 2).sum()),
    }


def plot(path: Path, costs: list[tuple[tuple[int, int], float]], line: dict[str, float]) -> None:
    """costs: (H, W) and milliseconds."""
    import cv2

    height, width, margin = 420, 640, 60
    picture = np.full((height, width, 3), 255, np.uint8)
    most = max(h * w for (h, w), _ in costs) / 1e6 * 1.1, max(each for _, each in costs) * 1.2

    def place(megapixels: float, milliseconds: float) -> tuple[int, int]:
        across = (width - 2 * margin) * megapixels / most[0]
        up = (height - 2 * margin) * milliseconds / most[1]
        return round(margin + across), round(height - margin - up)

    black, font = (40, 40, 40), cv2.FONT_HERSHEY_SIMPLEX
    cv2.line(picture, place(0, 0), place(most[0], 0), black, 1, cv2.LINE_AA)
    cv2.line(picture, place(0, 0), place(0, most[1]), black, 1, cv2.LINE_AA)
    end = line["ms"] + line["ms_per_megapixel"] * most[0]
    cv2.line(picture, place(0, line["ms"]), place(most[0], end), (180, 120, 40), 1, cv2.LINE_AA)
    for (h, w), milliseconds in costs:
        at = place(h * w / 1e6, milliseconds)
        cv2.circle(picture, at, 4, (60, 60, 200), -1, cv2.LINE_AA)
        label = f"{w}x{h}: {milliseconds:.1f} ms"
        cv2.putText(picture, label, (at[0] - 60, at[1] - 12), font, 0.42, black, 1, cv2.LINE_AA)
    title = "CPU milliseconds per frame over megapixels, file to file"
    cv2.putText(picture, title, (margin, 30), font, 0.5, black, 1, cv2.LINE_AA)
    cv2.imwrite(str(path), picture)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(dest="what", required=True)
    longer = parts.add_parser("length")
    longer.add_argument("clip", type=Path)
    longer.add_argument("--short", type=int, default=300, help="frames that are compared")
    longer.add_argument("--long", type=int, default=18000, help="frames after the warm-up")
    larger = parts.add_parser("pixels")
    larger.add_argument("--heights", default="360,720,1080,2160")
    larger.add_argument("--frames", type=int, default=60, help="of each run, after the warm-up")
    larger.add_argument("--repeat", type=int, default=7, help="rounds")
    larger.add_argument("--png", type=Path, help="file for the plot")
    for each in (longer, larger):
        each.add_argument("--json", type=Path, help="file for everything that was measured")
    return parser


if __name__ == "__main__":
    main()
