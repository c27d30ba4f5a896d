"""One row of ``rtseg selftest``: a model on one backend in one precision.

``python -m rtseg.commands.trial`` with a ``TrialOrder`` on stdin, as ``worker.py`` has it: a
GPU that is lost, or a runtime that crashes, takes this process along and no other row.
"""

from __future__ import annotations

import json
import shlex
import signal
import sys
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtseg.commands.fraction import rounded
from rtseg.errors import RtsegError, ThresholdError

if TYPE_CHECKING:
    from rtseg.engine.base import Engine
    from rtseg.engine.gate import Agreement
    from rtseg.types import Frame, Precision, Tensor
    from rtseg.worker import Tell

COMPARED = 32
"""Frames, spread evenly over the source, on which labels are compared."""

CALIBRATING = 64
"""Frames of the source that calibrate INT8 where no set was given."""

CHOSEN = "selftest"
"""The name of that set."""

PASSED, DISAGREES, FAILED, NOT_RUN = "passed", "disagrees", "failed", "not run"

NOTHING_FOUND = {
    "reason": "",
    "exit_code": 0,
    "device": None,
    "version": None,
    "layers": None,
    "build": None,
    "reference": None,
    "agreement": None,
    "classes": None,
    "pictures": None,
    "per_class": None,
    "engine_fps": None,
    "engine_ms": None,
    "processed_fps": None,
    "latency_ms": None,
    "stages_ms": None,
    "trtexec": None,
}
"""The keys of a row, besides those of its order, as they are until each is found."""


@dataclass(frozen=True)
class TrialOrder:
    """package: the model's folder. frames: of the source that are segmented for the clock.

    calibration: pictures for INT8 and for the gate; "": frames of the source are chosen for INT8.
    rebuild: also an engine that fits. workspace: MiB, 0 for all there is.
    """

    model: str
    package: str
    backend: str
    precision: Precision
    source: str
    frames: int
    calibration: str
    min_agreement: float
    rebuild: bool
    workspace: int
    command: str

    def row(self, status: str, **found: Any) -> dict[str, Any]:
        """What the report says of it."""
        who = {"model": self.model, "backend": self.backend, "precision": self.precision}
        return who | {"status": status} | NOTHING_FOUND | found


class Trial:
    """Build, compare, measure; ``found`` keeps what was found before something failed."""

    def __init__(self, order: TrialOrder, tell: Tell) -> None:
        from rtseg.engine.package import find_package

        self.found: dict[str, Any] = {}
        self._order, self._tell = order, tell
        self._package = find_package(order.package)

    def run(self) -> dict[str, Any]:
        """Its row. Raises nothing of rtseg's own."""
        try:
            if self._order.backend == "tensorrt":
                self._build()
            self._compare_and_pace()
            self._drive()
        except RtsegError as error:
            status = DISAGREES if isinstance(error, ThresholdError) else FAILED
            self.found |= {"reason": str(error), "exit_code": error.exit_code}
            return self._order.row(status, **self.found)
        return self._order.row(PASSED, **self.found)

    def _build(self) -> None:
        from rtseg.commands.build import built
        from rtseg.commands.engine_job import EngineJob
        from rtseg.commands.engine_wish import Wanted
        from rtseg.engine.resizing import Shape

        order, spec = self._order, self._package.spec
        wanted = Wanted(
            self._package,
            "tensorrt",
            order.precision,
            Shape(spec.height, spec.width),
            min_agreement=order.min_agreement,
            calibration=self._calibration(),
            workspace=order.workspace,
            command=order.command,
        )
        stored, said = built(EngineJob(wanted, self._tell), rebuild=order.rebuild)
        manifest = stored.manifest
        self.found["trtexec"] = trtexec(stored.path)
        self.found["build"] = {
            "said": said,
            "engine": stored.name,
            "seconds": manifest.seconds,
            "megabytes": round(stored.path.stat().st_size / 1e6, 2),
            "built_with": asdict(manifest.built_with),
            "calibration": asdict(manifest.calibration) if manifest.calibration else None,
            "gate": asdict(manifest.report),
        }

    def _calibration(self) -> str:
        order = self._order
        if order.calibration or order.precision != "int8":
            return order.calibration
        from rtseg.commands.calibrate import chosen_set

        self._tell({"phase": "choose pictures"})
        chosen_set(CHOSEN, [order.source], count=CALIBRATING)
        return CHOSEN

    def _compare_and_pace(self) -> None:
        """One tensor in flight tells the latency, two tell the rate."""
        from rtseg.engine.gate import accept
        from rtseg.pipeline.pace import pace
        from rtseg.pipeline.segment import prepared_for

        order = self._order
        frames = spread(order.source)
        with self._engine(depth=1) as engine:
            tensors = [prepared_for(engine, frame).tensor for frame in frames]
            info = engine.info
            about = {"device": info.device, "version": info.version, "layers": info.precisions}
            self.found |= about
            self._tell({"phase": "compare"})
            self._note(agreement := self._agreement(engine, frames, tensors))
            accept(
                agreement,
                at_least=order.min_agreement,
                of_classes=len(self._package.labels),
            )
            self._tell({"phase": "measure the engine"})
            alone = pace(engine, tensors, inferences=order.frames)
            self.found["engine_ms"] = alone.latency.rounded()
        with self._engine(depth=2) as engine:
            fastest = pace(engine, tensors, inferences=order.frames)
            self.found["engine_fps"] = round(fastest.fps, 2)

    def _agreement(self, engine: Engine, frames: list[Frame], tensors: list[Tensor]) -> Agreement:
        from rtseg.engine.gate import compare
        from rtseg.pipeline.segment import prepared_for

        reference = self._reference()
        if reference is None:
            return unproved(engine, tensors)
        with reference:
            info = reference.info
            self.found["reference"] = f"{info.backend} {info.precision} {info.version}"
            expecting = (prepared_for(reference, frame).tensor for frame in frames)
            return compare(reference, engine, expecting, given=tensors)

    def _reference(self) -> Engine | None:
        """OpenVINO's FP32; for that itself ONNX Runtime's, where it is installed."""
        from importlib.util import find_spec

        from rtseg.engine.backends import make_engine

        itself = (self._order.backend, self._order.precision) == ("openvino", "fp32")
        if itself and find_spec("onnxruntime") is None:
            return None
        return make_engine("onnxruntime" if itself else "openvino", self._package, "fp32", depth=1)

    def _note(self, agreement: Agreement) -> None:
        names = self._package.labels.names
        shares = map(rounded, agreement.overlap)
        self.found |= {
            "agreement": rounded(agreement.share),
            "classes": agreement.classes,
            "pictures": agreement.pictures,
            "per_class": dict(zip(names, shares, strict=True)) if agreement.overlap else None,
        }

    def _drive(self) -> None:
        """As ``rtseg run`` does it, with an overlay that nothing writes."""
        from rtseg.commands.painter import Painter
        from rtseg.overlay import Look
        from rtseg.pipeline.pipeline import Pipeline
        from rtseg.sink.null import Null
        from rtseg.sink.planes import Films
        from rtseg.source.uri import open_source

        self._tell({"phase": "drive"})
        painter = Painter(self._package.labels, Look(), films=Films())
        engine = self._engine(depth=2)
        with open_source(self._order.source) as source:
            pipeline = Pipeline(
                source,
                engine,
                [Null(wants_image=True)],
                render=painter,
                painted=painter.hand_over(engine),
                limit=self._order.frames,
            )
            with pipeline:
                pipeline.join()
        summary = pipeline.stats.summary()
        self.found |= {
            "processed_fps": round(summary.processed_fps, 2),
            "latency_ms": summary.latency.rounded(),
            "stages_ms": {name: each.rounded() for name, each in summary.stages.items()},
        }

    def _engine(self, *, depth: int) -> Engine:
        from rtseg.engine.backends import make_engine

        order = self._order
        return make_engine(order.backend, self._package, order.precision, depth=depth)


def spread(source: str) -> list[Frame]:
    """Frames from all over the source. Raises SourceError."""
    from rtseg.source.sparse import open_sparse

    sparse = open_sparse(source)
    return list(islice(sparse.at(sparse.places(COMPARED)), COMPARED))


def unproved(engine: Engine, tensors: list[Tensor]) -> Agreement:
    """How many classes the engine finds, where there is nothing to compare it with."""
    import numpy as np

    from rtseg.engine.gate import Agreement

    seen: set[int] = set()
    for tensor in tensors:
        engine.submit(tensor)
        seen.update(np.unique(engine.collect()).tolist())
    return Agreement(float("nan"), len(seen), len(tensors))


def trtexec(engine: Path) -> str:
    """What measures the same engine by NVIDIA's own tool.

    The three options are the defaults from TensorRT 11 on, which takes them with a warning.
    """
    load = shlex.quote(f"--loadEngine={engine}")
    return f"trtexec {load} --useCudaGraph --noDataTransfers --useSpinWait"


def main() -> None:
    from rtseg.commands.memory import keep_freed_memory

    def leave(number: int, frame: Any) -> None:
        sys.exit(128 + number)

    def say(event: dict[str, Any]) -> None:
        print(json.dumps(event), flush=True)

    signal.signal(signal.SIGTERM, leave)
    keep_freed_memory()
    order = TrialOrder(**json.load(sys.stdin))
    say({"done": Trial(order, say).run()})


if __name__ == "__main__":
    main()
