"""A strip that says what went wrong and what can be done about it, while the picture stays."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Callable

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QToolButton

from rtseg import __version__
from rtseg.viewer import theme
from rtseg.viewer.icons import icon
from rtseg.viewer.language import tr
from rtseg.viewer.state_line import StateLine
from rtseg.viewer.verdict import Verdict


class Notice(QFrame):
    again = Signal()
    another = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.details = ""
        self._line = StateLine(self)
        self.copy = self._button(tr("Copy details"), "copy", self._copy)
        self.retry = self._button(tr("Try again"), "loop", self.again.emit)
        self.other = self._button(tr("Open another ..."), "open", self.another.emit)
        self.dismiss = self._button(tr("Dismiss"), "close", self.hide)
        layout = QHBoxLayout(self)
        pad = theme.space(self, 1)
        layout.setContentsMargins(2 * pad, pad, 2 * pad, pad)
        layout.addWidget(self._line, 1)
        for button in (self.copy, self.retry, self.other, self.dismiss):
            layout.addWidget(button)
        self.hide()

    @property
    def said(self) -> str:
        return self._line.accessibleDescription()

    def show_error(self, error: BaseException, *, source: str) -> None:
        self._line.show_verdict(Verdict("bad", str(error) or type(error).__name__))
        self.details = described(error, source)
        for button in (self.copy, self.retry, self.other):
            button.show()
        self.show()

    def show_warning(self, text: str) -> None:
        self._line.show_verdict(Verdict("warning", text))
        self.details = text
        for button in (self.copy, self.retry, self.other):
            button.hide()
        self.show()

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        assert clipboard is not None, "an application with a window has one"
        clipboard.setText(self.details)

    def _button(self, text: str, symbol: str, do: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(symbol))
        button.setText(text)
        button.setToolTip(text)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda *_: do())
        return button


def described(error: BaseException, source: str) -> str:
    """For a report: the versions, what was open (masked already), and where it happened."""
    from qtpy import API_NAME, QT_VERSION

    where = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    machine = f"{platform.platform()}, Python {platform.python_version()}"
    return f"rtseg {__version__}, {API_NAME} with Qt {QT_VERSION}, {machine}\n{source}\n\n{where}"
