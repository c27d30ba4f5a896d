"""How the kernels of frame.cu are launched: their sizes, and their arguments packed as C has them.

No CUDA is needed here. With pycuda, on a module compiled from ``source()`` (which has its own
``extern "C"``, so ``no_extern_c=True``):

    function = module.get_function(launch.kernel)
    function(*launch.arguments, grid=launch.grid, block=launch.block, stream=stream)

Other bindings take ``launch.packed()`` as their parameter buffer. Pointers are addresses on the
device as plain numbers; nobody here owns or keeps what they point to.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtseg.errors import EngineError
from rtseg.types import ModelSpec

Layout: TypeAlias = Literal["rgb", "bgr", "nv12"]
Fit: TypeAlias = Literal["stretch", "letterbox"]
Matrix: TypeAlias = Literal["bt601", "bt709"]

SAMPLING = np.dtype(
    [
        (name, np.float32 if name == "share" else np.int32)
        for name in (
            *("pitch", "factor", "rows", "columns", "height", "width"),
            *("top", "left", "content_height", "content_width", "rounded", "share"),
        )
    ]
)
LEVELS = np.dtype([("mean", np.float32, (3,)), ("scale", np.float32, (3,)), ("swapped", np.int32)])
CONVERSION = np.dtype(
    [(name, np.int32) for name in ("black", "luma", "red_v", "green_u", "green_v", "blue_u")]
)
STRETCH = np.dtype([(name, np.uint32) for name in ("step", "start", "length")])
BLENDING = np.dtype(
    [
        *((name, np.int32) for name in ("height", "width")),
        *((name, np.int32) for name in ("source_pitch", "target_pitch", "labels_pitch")),
        *((name, STRETCH) for name in ("down", "across")),
    ]
)

MOST_PIXELS = 16384
"""Of a side: twice the product of two sides is still an int32."""

LARGEST_FACTOR = 2048
"""The sum of a block of such a side is still an int32."""

KR_KB: dict[Matrix, tuple[float, float]] = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}
"""Shares of red and blue in luma, from ITU-R BT.601 and BT.709."""

_BLOCK = (32, 8, 1)


@dataclass(frozen=True)
class Launch:
    """arguments: numpy scalars (addresses as uint64, structs as void), in the kernel's order."""

    kernel: str
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    arguments: tuple[np.generic, ...]

    def packed(self) -> bytes:
        """The arguments as the compiled kernel expects them, each aligned by its own type."""
        buffer = bytearray()
        for argument in self.arguments:
            alignment = 8 if isinstance(argument, np.uint64) else 4
            buffer += bytes(-len(buffer) % alignment) + argument.tobytes()
        return bytes(buffer)


@dataclass(frozen=True)
class Content:
    """Where in the network's input the picture lies, in the network's pixels."""

    top: int
    left: int
    height: int
    width: int


def source() -> str:
    """The CUDA C++ of all kernels; it includes nothing."""
    return Path(__file__).with_name("frame.cu").read_text(encoding="utf-8")


def fitted(spec: ModelSpec, picture_shape: tuple[int, int], fit: Fit) -> Content:
    """ "letterbox" keeps the picture's proportions and centres it; "stretch" fills the input."""
    if fit == "stretch":
        return Content(0, 0, spec.height, spec.width)
    picture_height, picture_width = picture_shape
    height, width = spec.height, spec.width
    if spec.height * picture_width > spec.width * picture_height:
        height = max(1, _nearest(picture_height * spec.width, picture_width))
    else:
        width = max(1, _nearest(picture_width * spec.height, picture_height))
    return Content((spec.height - height) // 2, (spec.width - width) // 2, height, width)


def prepare_launch(
    spec: ModelSpec,
    picture_shape: tuple[int, int],
    *,
    source: int,
    target: int,
    layout: Layout = "rgb",
    pitch: int | None = None,
    half: bool = False,
    fit: Fit = "stretch",
    rounded: bool = True,
    chroma: int | None = None,
    matrix: Matrix = "bt709",
    full_range: bool = False,
) -> Launch:
    """From an (H, W) picture of bytes to the engine's input: (1, 3, h, w), FP32, or FP16 if half.

    The picture is averaged by the largest whole factor that leaves at least the size needed, then
    interpolated bilinearly, as preprocess.prepare does it; then ``(value - mean) / std`` in the
    network's order of channels. Around a letterboxed picture lies the mean, that is 0.

    source, target: addresses. The target is written completely.
    layout: "nv12" has a plane of luma at source and, at chroma, one of U V pairs for blocks of
    2 x 2 pixels, both with the same pitch; chroma None: right behind H rows of luma.
    pitch: bytes from one row to the next; None: rows without a gap.
    rounded: to whole levels after averaging and after interpolating, with OpenCV's weights: then
    an RGB picture is the very one of preprocess.prepare. False: in FP32 all the way.
    matrix, full_range: of "nv12" only; pairs are not interpolated, as in cv2.cvtColor.
    Raises EngineError for sizes and pitches that the kernels cannot take.
    """
    content = fitted(spec, picture_shape, fit)
    pitch = _checked_pitch(picture_shape, layout, pitch)
    sampling = _sampling(spec, picture_shape, content)
    sampling["pitch"], sampling["rounded"] = pitch, rounded
    levels = _levels(spec, "rgb" if layout == "nv12" else layout)
    pointers, conversion = [source, target], []
    if layout == "nv12":
        pointers.insert(1, source + pitch * picture_shape[0] if chroma is None else chroma)
        conversion = [_conversion(matrix, full_range=full_range)]
    kind = "nv12" if layout == "nv12" else "packed"
    return Launch(
        kernel=f"prepare_{kind}_{'fp16' if half else 'fp32'}",
        grid=_grid(spec.height, spec.width),
        block=_BLOCK,
        arguments=(*map(np.uint64, pointers), sampling, levels, *conversion),
    )


def overlay_launch(
    spec: ModelSpec,
    picture_shape: tuple[int, int],
    labels_shape: tuple[int, int],
    *,
    source: int,
    target: int,
    labels: int,
    weights: int,
    pitch: int | None = None,
    target_pitch: int | None = None,
    labels_pitch: int | None = None,
    fit: Fit = "stretch",
) -> Launch:
    """Colours over an (H, W) RGB or BGR picture, byte for byte those of overlay.render.

    source, target: addresses of pictures; the same one blends in place.
    labels: address of the (h', w') class map. weights: address of what ``palette`` returned.
    pitch, target_pitch, labels_pitch: bytes from one row to the next; None: rows without a gap.
    fit: the one of prepare_launch; what a letterbox put around the picture is left out.
    Raises EngineError for sizes and pitches that the kernel cannot take.
    """
    _check_sides("label map", labels_shape)
    content = fitted(spec, picture_shape, fit)
    blending: Any = np.zeros((), BLENDING)
    blending["height"], blending["width"] = picture_shape
    blending["source_pitch"] = _checked_pitch(picture_shape, "rgb", pitch)
    blending["target_pitch"] = _checked_pitch(picture_shape, "rgb", target_pitch)
    blending["labels_pitch"] = labels_shape[1] if labels_pitch is None else labels_pitch
    down, across = (content.top, content.height), (content.left, content.width)
    blending["down"] = _stretch(picture_shape[0], (labels_shape[0], spec.height), down)
    blending["across"] = _stretch(picture_shape[1], (labels_shape[1], spec.width), across)
    return Launch(
        kernel="overlay",
        grid=_grid(*picture_shape),
        block=_BLOCK,
        arguments=(*map(np.uint64, (source, target, labels, weights)), blending[()]),
    )


def palette(
    keep: NDArray[np.uint16], add: NDArray[np.uint16], layout: Literal["rgb", "bgr"] = "rgb"
) -> NDArray[np.uint16]:
    """(256, 4) to be copied to the device, from the (256,) and (256, 3) of overlay.weights."""
    ordered = add if layout == "rgb" else add[:, ::-1]
    return np.ascontiguousarray(np.column_stack([keep, ordered]), np.uint16)


def _sampling(spec: ModelSpec, picture_shape: tuple[int, int], content: Content) -> Any:
    height, width = picture_shape
    factor = max(1, min(height // content.height, width // content.width))
    if factor > LARGEST_FACTOR:
        raise EngineError(
            f"a picture of {height}x{width} is more than {LARGEST_FACTOR} times as large as the "
            f"network's {content.height}x{content.width}: shrink it first"
        )
    sampling = np.zeros((), SAMPLING)
    sampling["factor"], sampling["share"] = factor, np.float32(1) / np.float32(factor * factor)
    sampling["rows"], sampling["columns"] = height // factor, width // factor
    sampling["height"], sampling["width"] = spec.height, spec.width
    sampling["top"], sampling["left"] = content.top, content.left
    sampling["content_height"], sampling["content_width"] = content.height, content.width
    return sampling[()]


def _levels(spec: ModelSpec, order: str) -> Any:
    levels = np.zeros((), LEVELS)
    levels["mean"] = spec.mean
    levels["scale"] = 1 / np.array(spec.std)
    levels["swapped"] = spec.channel_order != order
    return levels[()]


def _conversion(matrix: Matrix, *, full_range: bool) -> Any:
    """Whole numbers in 1 / 2^20; OpenCV has those of bt601 with three digits only."""
    red, blue = KR_KB[matrix]
    green = 1 - red - blue
    luma, chroma = (1.0, 1.0) if full_range else (255 / 219, 255 / 224)
    conversion = np.zeros((), CONVERSION)
    conversion["black"] = 0 if full_range else 16
    shares = {
        "luma": luma,
        "red_v": 2 * (1 - red) * chroma,
        "green_u": -2 * (1 - blue) * blue / green * chroma,
        "green_v": -2 * (1 - red) * red / green * chroma,
        "blue_u": 2 * (1 - blue) * chroma,
    }
    for name, share in shares.items():
        conversion[name] = round(share * 2**20)
    return conversion[()]


def _stretch(
    length: int, lengths: tuple[int, int], content: tuple[int, int]
) -> tuple[int, int, int]:
    """step, start, length of floor((first + (p + 0.5) * size / H) * h' / h), or of W, w' and w."""
    (labels_length, network_length), (first, size) = lengths, content
    step, start = size * labels_length, 2 * length * first * labels_length
    divisor = 2 * length * network_length
    shared = gcd(step, start, divisor)
    if (step * 2 * length + start) // shared >= 2**32:
        raise EngineError(
            f"{labels_length} labels of a network of {network_length} do not fit on {length} "
            "pixels in 32 bits: let the network's stride divide its size"
        )
    return step // shared, start // shared, divisor // shared


def _checked_pitch(picture_shape: tuple[int, int], layout: Layout, pitch: int | None) -> int:
    _check_sides("picture", picture_shape)
    width = picture_shape[1]
    least = width + width % 2 if layout == "nv12" else 3 * width
    if pitch is not None and pitch < least:
        raise EngineError(f"a row of {width} {layout} pixels takes {least} bytes, not {pitch}")
    return least if pitch is None else pitch


def _check_sides(what: str, shape: tuple[int, int]) -> None:
    if not all(1 <= side <= MOST_PIXELS for side in shape):
        raise EngineError(
            f"a {what} of {shape[0]}x{shape[1]} cannot be processed: sides must be 1 to "
            f"{MOST_PIXELS} pixels"
        )


def _grid(height: int, width: int) -> tuple[int, int, int]:
    return -(-width // _BLOCK[0]), -(-height // _BLOCK[1]), 1


def _nearest(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)
