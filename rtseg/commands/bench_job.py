"""One round of ``rtseg bench``, in a process of its own: an order on stdin, an answer on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

from rtseg.bench.course import Course
from rtseg.bench.order import Order
from rtseg.commands.footage import chosen
from rtseg.commands.interrupts import Interrupts
from rtseg.commands.job import in_mode, refuse_waiting
from rtseg.commands.memory import keep_freed_memory
from rtseg.commands.painter import Painter
from rtseg.commands.report import process_age_nanos
from rtseg.engine.backends import make_engine
from rtseg.engine.package import find_package
from rtseg.errors import RtsegError
from rtseg.overlay import Look
from rtseg.pipeline.compare import Comparison, compare
from rtseg.sink.planes import Films
from rtseg.source.uri import open_source

AGREED_FRAMES, AGREED_EVERY = 24, 5


def main() -> int:
    order = Order(**json.loads(sys.stdin.read()))
    answer: dict[str, Any]
    try:
        answer = {"done": agreement(order) if order.job == "agreement" else measured(order)}
    except RtsegError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    print(json.dumps(answer))
    return 0


def measured(order: Order) -> dict[str, Any]:
    """A Recording. The overlay is painted as ``rtseg run`` does it for a video, and thrown away."""
    keep_freed_memory()
    package = find_package(order.model)
    with in_mode(open_source(order.source), order.mode) as source:
        refuse_waiting(source, order.mode)
        depth = 1 if source.info.live else 2
        course = Course(
            source,
            make_engine(order.backend, package, order.precision, depth=depth),
            render=Painter(package.labels, Look(), films=Films()),
            seconds=order.seconds,
            warm_up=order.warm_up,
        )
        course.pipeline.stats.started_nanos -= process_age_nanos()
        with Interrupts(gently=course.finish, at_once=course.stop):
            whole = order.job == "road"
            return (course.whole_road() if whole else course.engine_only()).as_json()


def agreement(order: Order) -> dict[str, Any]:
    """With FP32 of the reference, at its own size, on frames of the source; nothing is timed."""
    package, reference = find_package(order.model), find_package(order.reference)
    engine = make_engine(order.backend, package, order.precision, depth=1)
    comparison = Comparison(len(reference.labels))
    with (
        open_source(order.source) as source,
        make_engine("openvino", reference, "fp32", depth=1) as fp32,
        engine,
    ):
        frames = chosen(source, every=AGREED_EVERY, limit=AGREED_FRAMES)
        for pair in compare(frames, fp32, engine):
            comparison.add(pair)
    return {"share": comparison.agreement, "frames": len(comparison.frames)}


if __name__ == "__main__":
    sys.exit(main())
