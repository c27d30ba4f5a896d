"""A whole benchmark: every cell in its rounds, then its agreement, then one result."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from rtseg.bench.advice import REAL_TIME_FPS, frontier, quality, recommended
from rtseg.bench.card import (
    SOAK_SECONDS,
    accuracy_in,
    card,
    curve,
    failed_card,
    sha256_in,
    warnings_of,
)
from rtseg.bench.cells import Cell, resized_package
from rtseg.bench.figures import Figures
from rtseg.bench.order import Order
from rtseg.bench.recording import Recording
from rtseg.bench.rounds import Rounds
from rtseg.commands.fraction import rounded
from rtseg.commands.interrupts import Interrupts
from rtseg.commands.job import in_mode
from rtseg.commands.screen import progress_bar
from rtseg.engine.gpu import find_gpu
from rtseg.engine.package import DEFAULT_MODEL, ModelPackage, find_package
from rtseg.errors import RtsegError
from rtseg.machine import fingerprint, load
from rtseg.source.masking import masked
from rtseg.source.uri import open_source
from rtseg.worker import Worker

QUIET_LOAD = 0.5
FORMAT = 1

Result = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Everything that was asked for. seconds: of each round. warm_up: frames before them.

    Raises UsageError for what makes no sense.
    """

    source: str
    mode: str
    cells: tuple[Cell, ...]
    seconds: float
    repeat: int
    warm_up: int
    engine_only: bool = False
    soak: bool = False
    target_fps: float = REAL_TIME_FPS

    def __post_init__(self) -> None:
        in_mode(open_source(self.source), self.mode)
        for cell in self.cells:
            _ = cell.shape


CHILD = (sys.executable, "-m", "rtseg.commands.bench_job")


class Race:
    """``run`` gives the result; ``rounds`` are then its figures, by the name of each cell.

    exit_code: 0, or that of the signal that ended it early: what was measured until then counts.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.rounds: dict[str, list[Figures]] = {}
        self.exit_code = 0
        self._wanted = wanted
        self._worker = Worker("the process of this round", CHILD)
        self._packages: dict[Cell, ModelPackage] = {}
        self._figures: dict[Cell, list[Figures]] = {}
        self._shares: dict[Cell, dict[str, Any]] = {}
        self._warnings: list[str] = []
        self._courses = Rounds(wanted.cells, self._measure)

    def run(self) -> Result:
        """Raises what the first cell failed of, where all of them did."""
        self._load = load()
        if self._load[0] > QUIET_LOAD:
            self._warnings.append(
                f"load {self._load[0]} at the start: the machine is busy, so ratios between cells "
                "hold better than any of the numbers"
            )
        if self._wanted.soak and self._wanted.seconds < 2 * SOAK_SECONDS:
            self._warnings.append("a soak of less than two minutes has no curve: give --duration")
        with TemporaryDirectory(prefix="rtseg-bench-") as folder, self._signals():
            self._prepare(Path(folder))
            self._race()
            self._see_agreement()
        self._judge()
        return self._result()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        with Interrupts(gently=self._finish, at_once=self._worker.kill) as interrupts:
            yield
        self.exit_code = interrupts.exit_code

    def _finish(self) -> None:
        self._courses.stop()
        self._worker.interrupt()

    def _prepare(self, folder: Path) -> None:
        for number, cell in enumerate(self._wanted.cells):
            try:
                package = find_package(cell.model or DEFAULT_MODEL)
                self._packages[cell] = resized_package(package, cell, folder / str(number))
            except RtsegError as error:
                self._courses.failures[cell] = error

    def _race(self) -> None:
        wanted = self._wanted
        with progress_bar("bench") as bar:
            task = bar.add_task("bench", total=wanted.repeat * len(wanted.cells), note="")

            def tell(cell: Cell, number: int) -> None:
                bar.update(task, advance=1, note=f"round {number + 1}: {cell}")

            self._courses.run(wanted.repeat, tell)

    def _measure(self, cell: Cell) -> Recording:
        job: Literal["road", "engine"] = "engine" if self._wanted.engine_only else "road"
        return Recording(**self._ask(self._order(cell, job)))

    def _ask(self, order: Order) -> dict[str, Any]:
        return self._worker.ask(asdict(order), lambda event: None)

    def _order(self, cell: Cell, job: Literal["road", "engine", "agreement"]) -> Order:
        package, wanted = self._packages[cell], self._wanted
        return Order(
            job,
            wanted.source,
            wanted.mode,
            str(package.folder),
            cell.backend,
            cell.precision,
            wanted.seconds,
            wanted.warm_up,
            reference=cell.model or DEFAULT_MODEL,
        )

    def _see_agreement(self) -> None:
        """After all that is timed, so that it disturbs none of it."""
        for cell, recordings in self._courses.recordings.items():
            if self._courses.stopped or not recordings:
                continue
            facts = recordings[0].facts
            if (facts["precision"], facts["backend"]) == ("fp32", "openvino") and not cell.size:
                self._shares[cell] = {"share": 1.0, "frames": 0, "with": "it is the reference"}
                continue
            try:
                found = self._ask(self._order(cell, "agreement"))
            except RtsegError as error:
                if not self._courses.stopped:
                    self._warnings.append(f"{cell}: no agreement with FP32 was measured: {error}")
                continue
            share = rounded(found["share"])
            if share is not None:
                found |= {"share": share, "with": "fp32 openvino of the model's own size"}
                self._shares[cell] = found

    def _judge(self) -> None:
        """A round that is too short for figures is named, and counts nowhere."""
        for cell, recordings in self._courses.recordings.items():
            self._figures[cell] = []
            for recording in recordings:
                try:
                    self._figures[cell].append(Figures(recording))
                except RtsegError as error:
                    self._courses.failures.setdefault(cell, error)
        failures = self._courses.failures
        if failures and not any(self._figures.values()):
            raise next(iter(failures.values()))

    def _result(self) -> Result:
        wanted = self._wanted
        rows = [self._row(cell) for cell in wanted.cells]
        measured = [row for row in rows if row["rounds"]]
        worth = quality(measured)
        facts = next((each[0].recording.facts for each in self._figures.values() if each), {})
        return {
            "format": FORMAT,
            "source": facts.get("source", masked(wanted.source)),
            "mode": facts.get("mode", wanted.mode),
            "engine_only": wanted.engine_only,
            "soak": wanted.soak,
            "headline": "engine_fps" if wanted.engine_only else "processed_fps",
            "duration_seconds": wanted.seconds,
            "repeat": wanted.repeat,
            "warm_up": f"2 inferences, then {wanted.warm_up} frames; nothing else is left out",
            "machine": this_machine(),
            "load": {"start": self._load, "end": load()},
            "cells": rows,
            "quality": worth.words or None,
            "frontier": frontier(measured, worth),
            "recommended": recommended(measured, worth, target=wanted.target_fps),
            "interrupted": bool(self.exit_code),
            "history": [],
            "outputs": [],
            "warnings": self._warnings,
        }

    def _row(self, cell: Cell) -> Result:
        rounds, failure = self._figures[cell], self._courses.failures.get(cell)
        if not rounds:
            return failed_card(cell, str(failure or "the benchmark was ended before its turn"))
        row = card(cell, rounds)
        if row["name"] in self.rounds:
            row["name"] += f", asked as {cell.backend} {cell.precision}"
        row["agreement"] = self._shares.get(cell)
        row["accuracy"] = accuracy_in(self._packages[cell], rounds[0].recording.facts)
        row["sha256"] = sha256_in(self._packages[cell], rounds[0].recording.facts)
        if self._wanted.soak:
            row["curve"] = curve(rounds)
        self.rounds[row["name"]] = rounds
        said = [*warnings_of(row), *rounds[0].recording.facts["warnings"]]
        said += [f"not every round was measured: {failure}"] if failure else []
        self._warnings += [f"{row['name']}: {each}" for each in said]
        return row


def this_machine() -> dict[str, Any]:
    """gpu: its name; None where there is none that a driver knows."""
    gpu = find_gpu()
    return fingerprint() | {"gpu": gpu.name if gpu else None}
