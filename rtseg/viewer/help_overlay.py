"""All keys at a glance, over the picture."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from rtseg.viewer import theme
from rtseg.viewer.actions import Deed, readable
from rtseg.viewer.language import tr


class HelpOverlay(QScrollArea):
    """Covers its parent while it is visible; made from the same table as the menus."""

    def __init__(self, menus: dict[str, tuple[Deed, ...]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        grid = QGridLayout(page)
        pad = theme.space(self, 4)
        grid.setContentsMargins(pad, pad, pad, pad)
        grid.setHorizontalSpacing(pad)
        grid.setVerticalSpacing(theme.space(self, 1))
        rows = [0, 0]
        for number, (title, deeds) in enumerate(menus.items()):
            column = 0 if number < 2 else 1
            _list(grid, (title.replace("&", ""), deeds), at=(rows[column], 3 * column))
            rows[column] += 1 + sum(bool(deed.keys) for deed in deeds)
        _row(grid, (rows[1], 3), ("1 ... 9", tr("Show or hide a class")))
        _row(grid, (rows[1] + 1, 3), (tr("Wheel, drag"), tr("Zoom, move; double click fits")))
        grid.setColumnMinimumWidth(2, 2 * pad)
        grid.setColumnStretch(5, 1)
        grid.setRowStretch(max(rows) + 2, 1)
        self.setWidget(page)
        parent.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        parent = self.parentWidget()
        if event is not None and event.type() == QEvent.Type.Resize and parent is not None:
            self.setGeometry(parent.rect())
        return False

    def set_shown(self, shown: bool) -> None:
        parent = self.parentWidget()
        if shown and parent is not None:
            self.setGeometry(parent.rect())
            self.raise_()
        self.setVisible(shown)


def _list(grid: QGridLayout, section: tuple[str, tuple[Deed, ...]], *, at: tuple[int, int]) -> None:
    title, deeds = section
    row, column = at
    heading = QLabel(title)
    font = heading.font()
    font.setBold(True)
    heading.setFont(font)
    heading.setContentsMargins(0, theme.space(heading, 3) if row else 0, 0, 0)
    grid.addWidget(heading, row, column, 1, 2)
    for number, deed in enumerate((each for each in deeds if each.keys), row + 1):
        keys = "  ".join(readable(key) for key in deed.keys)
        _row(grid, (number, column), (keys, deed.text.replace("&", "").removesuffix(" ...")))


def _row(grid: QGridLayout, at: tuple[int, int], words: tuple[str, str]) -> None:
    key, meaning = QLabel(words[0]), QLabel(words[1])
    theme.mute(meaning)
    grid.addWidget(key, *at)
    grid.addWidget(meaning, at[0], at[1] + 1)
