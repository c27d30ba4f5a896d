"""How the picture looks: mode, opacity, contours."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QSlider, QWidget

from rtseg.viewer import theme
from rtseg.viewer.composition import COMPARING, SCORED, Mode
from rtseg.viewer.icons import icon
from rtseg.viewer.language import tr
from rtseg.viewer.look_state import MODES, LookState

ICONS: dict[Mode, str] = {
    "overlay": "overlay",
    "mask": "mask",
    "source": "source",
    "side": "side",
    "swipe": "swipe",
    "disagreement": "difference",
    "margin": "confidence",
    "entropy": "confidence",
}


def mode_names() -> dict[Mode, str]:
    return {
        "overlay": tr("Overlay"),
        "mask": tr("Mask"),
        "source": tr("Source"),
        "side": tr("Side by side"),
        "swipe": tr("Swipe A | B"),
        "disagreement": tr("Disagreement of A and B"),
        "margin": tr("Doubt: margin"),
        "entropy": tr("Doubt: entropy"),
    }


class LookPanel(QWidget):
    """Follows the look state, whoever changed it."""

    def __init__(self, look: LookState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.mode = QComboBox(self)
        for mode, name in mode_names().items():
            self.mode.addItem(icon(ICONS[mode]), name, mode)
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.contours = QCheckBox(tr("Contours"), self)
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        theme.mute(self.hint)
        form = QFormLayout(self)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(tr("Mode"), self.mode)
        form.addRow(tr("Opacity"), self.opacity)
        form.addRow("", self.contours)
        form.addRow(self.hint)
        self.mode.activated.connect(lambda row: look.change(mode=MODES[row]))
        self.opacity.valueChanged.connect(lambda percent: look.change(opacity=percent / 100))
        self.contours.toggled.connect(lambda drawn: look.change(contours=drawn))
        look.changed.connect(self._follow)
        self._follow()

    def set_known(self, *, compared: bool) -> None:
        """What the shots bring along; the hint says what a mode still waits for."""
        mode = self._look.appearance.mode
        hint = ""
        if mode in COMPARING and not compared:
            hint = tr("Choose a second model under “Engine” to compare with.")
        elif mode in SCORED:
            hint = tr("Bright where the network is in doubt.")
        elif mode == "disagreement":
            hint = tr("Amber where A and B differ, dark where they agree.")
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))

    def _follow(self) -> None:
        appearance = self._look.appearance
        self.mode.setCurrentIndex(MODES.index(appearance.mode))
        self.opacity.setValue(round(100 * appearance.opacity))
        self.opacity.setToolTip(tr("Opacity {percent} %").format(percent=self.opacity.value()))
        self.contours.setChecked(appearance.contours)
