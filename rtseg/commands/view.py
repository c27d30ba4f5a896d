"""``rtseg view``: the same road in a window."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer


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
    from rtseg.viewer.display import require_binding, require_display

    require_display()
    require_binding()

    from rtseg.commands.interrupts import Interrupts
    from rtseg.commands.job import MODES
    from rtseg.errors import UsageError
    from rtseg.pipeline.session import Wish
    from rtseg.smoothing import Smoothing
    from rtseg.viewer.application import view

    if mode not in MODES:
        raise UsageError(f"no mode named {mode!r}; there are: {', '.join(MODES)}")
    wish = Wish(
        model=model,
        backend=backend,
        precision=precision,
        compare=(compare, "auto", compare_precision) if compare else None,
        smoothing=Smoothing.asked(smooth, None, "1"),
        policy=cast(Any, mode),
        threads=threads,
    )
    window: list[Any] = []
    # A handler runs when Python next does: the viewer's timer sees to that four times a second.
    with Interrupts(
        gently=lambda: window[0].close(), at_once=lambda: window[0].close()
    ) as interrupts:
        code = view(source, wish, opened=window.append)
    raise typer.Exit(interrupts.exit_code or code)
