"""What to open: a file or folder, a camera, an address, or the drawn road."""

from __future__ import annotations

from fractions import Fraction
from urllib.parse import quote, urlsplit, urlunsplit

from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from rtseg.source.cameras import CameraInfo, Format, cameras
from rtseg.viewer.language import tr


class SourceDialog(QDialog):
    """``reference`` is what was chosen, as ``rtseg run`` takes it."""

    def __init__(self, start: str = "", parent: QWidget | None = None) -> None:
        """start: what to show first; of an address with a masked password, only that is asked."""
        super().__init__(parent)
        self.setWindowTitle(tr("Open a source"))
        self.pages = (_FilePage(), _CameraPage(), _AddressPage(), _RoadPage())
        self.tabs = QTabWidget(self)
        titles = (tr("File or folder"), tr("Camera"), tr("Address"), tr("Drawn road"))
        for page, title in zip(self.pages, titles, strict=True):
            self.tabs.addTab(page, title)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs)
        layout.addWidget(buttons)
        if "://" in start and not start.startswith(("file:", "test:", "v4l2:")):
            self.pages[2].fill(start)
            self.tabs.setCurrentIndex(2)
        elif start:
            self.pages[0].path.setText(start)

    @property
    def reference(self) -> str:
        return self.pages[self.tabs.currentIndex()].reference


class _FilePage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.path = QLineEdit(self)
        self.path.setPlaceholderText(tr("Video, picture, folder, glob or list.txt"))
        self.path.setMinimumWidth(self.fontMetrics().averageCharWidth() * 48)
        file, folder = QPushButton(tr("&File ...")), QPushButton(tr("F&older ..."))
        file.clicked.connect(self._choose_file)
        folder.clicked.connect(self._choose_folder)
        buttons = QHBoxLayout()
        buttons.addWidget(file)
        buttons.addWidget(folder)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.path)
        layout.addLayout(buttons)
        layout.addStretch(1)

    @property
    def reference(self) -> str:
        return self.path.text().strip()

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Open a video or picture"), self.reference)
        if name:
            self.path.setText(name)

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, tr("Open a folder"), self.reference)
        if name:
            self.path.setText(name)


class _CameraPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._cameras = cameras()
        self.device, self.format = QComboBox(self), QComboBox(self)
        for camera in self._cameras:
            self.device.addItem(f"{camera.name} ({camera.device})")
        self.device.currentIndexChanged.connect(self._list_formats)
        form = QFormLayout(self)
        form.addRow(tr("Camera"), self.device)
        form.addRow(tr("Format"), self.format)
        if not self._cameras:
            form.addRow(QLabel(tr("This machine has no camera that this user may open.")))
        self._list_formats()

    @property
    def reference(self) -> str:
        row = self.device.currentIndex()
        if row < 0:
            return ""
        camera, chosen = self._cameras[row], self.format.currentIndex()
        # The first entry leaves the choice to the camera.
        return camera_reference(camera, camera.formats[chosen - 1] if chosen > 0 else None)

    def _list_formats(self) -> None:
        self.format.clear()
        row = self.device.currentIndex()
        if row >= 0:
            self.format.addItem(tr("as the camera likes"))
            self.format.addItems([_words(each) for each in self._cameras[row].formats])


class _AddressPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.url, self.user, self.password = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.url.setPlaceholderText("rtsp://192.168.1.10/stream")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        form = QFormLayout(self)
        form.addRow(tr("Address"), self.url)
        form.addRow(tr("User"), self.user)
        form.addRow(tr("Password"), self.password)
        form.addRow(QLabel(tr("The password is shown nowhere and not remembered.")))

    def fill(self, url: str) -> None:
        parts = urlsplit(url)
        user, _, _ = parts.netloc.rpartition("@")[0].partition(":")
        self.user.setText(user)
        self.url.setText(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
        self.password.setFocus()

    @property
    def reference(self) -> str:
        return address(self.url.text().strip(), self.user.text(), self.password.text())


class _RoadPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.height_, self.width_ = _spin(32, 2160, 720), _spin(32, 3840, 1280)
        self.fps, self.seed, self.frames = _spin(1, 240, 30), _spin(0, 9999, 1), _spin(0, 99999, 0)
        self.frames.setSpecialValueText(tr("endless"))
        form = QFormLayout(self)
        form.addRow(tr("Height"), self.height_)
        form.addRow(tr("Width"), self.width_)
        form.addRow(tr("Frames a second"), self.fps)
        form.addRow(tr("Seed"), self.seed)
        form.addRow(tr("Frames"), self.frames)

    @property
    def reference(self) -> str:
        size = f"{self.height_.value()}x{self.width_.value()}"
        query = f"size={size}&fps={self.fps.value()}&seed={self.seed.value()}"
        frames = self.frames.value()
        return f"test://road?{query}" + (f"&frames={frames}" if frames else "")


def camera_reference(camera: CameraInfo, chosen: Format | None) -> str:
    if chosen is None:
        return camera.device
    fps = f"&fps={chosen.fps}" if chosen.fps else ""
    size = f"{chosen.height}x{chosen.width}"
    return f"v4l2://{camera.device}?size={size}{fps}&fourcc={chosen.fourcc}"


def address(url: str, user: str, password: str) -> str:
    """The URL with both in it, escaped; user and password that it already has stay if none is
    given here."""
    if not user:
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    secret = f":{quote(password, safe='')}" if password else ""
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}{secret}@{host}"))


def _words(offered: Format) -> str:
    fps = f", {float(offered.fps):g} FPS" if offered.fps != Fraction(0) else ""
    return f"{offered.width} x {offered.height}, {offered.fourcc}{fps}"


def _spin(least: int, most: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(value)
    return box
