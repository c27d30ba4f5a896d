"""The live numbers: rates, latency, drops, stages, and what runs where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from rtseg.board import BoardReading
from rtseg.engine.base import EngineInfo
from rtseg.viewer import theme
from rtseg.viewer.language import NOTHING, number, tr
from rtseg.viewer.readings import Reading
from rtseg.viewer.stage_bars import StageBars
from rtseg.viewer.state_line import StateLine
from rtseg.viewer.verdict import Verdict

UNIT = "\N{NO-BREAK SPACE}"
BIG = 1.7
"""Of the text's size: the three rates are read from an arm's length."""


class NumbersPanel(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = StateLine(self)
        self._rates = _Rates(self)
        self._facts = _Facts(self)
        self._stages = StageBars(self)
        layout = QVBoxLayout(self)
        pad = theme.space(self, 3)
        layout.setContentsMargins(pad, pad, pad, pad)
        layout.setSpacing(theme.space(self, 3))
        for part in (self._state, self._rates, self._stages, self._facts):
            layout.addWidget(part)
        layout.addStretch(1)

    def show_verdict(self, verdict: Verdict) -> None:
        self._state.show_verdict(verdict)

    def show_reading(self, reading: Reading, *, wanted_fps: float) -> None:
        """wanted_fps: of the source, times the speed of playing; 0 where there is no such."""
        self._rates.show_rates(reading.capture_fps, reading.processed_fps, reading.displayed_fps)
        self._stages.show_stages(reading.stages, wanted_fps=wanted_fps)
        self._facts.show_latency(reading.latency.p50, reading.latency.p99)
        self._facts.show_dropped(reading.dropped)

    def show_engines(self, engines: Sequence[EngineInfo]) -> None:
        """One, or two that are compared; none while nothing is open."""
        self._facts.show_engines(engines)

    def show_board(self, board: BoardReading | None) -> None:
        """None: no board whose sensors can be read; then nothing is said of it."""
        self._facts.show_board(board)


class _Rates(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(0)
        self._values = []
        for column, (caption, meaning) in enumerate(
            (
                (tr("Captured"), tr("Frames that arrived in the last second")),
                (tr("Processed"), tr("Frames that the network saw in the last second")),
                (tr("Displayed"), tr("Frames that were shown in the last second")),
            )
        ):
            value, name = QLabel(NOTHING, self), _muted(caption, self)
            value.setAccessibleName(caption)
            value.setToolTip(meaning)
            name.setToolTip(meaning)
            grid.addWidget(value, 0, column)
            grid.addWidget(name, 1, column)
            grid.setColumnStretch(column, 1)
            self._values.append(value)
        self._enlarge()

    def show_rates(self, *rates: float) -> None:
        for label, rate in zip(self._values, rates, strict=True):
            _say(label, number(rate, 1))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._enlarge()

    def _enlarge(self) -> None:
        font = self.font()
        font.setPointSizeF(self.font().pointSizeF() * BIG)
        for label in self._values:
            label.setFont(font)


class _Facts(QWidget):
    """Pairs of a name and what is known of it; a name without a fact is hidden."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.space(self, 3))
        self._grid.setVerticalSpacing(theme.space(self, 1))
        self._grid.setColumnStretch(1, 1)
        self._latency = self._row(tr("Latency"), tr("From a frame's capture to its last use"))
        self._dropped = self._row(tr("Dropped"), tr("Frames that were never processed, by cause"))
        self._engine = self._row(tr("Engine"), tr("The model that runs, and its precision"))
        self._other = self._row(tr("Compared"), tr("The second engine, on the same frames"))
        self._machine = self._row(tr("Runs on"), tr("The runtime and the device it uses"))
        self._board = self._row(tr("Board"), tr("Hottest sensor, power drawn, clock of the GPU"))

    def show_latency(self, p50: float, p99: float) -> None:
        text = tr("p50 {p50} ms, p99 {p99} ms").format(p50=number(p50, 1), p99=number(p99, 1))
        self._fill(self._latency, text)

    def show_dropped(self, dropped: dict[str, int]) -> None:
        causes = {
            "late": tr("late"),
            "source": tr("lost by the source"),
            "paused": tr("while paused"),
            "recording": tr("missing in the recording"),
        }
        parts = [
            f"{number(count)} {causes.get(cause, cause)}"
            for cause, count in dropped.items()
            if count
        ]
        self._fill(self._dropped, ", ".join(parts) or tr("none"))

    def show_engines(self, engines: Sequence[EngineInfo]) -> None:
        first, second = (*engines, None, None)[:2]
        self._fill(self._engine, _named(first) if first else "")
        self._fill(self._other, _named(second) if second else "")
        self._fill(
            self._machine, _dotted((first.backend, first.version, first.device)) if first else ""
        )

    def show_board(self, board: BoardReading | None) -> None:
        self._fill(self._board, _board_text(board) if board else "")

    def _row(self, name: str, meaning: str) -> tuple[QLabel, QLabel]:
        caption, value = _muted(name, self), QLabel(self)
        value.setWordWrap(True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        value.setAccessibleName(name)
        caption.setToolTip(meaning)
        value.setToolTip(meaning)
        row = self._grid.rowCount()
        self._grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)
        self._fill((caption, value), "")
        return caption, value

    def _fill(self, row: tuple[QLabel, QLabel], text: str) -> None:
        for part in row:
            part.setVisible(bool(text))
        _say(row[1], text)


def _muted(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    theme.mute(label)
    return label


def _say(label: QLabel, text: str) -> None:
    """Ten times a second most texts are the same, and a label lays out what it is told."""
    if label.text() != text:
        label.setText(text)


def _named(engine: EngineInfo) -> str:
    return _dotted((engine.model, engine.precision.upper()))


def _dotted(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _board_text(board: BoardReading) -> str:
    parts = []
    if board.hottest:
        zone, celsius = board.hottest
        parts.append(f"{number(celsius, 1)}{UNIT}°C ({zone})")
    if board.total_watts is not None:
        parts.append(f"{number(board.total_watts, 1)}{UNIT}W")
    if board.gpu_megahertz is not None:
        load = "" if board.gpu_load is None else f" ({number(100 * board.gpu_load)}{UNIT}%)"
        parts.append(f"GPU {number(board.gpu_megahertz)}{UNIT}MHz{load}")
    return _dotted(parts)
