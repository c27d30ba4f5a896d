"""x264's presets on overlay pictures: what each costs, how large it writes, how true it stays.

python benchmarks/presets.py CLIP [--frames 200] [--repeat 3] [--crf 23]
                             [--presets A,B] [--json FILE]

The pictures are those of `rtseg run`, rendered beforehand; presets take turns in one process. CPU
milliseconds of all processors per frame; kilobytes per frame; PSNR of luma in dB, over all frames,
against what was handed to the encoder. Without B frames and with a key frame a second, as
`rtseg run` writes. Threads: `rtseg run` gives x264 two.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
from stages import rendered

from rtseg.engine.package import DEFAULT_MODEL
from rtseg.machine import fingerprint, load
from rtseg.sink.container import Encoding, VideoFile

PRESETS = "ultrafast,superfast,veryfast,faster,fast,medium"


def main() -> None:
    wanted = _parser().parse_args()
    films, fps = rendered(wanted.clip, DEFAULT_MODEL, most=wanted.frames)
    names = wanted.presets.split(",")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(wanted.repeat):
            for name in names:
                path = Path(folder, f"{name}.mp4")
                options = {"crf": str(wanted.crf), "preset": name}
                seconds = encoded(films, path, fps=fps, options=options)
                row = {"cpu_ms": 1e3 * seconds / len(films), "psnr": psnr(films, path)}
                runs[name].append(row | {"kb": path.stat().st_size / 1e3 / len(films)})
                print(name, runs[name][-1], file=sys.stderr)
    medians = {
        name: {key: statistics.median(each[key] for each in rows) for key in rows[0]}
        for name, rows in runs.items()
    }
    print("| preset | CPU ms/frame | kB/frame | PSNR of luma, dB |\n|---|---:|---:|---:|")
    for name, each in medians.items():
        print(f"| {name} | {each['cpu_ms']:.1f} | {each['kb']:.1f} | {each['psnr']:.2f} |")
    if wanted.json:
        report: dict[str, Any] = {"machine": fingerprint(), "load": load(), "presets": medians}
        wanted.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def encoded(films: list[av.VideoFrame], path: Path, *, fps: Any, options: dict[str, str]) -> float:
    """CPU seconds, with what the encoder still held at the end."""
    started = time.process_time()
    encoding = Encoding("libx264", "yuv420p", options)
    file = VideoFile(path, encoding, height=films[0].height, width=films[0].width, fps=fps)
    for index, film in enumerate(films):
        file.write(film, index / fps)
    file.close()
    return time.process_time() - started


def psnr(films: list[av.VideoFrame], path: Path) -> float:
    with av.open(str(path)) as container:
        errors = [
            np.mean((luma(film).astype(np.float32) - luma(decoded)) ** 2)
            for film, decoded in zip(films, container.decode(video=0), strict=True)
        ]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def luma(film: av.VideoFrame) -> Any:
    plane = film.planes[0]
    lines = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]
    return lines.reshape(plane.height, plane.line_size)[:, : film.width]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--crf", type=int, default=23)
    parser.add_argument("--presets", default=PRESETS, help="with commas between")
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    return parser


if __name__ == "__main__":
    main()
