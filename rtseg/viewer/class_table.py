"""The classes with their colours and areas, and what may be done to each: hide, solo, colour."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, QModelIndex, QPoint, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QAction, QColor, QKeySequence, QPainter, QPalette
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rtseg.errors import UsageError
from rtseg.labels import LabelSet
from rtseg.palettes import color_blind_safe, read_palette
from rtseg.viewer import theme
from rtseg.viewer.class_model import CLASS, COLOR_ROLE, FRAMES, SHARE_ROLE, ClassModel
from rtseg.viewer.icons import icon
from rtseg.viewer.language import number, tr
from rtseg.viewer.readings import Reading


class ClassTable(QWidget):
    """``model`` tells by its signals what is hidden and how the classes are coloured; ``view`` is
    what has the keyboard.
    """

    problem = Signal(str)
    """What could not be done, in one line for the user."""

    def __init__(self, labels: LabelSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ClassModel(labels)
        self._original = labels
        self._solo_before: frozenset[str] | None = None
        self.view = _view(self.model, self)
        self._actions()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._buttons())
        layout.addWidget(self.view)
        self._fit_columns()

    def set_labels(self, labels: LabelSet) -> None:
        self._original = labels
        self._solo_before = None
        self.model.set_labels(labels)

    def show_reading(self, reading: Reading) -> None:
        """Of the same label set."""
        self.model.show_reading(reading)

    def toggle(self, class_id: int) -> None:
        """Show or hide; nothing happens where there is no such class."""
        if 0 <= class_id < len(self.model.labels):
            self._solo_before = None
            name = frozenset({self.model.labels.names[class_id]})
            self.model.set_hidden(self.model.hidden ^ name)

    def solo(self, class_id: int) -> None:
        """Show this class alone; once more brings back what was shown before."""
        names = self.model.labels.names
        others = frozenset(names) - {names[class_id]}
        if self.model.hidden == others:
            self.model.set_hidden(self._solo_before or frozenset())
            self._solo_before = None
        else:
            if self._solo_before is None:
                self._solo_before = self.model.hidden
            self.model.set_hidden(others)

    def show_all(self) -> None:
        self._solo_before = None
        self.model.set_hidden(frozenset())

    def hide_all(self) -> None:
        self._solo_before = None
        self.model.set_hidden(frozenset(self.model.labels.names))

    def set_color(self, class_id: int, color: QColor) -> None:
        colors = self.model.labels.colors.copy()
        colors[class_id] = color.red(), color.green(), color.blue()
        self.model.set_colors(colors)

    def use_original_colors(self) -> None:
        self.model.set_colors(self._original.colors)

    def use_safe_colors(self) -> None:
        self.model.set_colors(color_blind_safe(self._original).colors)

    def use_palette(self, path: Path) -> None:
        """A palette file; what is wrong with it is told by ``problem``, and nothing changes."""
        try:
            self.model.set_colors(read_palette(path, self._original).colors)
        except UsageError as error:
            self.problem.emit(str(error))

    def _actions(self) -> None:
        self._solo = self._action(tr("Solo"), "solo", "Return")
        self._solo.triggered.connect(self._solo_current)
        self._color = self._action(tr("Colour ..."), "palette", "F2")
        self._color.triggered.connect(self._ask_color)
        self._all = self._action(tr("Show all"), "", "Ctrl+A")
        self._all.triggered.connect(self.show_all)
        self._none = self._action(tr("Hide all"), "", "Ctrl+Shift+A")
        self._none.triggered.connect(self.hide_all)
        self.view.customContextMenuRequested.connect(self._open_menu)
        self.view.doubleClicked.connect(self._ask_color)

    def _action(self, text: str, icon_name: str, key: str) -> QAction:
        """Reached by its key while the table has the focus."""
        action = QAction(text, self.view)
        if icon_name:
            action.setIcon(icon(icon_name))
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{text} ({shortcut})")
        self.view.addAction(action)
        return action

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        pad = theme.space(self, 1)
        row.setContentsMargins(pad, pad, pad, pad)
        for action in (self._solo, self._all, self._none):
            button = QToolButton(self)
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._palette_button())
        return row

    def _palette_button(self) -> QPushButton:
        menu = QMenu(self)
        menu.addAction(tr("Colours of the model"), self.use_original_colors)
        menu.addAction(tr("Safe for colour blindness"), self.use_safe_colors)
        menu.addAction(tr("From a file ..."), self._ask_palette)
        button = QPushButton(icon("palette"), tr("Colours"), self)
        button.setToolTip(tr("Choose the colours of all classes"))
        button.setFlat(True)
        button.setMenu(menu)
        return button

    def _current(self) -> int | None:
        index = self.view.currentIndex()
        return self.model.class_at(index) if index.isValid() else None

    def _solo_current(self) -> None:
        class_id = self._current()
        if class_id is not None:
            self.solo(class_id)

    def _ask_color(self) -> None:
        class_id = self._current()
        if class_id is None:
            return
        name = self.model.labels.names[class_id]
        before = QColor(*self.model.labels.colors[class_id].tolist())
        title = tr("Colour of {name}").format(name=name)
        chosen = QColorDialog.getColor(before, self, title)
        if chosen.isValid():
            self.set_color(class_id, chosen)

    def _ask_palette(self) -> None:
        kinds = tr("Palettes") + " (*.toml *.csv)"
        path, _ = QFileDialog.getOpenFileName(self, tr("Open a palette"), "", kinds)
        if path:
            self.use_palette(Path(path))

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        for action in (self._solo, self._color, self._all, self._none):
            menu.addAction(action)
        inside = self.view.viewport()
        assert inside is not None
        menu.exec(inside.mapToGlobal(at))
        menu.deleteLater()

    def _fit_columns(self) -> None:
        metrics = self.fontMetrics()
        share = metrics.horizontalAdvance(f"{number(100, 1)} %") + theme.space(self, 5)
        for column in range(CLASS + 1, FRAMES + 1):
            self.view.setColumnWidth(column, share)
        lines = self.view.verticalHeader()
        assert lines is not None
        lines.setDefaultSectionSize(metrics.height() + theme.space(self, 2))
        side = metrics.height()
        self.view.setIconSize(QSize(side, side))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit_columns()


def _view(model: ClassModel, parent: QWidget) -> QTableView:
    view = QTableView(parent)
    view.setModel(model)
    model.setParent(view)
    view.setItemDelegate(_ShareDelegate(view))
    view.setAccessibleName(tr("Classes"))
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    view.setShowGrid(False)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setTabKeyNavigation(False)
    lines, header = view.verticalHeader(), view.horizontalHeader()
    assert lines is not None
    assert header is not None
    lines.hide()
    header.setHighlightSections(False)
    header.setSectionsMovable(True)
    header.setMinimumSectionSize(1)
    header.setSectionResizeMode(CLASS, QHeaderView.ResizeMode.Stretch)
    header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
    view.setSortingEnabled(True)
    return view


class _ShareDelegate(QStyledItemDelegate):
    """A bar in the class's colour under each share: the eye compares lengths, not digits.

    Numbers are painted here and not by the style, which asks the model for ten things a cell.
    """

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None or index.column() == CLASS:
            super().paint(painter, option, index)
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, option.palette.highlight())
        text = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(text))
        rect = QRectF(option.rect).adjusted(3, 0, -3, -1)
        painter.drawText(rect, theme.ALIGN_RIGHT, index.data())
        share = index.data(SHARE_ROLE)
        if share is not None and share > 0:
            height = max(2.0, rect.height() / 9)
            width = max(1.0, rect.width() * min(1.0, share))
            bar = QRectF(rect.right() - width, rect.bottom() - height, width, height)
            color = index.data(COLOR_ROLE)
            view = option.widget
            painter.fillRect(bar, theme.legible(color, view) if view is not None else color)
