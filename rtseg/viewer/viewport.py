"""Which part of a picture a pane shows, and where: zoom and pan as plain arithmetic.

Lengths of the pane are physical pixels of the screen, those of the picture its own pixels. Points
are (x, y); a picture pixel covers [x, x + 1), so its centre is at x + 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

DEEPEST = 64.0
"""Screen pixels to a picture pixel: closer there is nothing more to see."""


@dataclass(frozen=True)
class Box:
    """[left, right) x [top, bottom) in whole pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True)
class Patch:
    """The piece ``crop`` of the picture, which covers ``place`` in the pane."""

    crop: Box
    place: Box


@dataclass(frozen=True)
class Viewport:
    """picture, pane: (height, width).

    wanted_scale: screen pixels to a picture pixel; None shows the whole picture, as large as fits.
    centre: the point of the picture in the middle of the pane; None is the picture's middle.
    """

    picture: tuple[int, int]
    pane: tuple[int, int]
    wanted_scale: float | None = None
    centre: tuple[float, float] | None = None

    @property
    def fitting_scale(self) -> float:
        return max(
            min(have / need for have, need in zip(self.pane, self.picture, strict=True)), 1e-6
        )

    @property
    def scale(self) -> float:
        fitting = self.fitting_scale
        if self.wanted_scale is None:
            return fitting
        return min(max(self.wanted_scale, min(fitting, 1.0)), max(DEEPEST, fitting))

    @property
    def origin(self) -> tuple[float, float]:
        """Where in the pane the picture's (0, 0) is: a smaller picture stays in the middle, a
        larger one covers the pane."""
        height, width = self.picture
        x, y = self.centre or (width / 2, height / 2)
        return self._origin(width, self.pane[1], x), self._origin(height, self.pane[0], y)

    def _origin(self, length: int, room: int, centre: float) -> float:
        covered = length * self.scale
        if covered <= room:
            return (room - covered) / 2
        return min(0.0, max(room - covered, room / 2 - centre * self.scale))

    def point(self, x: float, y: float) -> tuple[float, float]:
        """The picture's point under the pane's; it may lie outside of the picture."""
        left, top = self.origin
        return (x - left) / self.scale, (y - top) / self.scale

    def pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """(x, y) of the picture's pixel under the pane's point, if there is one."""
        column, row = self.point(x, y)
        height, width = self.picture
        if not (0 <= column < width and 0 <= row < height):
            return None
        return int(column), int(row)

    def fitted(self) -> Viewport:
        return replace(self, wanted_scale=None, centre=None)

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """What is under the pane's point (x, y) stays under it, where the pane's edges allow."""
        column, row = self.point(x, y)
        closer = replace(self, wanted_scale=self.scale * factor)
        if closer.scale <= self.fitting_scale * 1.001:
            return self.fitted()
        height, width = self.pane
        middle = (
            column + (width / 2 - x) / closer.scale,
            row + (height / 2 - y) / closer.scale,
        )
        return replace(closer, centre=middle)._settled()

    def panned(self, dx: float, dy: float) -> Viewport:
        """The picture follows a hand that moves by (dx, dy) screen pixels."""
        height, width = self.pane
        x, y = self.point(width / 2 - dx, height / 2 - dy)
        return replace(self, centre=(x, y))._settled()

    def _settled(self) -> Viewport:
        """With the centre that is really shown, so that nothing is owed at the edges."""
        height, width = self.pane
        return replace(self, centre=self.point(width / 2, height / 2))

    def patch(self) -> Patch:
        """What of the picture is to be painted: whole pixels on either side."""
        height, width = self.picture
        (left, top), scale = self.origin, self.scale
        columns = _covered(left, scale, length=width, room=self.pane[1])
        rows = _covered(top, scale, length=height, room=self.pane[0])
        crop = Box(columns[0], rows[0], columns[1], rows[1])
        return Patch(crop, self.placed(crop))

    def placed(self, crop: Box) -> Box:
        """Where a piece of the picture is in the pane."""
        (left, top), scale = self.origin, self.scale
        x, y = round(left + crop.left * scale), round(top + crop.top * scale)
        return Box(
            x,
            y,
            max(round(left + crop.right * scale), x + 1),
            max(round(top + crop.bottom * scale), y + 1),
        )


def _covered(origin: float, scale: float, *, length: int, room: int) -> tuple[int, int]:
    """[first, last) of the pixels that a pane of that room shows at least a part of."""
    first = max(0, int(-origin / scale))
    last = min(length, int(-(-(room - origin) // scale)))
    return min(first, length - 1), max(last, min(first, length - 1) + 1)
