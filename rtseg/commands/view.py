"""``rtseg view``: the same road in a window."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

if TYPE_CHECKING:
    from rtseg.pipeline.session import Wish


def command(
    source: Annotated[
        str, typer.Argument(help="Video, folder, camera, address, test://road ...; or nothing.")
    ] = "",
    model: Annotated[str, typer.Option("--model", "-m", help="Name or folder.")] = "",
    compare: Annotated[str, typer.Option(help="A second model, on the same frames.")] = "",
    backend: Annotated[
        str, typer.Option(help="auto, openvino, onnxruntime, tensorrt, rtx.")
    ] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16, fp16 or int8.")] = "auto",
    compare_precision: Annotated[str, typer.Option(help="Of the second model.")] = "auto",
    mode: Annotated[
        str, typer.Option(help="offline: every frame. live: newest wins. auto: by source.")
    ] = "auto",
    smooth: Annotated[
        str, typer.Option(help="Steady labels: off, ema (standing camera) or flow (moving).")
    ] = "off",
    threads: Annotated[int, typer.Option(min=0, help="Of the engine; 0 = all cores.")] = 0,
) -> None:
    """Watch SOURCE in a window: play, seek, compare, measure (`?` lists the keys).

    \b
    rtseg view drive.mp4
    rtseg view 0                                          the first camera
    rtseg view drive.mp4 --compare roadlite-camvid --compare-precision fp32
    rtseg view                                            empty: drop something on it
    """
    from rtseg.errors import UsageError
    from rtseg.pipeline.session import Policy, Wish
    from rtseg.smoothing import Smoothing
    from rtseg.viewer.display import require_display

    require_display()
    if mode not in get_args(Policy):
        raise UsageError(f"no mode named {mode!r}; there are: {', '.join(get_args(Policy))}")
    wish = Wish(
        model=model,
        backend=backend,
        precision=precision,
        compare=(compare, "auto", compare_precision) if compare else None,
        smoothing=Smoothing.asked(smooth, None, "1"),
        policy=cast(Any, mode),
        threads=threads,
    )
    code = watch(source, wish)
    _leave_busy_threads(code)
    raise typer.Exit(code)


def watch(source: str, wish: Wish, *, opened: Callable[[Any], None] = lambda _: None) -> int:
    """The exit code. opened: see ``application.view``.

    Source and engine begin to open before Qt is loaded.
    """
    from rtseg.commands.interrupts import Interrupts
    from rtseg.commands.memory import keep_freed_memory
    from rtseg.source.masking import needs_password
    from rtseg.viewer.ahead import Ahead
    from rtseg.viewer.display import require_binding

    keep_freed_memory()
    windows: list[Any] = []

    def close() -> None:
        for window in windows:
            window.close()

    def known(window: Any) -> None:
        windows.append(window)
        opened(window)

    with ExitStack() as stack:
        known_source = bool(source) and not needs_password(source)
        ahead = stack.enter_context(Ahead(source, wish)) if known_source else None
        require_binding()
        from rtseg.viewer.application import view

        # A handler runs when Python next does: the viewer's timer sees to that four times a second.
        with Interrupts(gently=close, at_once=close) as interrupts:
            code = view(source, wish, ahead=ahead, opened=known)
    return interrupts.exit_code or code


def _leave_busy_threads(code: int) -> None:
    """End the process over threads that open an engine, say, which nothing can interrupt.

    All that is to be kept was written: settings, and recordings to their last frame.
    """
    if any(each.name.startswith("rtseg-") for each in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
