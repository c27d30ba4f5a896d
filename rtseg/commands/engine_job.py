"""One engine, from a model to its place in the store: lint, precision, build, gate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rtseg.commands.engine_wish import Wanted
from rtseg.commands.fraction import rounded
from rtseg.commands.gate_frames import GateFrames, pictures_of, road_frames
from rtseg.engine.backends import engine_class
from rtseg.engine.building import build_apart
from rtseg.engine.engine_manifest import (
    FORMAT,
    BuiltWith,
    Calibration,
    EngineManifest,
    Found,
    Origin,
    Report,
    TensorFact,
)
from rtseg.engine.fitness import installed_for
from rtseg.engine.gate import Agreement, accept, compare
from rtseg.engine.graph import LABELS, plain, read_graph, tensor_facts, write_graph
from rtseg.engine.lint import TARGETS, Finding, lint, refuse
from rtseg.engine.package import ModelFile, ModelPackage, sha256_of
from rtseg.engine.resizing import Shape, resized
from rtseg.engine.store import ENGINE, NETWORK, StoredEngine, keep, misfit
from rtseg.engine.trt_builder import MODULES, BuildOrder, Installed
from rtseg.engine.typed import layer_precisions, typed_network
from rtseg.errors import EngineError
from rtseg.types import Precision

if TYPE_CHECKING:
    from rtseg.engine.base import Engine, EngineInfo

REFERENCE = "reference.onnx"
"""FP32, with logits: what OpenVINO runs beside the candidate. Not kept."""

EXECUTED = "gated on OpenVINO, which runs this very file"
ON_GPU = "gated by running this very engine on the GPU"
AS_ONNX = "gated as ONNX in ONNX Runtime; the engine itself has not been executed"

WORDS = {"openvino": EXECUTED, "tensorrt": ON_GPU, "rtx": ON_GPU, "onnxruntime": AS_ONNX}
"""By the runtime that the gate compared with FP32."""

UNPROVED = Report("not gated yet", False, "", "", 0, 0, 0.0, {})

Tell = Callable[[dict[str, Any]], None]


class EngineJob:
    """Build one engine into ``part``, a folder that ``store.building`` gave.

    tell: called with what goes on, as ``{"phase": ..., "step": ..., "steps": ...}``.
    """

    def __init__(self, wanted: Wanted, tell: Tell) -> None:
        self.wanted = wanted
        self.findings: list[Finding] = []
        self._tell = tell
        shape = wanted.shape
        self._spec = replace(wanted.package.spec, height=shape.height, width=shape.width)
        self._source = wanted.package.file("fp32")  # which has the hash that its manifest states
        self._source_sha256 = wanted.package.manifest.files["fp32"].sha256

    @cached_property
    def here(self) -> Installed:
        """What builds, as it is installed on this machine. Raises EngineError."""
        found = installed_for(self.wanted.backend)
        if self.wanted.dla and not found.dla_cores:
            raise EngineError(
                f"--dla: {found.module} {found.version} finds no DLA on this machine; leave it out"
            )
        return found

    @cached_property
    def frames(self) -> GateFrames:
        if not self.wanted.calibration:
            return road_frames(self._spec)
        return pictures_of(self.wanted.calibration, self._spec)

    def outdated(self, stored: EngineManifest) -> str:
        """Why an engine of that name has to be built again; "" if it fits."""
        wanted = self.wanted
        if stored.origin.sha256 != self._source_sha256:
            return f"the model {wanted.package.name} is another one now"
        if reason := misfit(stored, self.here):
            return reason
        if stored.built_with.workspace != wanted.workspace:
            return f"it was built with --workspace {stored.built_with.workspace}"
        before = stored.calibration.sha256 if stored.calibration else ""
        if wanted.precision == "int8" and before != self.frames.sha256:
            return "it was calibrated with other pictures"
        if stored.report.agreement < wanted.min_agreement:
            return f"it agreed on {stored.report.agreement:.2%} of pixels, less than asked for now"
        return ""

    def run(self, part: Path) -> StoredEngine:
        """Raises EngineError where it cannot be built, ThresholdError where it disagrees."""
        started = time.monotonic()
        model = self._linted()
        self._tell({"phase": f"write {self.wanted.precision}"})
        self._write_reference(model, part)
        network = part / NETWORK
        self._write_network(model, network)
        facts = self._build(part)
        self._tell({"phase": "gate"})
        built = StoredEngine(part, self._manifest(facts, part))
        report, layers = self._gate(built)
        (part / REFERENCE).unlink()
        seconds = round(time.monotonic() - started, 2)
        proved = replace(built.manifest, report=report, precision=layers, seconds=seconds)
        return keep(part, proved)

    def _linted(self) -> Any:
        self._tell({"phase": "lint"})
        model = read_graph(self._source)
        if self.wanted.backend != "openvino":
            self.findings = lint(model, self._target)
            refuse(self.findings, repr(str(self._source)))
        return model

    @property
    def _target(self) -> Any:
        old = self.wanted.backend == "tensorrt" and not self.here.typed
        return TARGETS["tensorrt8" if old else self.wanted.backend]

    def _write_reference(self, model: Any, part: Path) -> None:
        shape = Shape(self._spec.height, self._spec.width)
        both = plain(model, keep=(LABELS, "logits"))
        write_graph(resized(both, shape), part / REFERENCE)

    def _write_network(self, model: Any, path: Path) -> None:
        """What the builder gets; OpenVINO's own INT8 is another file than TensorRT's."""
        wanted = self.wanted
        if wanted.backend == "openvino":
            self._write_for_openvino(path)
            return
        network = typed_network(
            model,
            wanted.shape,
            wanted.precision,
            typed=self.here.typed,
            pictures=self._normalised() if wanted.precision == "int8" else (),
            unquantized=self._unquantized(),
            scores=wanted.scores,
        )
        refuse(lint(network, self._target, profiled=wanted.shape.dynamic), "what was made of it")
        write_graph(network, path)

    def _write_for_openvino(self, path: Path) -> None:
        reference = path.with_name(REFERENCE)
        if self.wanted.precision == "fp32":
            path.write_bytes(reference.read_bytes())
            return
        from rtseg.engine.quantize import quantize_for_cpu

        quantize_for_cpu(reference, path, self._normalised(), unquantized=self._unquantized())

    def _normalised(self) -> list[Any]:
        from rtseg.engine.ort import normalise

        return [normalise(each, self._spec) for each in self.frames.calibrating]

    def _unquantized(self) -> tuple[str, ...]:
        from rtseg.models.catalogue import CATALOGUE

        network = CATALOGUE.get(self.wanted.package.manifest.network)
        return network.unquantized if network else ()

    def _build(self, part: Path) -> dict[str, Any]:
        wanted = self.wanted
        if wanted.backend == "openvino":
            (part / ENGINE).write_bytes((part / NETWORK).read_bytes())
            return {"targets": [], "tensors": tensor_facts(read_graph(part / NETWORK))}
        most = wanted.shape.batch
        order = BuildOrder(
            module=self.here.module,
            network=str(part / NETWORK),
            engine=str(part / ENGINE),
            precision=wanted.precision,
            batch=(1, most, most) if wanted.shape.dynamic else None,
            workspace=wanted.workspace,
            dla=wanted.dla,
            timing_cache=self._timing_cache(part.parent),
        )
        return build_apart(order, self._tell)

    def _timing_cache(self, store: Path) -> str:
        """One for each version and GPU; RTX has none."""
        if self.wanted.backend == "rtx":
            return ""
        return str(store / f".timing-{self.here.version}-sm{self.here.sm}")

    def _gate(self, built: StoredEngine) -> tuple[Report, Found]:
        wanted, found = self.wanted, built.manifest.precision
        if wanted.backend != "openvino" and found.asked == "int8" and not found.layers.get("int8"):
            raise EngineError("no INT8 layer was found in the network: build with --precision fp16")
        with self._reference(built.folder) as reference, self._candidate(built) as candidate:
            agreement = compare(reference, candidate, self.frames.gating)
            if wanted.backend == "openvino":
                layers = candidate.info.precisions
                found = Found(wanted.precision, layers, "the loaded graph of OpenVINO")
            info = candidate.info
        accept(agreement, at_least=wanted.min_agreement, of_classes=len(wanted.package.labels))
        return self._report(agreement, info), found

    def _reference(self, part: Path) -> Engine:
        from rtseg.engine.ov import OpenVinoEngine

        return OpenVinoEngine(self._as_package(part / REFERENCE, "fp32"), "fp32", depth=1)

    def _candidate(self, built: StoredEngine) -> Engine:
        """What proves the engine: itself where it can run, else its ONNX file stands in for it."""
        precision = self.wanted.precision
        package = self._as_package(built.folder / NETWORK, precision)
        if self.wanted.backend == "openvino":
            from rtseg.engine.ov import OpenVinoEngine

            return OpenVinoEngine(package, precision, depth=1)
        if self._runs_here:
            itself = engine_class(self.wanted.backend)(package, precision, depth=1, stored=built)
            return cast("Engine", itself)
        from rtseg.engine.ort import OnnxRuntimeEngine

        return OnnxRuntimeEngine(package, precision, as_written=True)

    @property
    def _runs_here(self) -> bool:
        """Nothing here gives an engine more than one picture at a time."""
        may = self.wanted.backend in MODULES and self.wanted.shape.takes_one
        return may and bool(self.here.gpu) and find_spec("pycuda") is not None

    def _as_package(self, path: Path, precision: Precision) -> ModelPackage:
        files = {precision: ModelFile(path.name, sha256_of(path))}
        manifest = replace(self.wanted.package.manifest, spec=self._spec, files=files)
        return ModelPackage(path.parent, manifest)

    def _report(self, agreement: Agreement, info: EngineInfo) -> Report:
        words = WORDS[info.backend]
        names = self.wanted.package.labels.names
        return Report(
            words=words,
            executed=words != AS_ONNX,
            on=f"{info.backend} {info.version}, {info.device}",
            frames=self.frames.source,
            pictures=agreement.pictures,
            classes=agreement.classes,
            agreement=round(agreement.share, 4),
            per_class=dict(zip(names, map(rounded, agreement.overlap), strict=True)),
        )

    def _manifest(self, facts: dict[str, Any], part: Path) -> EngineManifest:
        """Of what was built, which nothing has proved yet."""
        wanted, here, frames = self.wanted, self.here, self.frames
        layers = layer_precisions(read_graph(part / NETWORK))
        files = {"engine": ENGINE, "network": NETWORK}
        return EngineManifest(
            format=FORMAT,
            name=wanted.name,
            backend=wanted.backend,
            origin=Origin(wanted.package.name, str(wanted.package.folder), self._source_sha256),
            precision=Found(wanted.precision, layers, "the ONNX file that was built from"),
            spec=self._spec,
            classes=wanted.package.labels.classes,
            tensors=[TensorFact(**each) for each in facts["tensors"]],
            built_with=BuiltWith(
                runtime=here.module,
                version=here.version,
                cuda=here.cuda,
                gpu=here.gpu,
                sm=here.sm,
                targets=facts["targets"],
                dla=wanted.dla,
                workspace=wanted.workspace,
            ),
            calibration=Calibration(frames.source, len(frames.calibrating), frames.sha256)
            if wanted.precision == "int8"
            else None,
            report=UNPROVED,
            command=wanted.command,
            seconds=0.0,
            files={kind: ModelFile(file, sha256_of(part / file)) for kind, file in files.items()},
        )
