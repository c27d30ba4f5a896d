"""rtseg beside its peers: same clip, same network where that is possible, same cores.

python benchmarks/peers.py CLIP [--json FILE] [--markdown docs/benchmarks.md] [--repeat 5]
                                [--limit 80] [--threads 2] [--only rtseg,naive]

What a peer needs is installed from PyPI into an environment of its own, the first time. In every
round each contestant runs once, in a process of its own, on the same --threads cores; every other
round goes backwards. A contestant that fails is named and left out, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
from child import ChildError
from contestants import CONTESTANTS, PEERS, Contestant, Task
from environment import EnvironmentFailure, python_of
from main_job import QUIET_LOAD
from peers_page import results, write

from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.machine import fingerprint, load


def main() -> None:
    wanted = _parser().parse_args()
    names = wanted.only.split(",")
    known = [*PEERS, *(each.name for each in CONTESTANTS)]
    if unknown := set(names) - set(known):
        sys.exit(f"no peer named {', '.join(unknown)}; there are: {', '.join(known)}")
    if not wanted.clip.is_file():
        sys.exit(f"no file {wanted.clip}")
    keep_to_cores(wanted.threads)
    report = described(wanted)
    chosen = [each for each in CONTESTANTS if each.peer in names or each.name in names]
    with tempfile.TemporaryDirectory() as work:
        report |= race(chosen, wanted, Path(work))
    report["load"]["end"] = load()
    if wanted.json:
        wanted.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(text := results(report))
    if wanted.markdown:
        write(wanted.markdown, text)
    sys.exit(1 if report["failed"] else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="rtseg beside its peers, measured.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--repeat", type=int, default=5, help="rounds")
    parser.add_argument("--limit", type=int, default=80, help="frames of the clip, 2 at least")
    parser.add_argument("--threads", type=int, default=2, help="cores, and threads of a network")
    parser.add_argument("--seconds", type=int, default=5, help="of the network alone")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument(
        "--only", default=",".join(PEERS), help="peers or PEER-NETWORK-OUTPUT, by commas"
    )
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    parser.add_argument("--markdown", type=Path, help="page whose results are replaced")
    return parser


def keep_to_cores(count: int) -> None:
    """Every child inherits it, also those that count cores themselves."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < count:
        sys.exit(f"--threads {count}, but this process may use {len(cores)} cores")
    os.sched_setaffinity(0, cores[:count])


def described(wanted: argparse.Namespace) -> dict[str, Any]:
    """What was measured where; of a busy machine the page says so."""
    at_start = load()
    if at_start[0] > QUIET_LOAD:
        print(f"load {at_start[0]}: measure again on a quiet machine", file=sys.stderr)
    with av.open(f"file:{wanted.clip}") as container:
        stream = container.streams.video[0]
        picture = [stream.height, stream.width]
        codec = stream.codec_context.name
    return {
        "machine": fingerprint(),
        "load": {"start": at_start},
        "clip": {"name": wanted.clip.name, "picture": picture, "codec": codec},
        "model": wanted.model,
        "threads": wanted.threads,
        "limit": wanted.limit,
    }


def race(chosen: Sequence[Contestant], wanted: argparse.Namespace, work: Path) -> dict[str, Any]:
    """rounds: what each contestant said, by round and name. failed: why one was left out."""
    task = _task(wanted, work)
    wanted.clip.read_bytes()  # so that nobody waits for the disk
    failed = prepare(chosen)
    rounds: list[dict[str, Any]] = []
    for number in range(wanted.repeat):
        rounds.append({})
        for who in chosen if number % 2 == 0 else reversed(chosen):
            if who.name in failed:
                continue
            try:
                said = rounds[-1][who.name] = who.run(task)
            except ChildError as error:
                failed[who.name] = str(error)
                print(error, file=sys.stderr)
            else:
                print(f"round {number + 1}: {who.name} {said['fps']:.1f}", file=sys.stderr)
    return {"rounds": rounds, "failed": failed}


def prepare(chosen: Sequence[Contestant]) -> dict[str, str]:
    """Installs what is missing before anything is measured; what cannot be, by contestant."""
    failures: dict[str, str] = {}
    for environment in dict.fromkeys(who.environment for who in chosen):
        try:
            if environment:
                python_of(environment)
        except EnvironmentFailure as error:
            print(error, file=sys.stderr)
            failures[environment] = str(error)
    return {who.name: failures[who.environment] for who in chosen if who.environment in failures}


def _task(wanted: argparse.Namespace, work: Path) -> Task:
    return Task(
        clip=wanted.clip.resolve(),
        package=find_package(wanted.model),
        threads=wanted.threads,
        limit=wanted.limit,
        seconds=wanted.seconds,
        work=work,
    )


if __name__ == "__main__":
    main()
