"""The classes of a label set as rows: what is seen of them, which are shown, and how coloured."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from qtpy.QtGui import QColor

from rtseg.labels import LabelSet
from rtseg.viewer import theme
from rtseg.viewer.language import number, tr
from rtseg.viewer.readings import Reading

CLASS, NOW, MEAN, FRAMES = range(4)
SHARE_ROLE = int(Qt.ItemDataRole.UserRole)
"""0..1, or NaN: what the bar behind the number shows."""
COLOR_ROLE = SHARE_ROLE + 1

REFRESH_SECONDS = 0.25
RESORT_SECONDS = 1.0
"""Digits and rows that change ten times a second cannot be read, but cost as much."""

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()


class ClassModel(QAbstractTableModel):
    """``row_of`` and ``class_at`` lead from a class id to its row and back; sorting moves rows."""

    hidden_changed = Signal(object)
    """frozenset of the names of the classes that are not shown."""

    labels_changed = Signal(object)
    """The LabelSet with its colours of now."""

    _shares: NDArray[np.float64]

    def __init__(self, labels: LabelSet) -> None:
        super().__init__()
        self._sorted_by = (-1, Qt.SortOrder.AscendingOrder)
        self._sorted_at = self._refreshed_at = 0.0
        self._labels = labels
        self._hidden: frozenset[str] = frozenset()
        self._see_nothing()

    @property
    def labels(self) -> LabelSet:
        return self._labels

    @property
    def hidden(self) -> frozenset[str]:
        return self._hidden

    def set_labels(self, labels: LabelSet) -> None:
        """Another label set: everything is shown, nothing was seen yet."""
        self.beginResetModel()
        self._labels = labels
        self._hidden = frozenset()
        self._see_nothing()
        self.endResetModel()
        self.hidden_changed.emit(self._hidden)
        self.labels_changed.emit(labels)

    def set_colors(self, colors: NDArray[np.uint8]) -> None:
        """(C, 3) uint8, R G B."""
        before = self._labels
        self._labels = LabelSet(before.name, before.names, colors, before.source)
        self._tell(CLASS, FRAMES)
        self.labels_changed.emit(self._labels)

    def set_hidden(self, hidden: frozenset[str]) -> None:
        if hidden != self._hidden:
            self._hidden = hidden
            self._tell(CLASS, CLASS)
            self.hidden_changed.emit(hidden)

    def show_reading(self, reading: Reading) -> None:
        now = time.monotonic()
        if now - self._refreshed_at < REFRESH_SECONDS:
            return
        self._refreshed_at = now
        # No frame since the reading before: the areas are still those that are on show.
        now_shares = self._shares[0] if np.isnan(reading.areas).all() else reading.areas
        self._shares = np.stack((now_shares, reading.mean_areas))
        self._present = reading.present
        if self._sorted_by[0] > CLASS and now - self._sorted_at > RESORT_SECONDS:
            self._reorder()
        self._tell(NOW, FRAMES)

    def class_at(self, index: Index) -> int:
        return int(self._order[index.row()])

    def row_of(self, class_id: int) -> int:
        return int(self._rows[class_id])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1: in the label set's own order."""
        self._sorted_by = (column, order)
        self._reorder()

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._labels)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else 4

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == CLASS else flags

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        class_id, column = self.class_at(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(class_id, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column != CLASS:
            return theme.ALIGN_RIGHT
        if role == SHARE_ROLE and column in (NOW, MEAN):
            return float(self._shares[column - NOW, class_id])
        if role == COLOR_ROLE or (role == Qt.ItemDataRole.DecorationRole and column == CLASS):
            return QColor(*self._labels.colors[class_id].tolist())
        if role == Qt.ItemDataRole.CheckStateRole and column == CLASS:
            shown = self._labels.names[class_id] not in self._hidden
            return Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked
        return None

    def setData(self, index: Index, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != CLASS:
            return False
        name = frozenset({self._labels.names[self.class_at(index)]})
        shown = Qt.CheckState(value) == Qt.CheckState.Checked
        self.set_hidden(self._hidden - name if shown else self._hidden | name)
        return True

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (tr("Class"), tr("Now"), tr("Mean"), tr("Frames"))[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                tr("Ticked classes are coloured"),
                tr("Share of the picture now"),
                tr("Share of the picture, mean over the run"),
                tr("Frames of the run that show the class"),
            )[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return theme.ALIGN_LEFT if section == CLASS else theme.ALIGN_RIGHT
        return None

    def _see_nothing(self) -> None:
        classes = len(self._labels)
        self._refreshed_at = 0.0
        self._shares: NDArray[np.float64] = np.full((2, classes), np.nan)
        self._present = np.zeros(classes, np.int64)
        self._order = self._rows = np.arange(classes)

    def _text(self, class_id: int, column: int) -> str:
        if column == CLASS:
            return self._labels.names[class_id]
        if column == FRAMES:
            return number(float(self._present[class_id]))
        share = float(self._shares[column - NOW, class_id])
        return f"{number(100 * share, 1)} %" if share == share else number(share)

    def _tell(self, first: int, last: int) -> None:
        if len(self._labels):
            below = self.index(len(self._labels) - 1, last)
            self.dataChanged.emit(self.index(0, first), below)

    def _reorder(self) -> None:
        """Ties stay in the label set's order, so that equal rows keep still."""
        self._sorted_at = time.monotonic()
        order = _ranked(self._keys(), *self._sorted_by)
        if np.array_equal(order, self._order):
            return
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        classes = [self.class_at(index) for index in old]
        self._order = order
        self._rows = np.argsort(order)
        pairs = zip(old, classes, strict=True)
        moved = [self.index(self.row_of(each), index.column()) for index, each in pairs]
        self.changePersistentIndexList(old, moved)
        self.layoutChanged.emit()

    def _keys(self) -> NDArray[Any]:
        column = self._sorted_by[0]
        if column == CLASS:
            return np.array(self._labels.names)
        if column == FRAMES:
            return self._present
        if column in (NOW, MEAN):
            shares: NDArray[np.float64] = np.nan_to_num(self._shares[column - NOW], nan=-1.0)
            return shares
        return np.arange(len(self._labels))


def _ranked(keys: NDArray[Any], column: int, order: Qt.SortOrder) -> NDArray[np.int64]:
    _, ranks = np.unique(keys, return_inverse=True)
    descending = order == Qt.SortOrder.DescendingOrder and column >= CLASS
    order_of_rows: NDArray[np.int64] = np.argsort(-ranks if descending else ranks, kind="stable")
    return order_of_rows
