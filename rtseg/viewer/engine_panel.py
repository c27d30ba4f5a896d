"""Which network runs, how, and against which other one it is compared."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QWidget

from rtseg.engine.package import DEFAULT_MODEL, find_package, package_folders
from rtseg.errors import RtsegError
from rtseg.pipeline.session import Wish
from rtseg.smoothing import Smoothing
from rtseg.viewer.language import tr

BACKENDS = ("auto", "openvino", "onnxruntime", "tensorrt", "rtx")


class EnginePanel(QWidget):
    """Says by ``wished`` which fields of ``Wish`` a person wants otherwise."""

    wished = Signal(dict)

    def __init__(self, wish: Wish, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = _models(wish.model or DEFAULT_MODEL)
        self.backend = _choices(BACKENDS, wish.backend)
        self.precision = _choices(_precisions(self.model.currentText()), wish.precision)
        second, _, second_precision = wish.compare or ("", "auto", "auto")
        self.second = _models(second, none=tr("none"))
        self.second_precision = _choices(_precisions(second), second_precision)
        self.smooth = QCheckBox(tr("Steady labels"), self)
        self.smooth.setToolTip(tr("Average the scores along the motion of the picture (T)"))
        self.smooth.setChecked(wish.smoothing.active)
        self.policy = QComboBox(self)
        for policy, name in _policies().items():
            self.policy.addItem(name, policy)
        self.policy.setCurrentIndex(self.policy.findData(wish.policy))
        self._lay_out()
        self._listen()

    def show_wish(self, wish: Wish) -> None:
        """Without wishing for it."""
        second, _, second_precision = wish.compare or ("", "auto", "auto")
        model = wish.model or DEFAULT_MODEL
        self.model.setCurrentIndex(max(0, self.model.findData(model)))
        self.backend.setCurrentText(wish.backend)
        _refill(self.precision, _precisions(model), wish.precision)
        self.second.setCurrentIndex(max(0, self.second.findData(second)))
        _refill(self.second_precision, _precisions(second), second_precision)
        self.policy.setCurrentIndex(self.policy.findData(wish.policy))
        with QSignalBlocker(self.smooth):
            self.smooth.setChecked(wish.smoothing.active)

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(tr("Model"), self.model)
        form.addRow(tr("Precision"), self.precision)
        form.addRow(tr("Backend"), self.backend)
        form.addRow(tr("Compare with"), self.second)
        form.addRow(tr("Its precision"), self.second_precision)
        form.addRow(tr("Frames"), self.policy)
        form.addRow("", self.smooth)

    def _listen(self) -> None:
        for box in (self.model, self.precision, self.backend):
            box.activated.connect(self._first_chosen)
        for box in (self.second, self.second_precision):
            box.activated.connect(self._second_chosen)
        self.smooth.toggled.connect(
            lambda steady: self.wished.emit({"smoothing": Smoothing("flow" if steady else "off")})
        )
        self.policy.activated.connect(
            lambda _: self.wished.emit({"policy": self.policy.currentData()})
        )

    def _first_chosen(self) -> None:
        model = self.model.currentText()
        _refill(self.precision, _precisions(model), self.precision.currentText())
        self.wished.emit(
            {
                "model": model,
                "backend": self.backend.currentText(),
                "precision": self.precision.currentText(),
            }
        )

    def _second_chosen(self) -> None:
        second = self.second.currentData()
        chosen = self.second_precision.currentText()
        _refill(self.second_precision, _precisions(second), chosen)
        precision = self.second_precision.currentText()
        self.wished.emit({"compare": (second, "auto", precision) if second else None})


def _policies() -> dict[str, str]:
    return {
        "auto": tr("as the source needs"),
        "offline": tr("every one (offline)"),
        "live": tr("the newest (live)"),
    }


def _models(chosen: str, none: str | None = None) -> QComboBox:
    """Installed packages; also one that is a folder, if it is the chosen one."""
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    if none is not None:
        box.addItem(none, "")
    names = [folder.name for folder in package_folders()]
    for name in dict.fromkeys([*names, *([chosen] if chosen else [])]):
        box.addItem(name, name)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    return box


def _precisions(model: str) -> tuple[str, ...]:
    if not model:
        return ("auto",)
    try:
        return ("auto", *find_package(model).manifest.files)
    except RtsegError:
        # Choosing it will say what is wrong with it.
        return ("auto",)


def _choices(names: tuple[str, ...], chosen: str) -> QComboBox:
    box = QComboBox()
    box.addItems(list(dict.fromkeys([*names, chosen])))
    box.setCurrentText(chosen)
    return box


def _refill(box: QComboBox, names: tuple[str, ...], chosen: str) -> None:
    """chosen: what is shown where there is such a one; else the first."""
    with QSignalBlocker(box):
        box.clear()
        box.addItems(names)
        box.setCurrentText(chosen if chosen in names else names[0])
