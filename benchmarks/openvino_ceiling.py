"""The network alone, by OpenVINO's benchmark_app: what no pipeline around it can exceed.

environments/openvino: python openvino_ceiling.py MODEL.onnx [--threads 2] [--seconds 5]

The network ends at its logits here, so that no argmax is timed, and takes random numbers.
Prints one JSON object on stdout.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import openvino


def main() -> None:
    parser = argparse.ArgumentParser(description="The network alone, measured.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2, help="as many streams as threads")
    parser.add_argument("--seconds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder, "network.xml")
        openvino.save_model(until_logits(wanted.model), network, compress_to_fp16=False)
        found = measured(network, threads=wanted.threads, seconds=wanted.seconds)
    print(json.dumps(found | {"versions": {"openvino": version("openvino")}}))


def until_logits(path: Path) -> openvino.Model:
    model = openvino.Core().read_model(path)
    logits = next(each for each in model.outputs if len(each.get_partial_shape()) == 4)
    return openvino.Model([logits.get_node().input_value(0)], model.get_parameters())


def measured(network: Path, *, threads: int, seconds: int) -> dict[str, Any]:
    """benchmark_app insists on `-hint none` where threads are given; its warm-up is one inference.

    f32: on some CPUs OpenVINO would otherwise compute in bf16; INT8 layers stay INT8.
    """
    folder = network.parent
    command = [Path(sys.executable).with_name("benchmark_app"), "-m", network, "-d", "CPU"]
    command += ["-hint", "none", "-nstreams", str(threads), "-nthreads", str(threads)]
    command += ["-infer_precision", "f32", "-t", str(seconds)]
    command += ["-report_type", "no_counters", "-json_stats", "-report_folder", folder]
    subprocess.run(command, stdout=sys.stderr, check=True)
    report = json.loads((folder / "benchmark_report.json").read_text(encoding="utf-8"))
    results = report["execution_results"]
    taken = float(results["total execution time (ms)"])
    frames = int(results["total number of iterations"])
    return {"frames": frames, "seconds": taken / 1e3, "fps": 1e3 * frames / taken}


if __name__ == "__main__":
    main()
