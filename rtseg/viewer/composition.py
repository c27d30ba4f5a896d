"""What a shot looks like in every mode: arrays in, arrays out, no Qt.

Only what is visible is painted, and at the size at which it is seen: a picture that is shown
smaller is shrunk before it is coloured, one that is magnified is cut out first. Everything is
coloured by ``overlay.render``, heat maps too: their levels are classes of a label set of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.confidence import Measure, doubt
from rtseg.labels import LabelSet
from rtseg.overlay import Look, render
from rtseg.pipeline.session import Shot
from rtseg.types import LabelMap, Rgb, Segmentation
from rtseg.viewer.viewport import Box, Patch

Mode: TypeAlias = Literal[
    "overlay", "mask", "source", "side", "swipe", "disagreement", "margin", "entropy"
]

COMPARING = ("swipe", "disagreement")
"""Modes that need a second engine; without one they show the overlay."""

SCORED = ("margin", "entropy")
"""Modes that need scores; without them they show the overlay."""


def _inferno() -> LabelSet:
    """Black where the network is sure, over red to pale yellow where it doubts; it reads alike
    with every kind of colour vision (matplotlib's map, as OpenCV has it)."""
    levels = np.arange(255, dtype=np.uint8)
    colors = cv2.applyColorMap(levels[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1].astype(np.uint8)
    return LabelSet("doubt", tuple(map(str, levels.tolist())), colors, "OpenCV, COLORMAP_INFERNO")


DOUBT = _inferno()
AGREEMENT = LabelSet(
    "agreement",
    ("same", "different"),
    np.array([(0, 0, 0), (255, 176, 0)], np.uint8),
    "the amber of IBM's palette for colour-blind readers",
)


@dataclass(frozen=True)
class Appearance:
    """How a person wants to see shots.

    opacity: of the colours over the picture, 0..1. contours: borders between classes, on top.
    hidden: names of classes without colour.
    colors: R G B of classes that are not drawn in their label set's colour.
    divider: where "swipe" changes from the first engine to the second, a share of the width.
    """

    mode: Mode = "overlay"
    opacity: float = 0.5
    contours: bool = False
    hidden: frozenset[str] = frozenset()
    colors: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    divider: float = 0.5

    def palette(self, labels: LabelSet) -> LabelSet:
        """The label set in the colours that were chosen; names it does not have are left out."""
        colors = labels.colors.copy()
        for index, name in enumerate(labels.names):
            colors[index] = self.colors.get(name, colors[index])
        return LabelSet(labels.name, labels.names, colors, labels.source)

    def uncoloured(self, labels: LabelSet) -> frozenset[str]:
        return self.hidden & frozenset(labels.names)

    def shown_mode(self, shot: Shot) -> Mode:
        """What can really be shown of that shot."""
        missing = (self.mode in COMPARING and shot.other is None) or (
            self.mode in SCORED and shot.scores is None
        )
        return "overlay" if missing else self.mode


def pane_count(mode: Mode) -> int:
    return 2 if mode == "side" else 1


def compose(shot: Shot, appearance: Appearance, patch: Patch) -> list[Rgb]:
    """One (h, w, 3) picture of the place's size a pane; not to be written."""
    piece = _Piece.cut(shot, patch)
    palette = appearance.palette(shot.label_set)
    painter = _Painter(palette, appearance, appearance.uncoloured(palette))
    images = _PAINTERS[appearance.shown_mode(shot)](painter, piece)
    return [_magnified(image, patch.place) for image in images]


def compose_whole(shot: Shot, appearance: Appearance) -> Rgb:
    """(H, W, 3) at the frame's own size, or (H, 2 W, 3) for two panes; the caller's own."""
    height, width = shot.segmentation.frame.size
    box = Box(0, 0, width, height)
    return np.hstack(compose(shot, appearance, Patch(box, box)))


@dataclass(frozen=True)
class _Piece:
    """The visible part at the size at which it is painted; labels may be coarser or finer."""

    segmentation: Segmentation
    other: LabelMap | None
    doubt: Callable[[Measure], LabelMap]

    @classmethod
    def cut(cls, shot: Shot, patch: Patch) -> _Piece:
        frame, scores = shot.segmentation.frame, shot.scores
        whole = frame.size
        crop = patch.crop
        picture = frame.picture[crop.top : crop.bottom, crop.left : crop.right]
        picture = _shrunk(picture, patch.place)

        def of(labels: LabelMap) -> LabelMap:
            if (crop.height, crop.width) == whole:
                return labels
            return _sampled(labels, crop, whole=whole, size=picture.shape[:2])

        def doubts(measure: Measure) -> LabelMap:
            assert scores is not None, "shown_mode() has seen to it"
            return of(doubt(scores, measure))

        return cls(
            replace(
                shot.segmentation,
                frame=replace(frame, given=picture),
                labels=of(shot.segmentation.labels),
            ),
            None if shot.other is None else of(shot.other),
            doubts,
        )


@dataclass(frozen=True)
class _Painter:
    palette: LabelSet
    appearance: Appearance
    hidden: frozenset[str]

    def overlay(self, piece: _Piece) -> list[Rgb]:
        return [self._over(piece.segmentation)]

    def mask(self, piece: _Piece) -> list[Rgb]:
        look = Look("mask", hidden=self.hidden)
        return [self._outlined(render(piece.segmentation, self.palette, look), piece.segmentation)]

    def source(self, piece: _Piece) -> list[Rgb]:
        picture = piece.segmentation.frame.picture
        return [self._outlined(picture, piece.segmentation)]

    def side(self, piece: _Piece) -> list[Rgb]:
        """Both engines, or the picture and its overlay."""
        overlay = self._over(piece.segmentation)
        if piece.other is None:
            return [piece.segmentation.frame.picture, overlay]
        return [overlay, self._over(replace(piece.segmentation, labels=piece.other))]

    def swipe(self, piece: _Piece) -> list[Rgb]:
        assert piece.other is not None, "shown_mode() has seen to it"
        image = self._over(piece.segmentation)
        divider = round(self.appearance.divider * image.shape[1])
        image[:, divider:] = self._over(replace(piece.segmentation, labels=piece.other))[
            :, divider:
        ]
        return [image]

    def disagreement(self, piece: _Piece) -> list[Rgb]:
        assert piece.other is not None, "shown_mode() has seen to it"
        different = (piece.segmentation.labels != piece.other).astype(np.uint8)
        return self._heat(piece, different, AGREEMENT)

    def margin(self, piece: _Piece) -> list[Rgb]:
        return self._heat(piece, piece.doubt("margin"), DOUBT)

    def entropy(self, piece: _Piece) -> list[Rgb]:
        return self._heat(piece, piece.doubt("entropy"), DOUBT)

    def _over(self, segmentation: Segmentation) -> Rgb:
        look = Look("overlay", self.appearance.opacity, hidden=self.hidden)
        return self._outlined(render(segmentation, self.palette, look), segmentation)

    def _heat(self, piece: _Piece, levels: LabelMap, scale: LabelSet) -> list[Rgb]:
        segmentation = replace(piece.segmentation, labels=levels)
        image = render(segmentation, scale, Look("overlay", self.appearance.opacity))
        return [self._outlined(image, piece.segmentation)]

    def _outlined(self, image: Rgb, segmentation: Segmentation) -> Rgb:
        if not self.appearance.contours:
            return image
        frame = replace(segmentation.frame, given=image)
        drawn = replace(segmentation, frame=frame)
        return render(drawn, self.palette, Look("contours", hidden=self.hidden))


_PAINTERS: dict[Mode, Callable[[_Painter, _Piece], list[Rgb]]] = {
    "overlay": _Painter.overlay,
    "mask": _Painter.mask,
    "source": _Painter.source,
    "side": _Painter.side,
    "swipe": _Painter.swipe,
    "disagreement": _Painter.disagreement,
    "margin": _Painter.margin,
    "entropy": _Painter.entropy,
}


def _shrunk(picture: Rgb, place: Box) -> Rgb:
    """A picture that is shown smaller, at that size; any other as it is."""
    height, width, _ = picture.shape
    if place.width >= width or place.height >= height:
        return picture
    # Halving is quick, averaging over any other area is not; the last step is at most to a third.
    while place.width * 3 <= width and place.height * 3 <= height:
        height, width = height // 2, width // 2
        even = picture[: 2 * height, : 2 * width]
        picture = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
    size = (place.width, place.height)
    return picture if (width, height) == size else np.asarray(cv2.resize(picture, size))


def _magnified(image: Rgb, place: Box) -> Rgb:
    """Pixels become visible squares."""
    if image.shape[:2] == (place.height, place.width):
        return image
    size = (place.width, place.height)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_NEAREST))


def _sampled(
    labels: LabelMap, crop: Box, *, whole: tuple[int, int], size: tuple[int, int]
) -> LabelMap:
    """For each pixel of a piece of the picture, shown at that size, the label under its centre."""
    rows = _under(crop.top, crop.height, count=size[0], whole=whole[0], labels=labels.shape[0])
    columns = _under(crop.left, crop.width, count=size[1], whole=whole[1], labels=labels.shape[1])
    return labels.take(columns, axis=1).take(rows, axis=0)


def _under(first: int, length: int, *, count: int, whole: int, labels: int) -> NDArray[np.intp]:
    """As ``stretch.nearest``: floor((first + (i + 0.5) length / count) labels / whole)."""
    doubled = 2 * first * count + (2 * np.arange(count) + 1) * length
    return doubled * labels // (2 * count * whole)
