"""The main window: the picture in the middle, the panels around it."""

from __future__ import annotations

from qtpy.QtCore import QByteArray, QSettings
from qtpy.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from qtpy.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QStatusBar,
    QVBoxLayout,
    QWidget,
)

from rtseg.pipeline.session import Wish
from rtseg.source.masking import masked, needs_password
from rtseg.stats import Meter
from rtseg.viewer import theme
from rtseg.viewer.actions import Actions
from rtseg.viewer.canvas import Canvas
from rtseg.viewer.composition import Appearance
from rtseg.viewer.docks import Docks
from rtseg.viewer.engine_panel import EnginePanel
from rtseg.viewer.help_overlay import HelpOverlay
from rtseg.viewer.keeping import Keeping
from rtseg.viewer.language import tr
from rtseg.viewer.look_state import MODES, LookState
from rtseg.viewer.looking import Looking
from rtseg.viewer.measuring import Measuring
from rtseg.viewer.player import Player
from rtseg.viewer.playing import Playing
from rtseg.viewer.recent import Recent
from rtseg.viewer.source_dialog import SourceDialog
from rtseg.viewer.transport import Transport

SMALLEST = 200, 150  # pixels of a window in which there is still something to see
ROOM = 90, 22  # letters and lines of text below which there is room for the picture alone

SMALLEST_PERCENT, LARGEST_PERCENT, PERCENT_STEP = 100, 200, 25


class ViewerWindow(QMainWindow):
    """settings: where layout, theme and recent sources are remembered."""

    def __init__(self, wish: Wish, settings: QSettings) -> None:
        super().__init__()
        self.settings, self.recent = settings, Recent(settings)
        self.canvas = Canvas()
        self.deeds = Actions(self, self.canvas)
        self.player = Player(wish, self)
        self.look = LookState(parent=self)
        self.looking = Looking(self.player, self.canvas, self.look, parent=self)
        self.measuring = Measuring(self.player, parent=self)
        self.transport = Transport(self.deeds, timeline=self.measuring.timeline)
        self.playing = Playing(self.player, self.transport, parent=self)
        self.keeping = Keeping(self.player, self.canvas, self.look, parent=self)
        self.engine = EnginePanel(wish)
        self.help = HelpOverlay(self.deeds.menus, self.canvas)
        self._before, self._alone, self._cramped = QByteArray(), False, False
        self.setWindowTitle("rtseg")
        self.setCentralWidget(self._middle())
        self.docks = Docks(self, self._panels(), plots=self.measuring.plots)
        self._connect()
        self._obey()
        self._fill_menus()
        self._remembered()
        self._invite()
        self.canvas.setFocus()

    def open(self, reference: str, *, paused: bool = False) -> None:
        """As ``rtseg run`` takes it; one with a masked password asks for it first."""
        if needs_password(reference):
            self.ask_source(reference)
            return
        self.keeping.stop_recording()
        self.canvas.clear()
        self.canvas.displayed = Meter()
        self.playing.begin(self.canvas.displayed)
        self.measuring.begin()
        self.setWindowTitle(f"{masked(reference)} - rtseg")
        self.player.open(reference, paused=paused)
        self.recent.add(reference)
        self._list_recent()
        self.canvas.setFocus()

    def ask_source(self, start: str = "") -> None:
        dialog = SourceDialog(start, self)
        if dialog.exec() and dialog.reference:
            self.open(dialog.reference)
        dialog.deleteLater()

    def show_bug(self, error: BaseException) -> None:
        """What nobody foresaw: shown, not swallowed."""
        self.playing.notice.show_error(error, source=masked(self.player.reference))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        if self.isFullScreen():
            self._set_full_screen(False)
        self.settings.setValue("geometry", self.saveGeometry())
        self.settings.setValue("layout", self._before if self._alone else self.docks.save())
        self.settings.setValue("mode", self.look.appearance.mode)
        self.settings.setValue("opacity", self.look.appearance.opacity)
        self.settings.sync()
        self.hide()
        self.keeping.stop_recording()
        self.player.close()
        self.keeping.close()
        self.canvas.clear()
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if not self.settings.contains("layout"):
            self.docks.widen()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        metrics = self.fontMetrics()
        letters, lines = self.width() / metrics.averageCharWidth(), self.height() / metrics.height()
        cramped = letters < ROOM[0] or lines < ROOM[1]
        if cramped != self._cramped and not self.isFullScreen():
            self._cramped = cramped
            self._show_alone(cramped)

    def _middle(self) -> QWidget:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.playing.notice)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.transport)
        return middle

    def _panels(self) -> dict[str, tuple[str, QWidget]]:
        return {
            "numbers": (tr("Numbers"), self.measuring.numbers),
            "classes": (tr("Classes"), self.measuring.classes),
            "look": (tr("Picture"), self.looking.panel),
            "engine": (tr("Engine"), self.engine),
        }

    def _connect(self) -> None:
        self.canvas.dropped.connect(self.open)
        self.engine.wished.connect(lambda wishes: self.player.change(**wishes))
        self.engine.smooth.toggled.connect(lambda steady: self.deeds.mark("smooth", steady))
        self.playing.labels_known.connect(self.measuring.take_labels)
        self.player.changed.connect(self._invite)
        self.playing.read.connect(self.measuring.read)
        self.playing.judged.connect(self.measuring.numbers.show_verdict)
        self.playing.warned.connect(lambda: self.engine.show_wish(self.player.settle()))
        self.looking.shown.connect(self.measuring.see)
        self.measuring.timeline.sought.connect(self.playing.seek)
        self.playing.notice.again.connect(lambda: self.open(self.player.reference))
        self.playing.notice.another.connect(self.ask_source)
        self.measuring.classes.problem.connect(self.playing.notice.show_warning)
        self.looking.follow_classes(self.measuring.classes)
        for each in (self.keeping, self.measuring):
            each.said.connect(lambda text: self._bar().showMessage(text, 8000))
            each.failed.connect(self.playing.notice.show_warning)
        self._bar().addPermanentWidget(self.looking.spot)

    def _obey(self) -> None:
        deeds = self.deeds
        for each in (self.looking, self.playing, self.measuring, self.keeping):
            each.obey(deeds)
        deeds.on("open", self.ask_source)
        deeds.on("quit", self.close)
        deeds.on_checked("help", self.help.set_shown)
        deeds.on_checked("full_screen", self._set_full_screen)
        deeds.on_checked("panels", self._show_panels)
        deeds.mark("panels", True)
        deeds.on("next_panel", lambda: self.docks.focus_next(self.canvas))
        deeds.on_checked("smooth", self.engine.smooth.setChecked)
        deeds.on("larger", lambda: self._scale(PERCENT_STEP))
        deeds.on("smaller", lambda: self._scale(-PERCENT_STEP))
        deeds.on("reset", self.docks.reset)
        QShortcut(QKeySequence("Esc"), self).activated.connect(self._escape)

    def _fill_menus(self) -> None:
        bar = self.menuBar()
        assert bar is not None, "a main window has one"
        self._recent_menu = QMenu(tr("Open &recent"), self)
        for title, deeds in self.deeds.menus.items():
            menu = QMenu(title, self)
            bar.addMenu(menu)
            for deed in deeds:
                menu.addAction(self.deeds[deed.name])
                if deed.name == "open":
                    menu.addMenu(self._recent_menu)
                if deed.name == "panels":
                    for dock in self.docks:
                        menu.addAction(dock.toggleViewAction())
                    menu.addMenu(self._theme_menu())
        self._list_recent()

    def _theme_menu(self) -> QMenu:
        menu, group = QMenu(tr("&Theme"), self), QActionGroup(self)
        names = {"system": tr("&System"), "dark": tr("&Dark"), "light": tr("&Light")}
        for choice, name in names.items():
            action = QAction(name, group)
            action.setCheckable(True)
            action.setChecked(choice == self.settings.value("theme", "system"))
            action.triggered.connect(lambda *_, choice=choice: self._change("theme", choice))
            menu.addAction(action)
        return menu

    def _list_recent(self) -> None:
        self._recent_menu.clear()
        for reference in self.recent.references:
            action = QAction(reference.replace("&", "&&"), self._recent_menu)
            action.triggered.connect(lambda *_, reference=reference: self.open(reference))
            self._recent_menu.addAction(action)
        self._recent_menu.setEnabled(bool(self.recent.references))

    def _remembered(self) -> None:
        self.setMinimumSize(*SMALLEST)
        self.resize(1280, 800)
        geometry = self.settings.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self.docks.restore(self.settings.value("layout"))
        mode = self.settings.value("mode", "overlay")
        opacity = float(self.settings.value("opacity", Appearance().opacity))
        self.look.change(mode=mode if mode in MODES else "overlay", opacity=opacity)

    def _invite(self) -> None:
        """Where there is no picture: what to do for one, or what is being done."""
        session = self.player.session
        if session is None or session.error is not None:
            self.canvas.say(tr("Drop a video, a folder or an address here, or open one: Ctrl+O"))
        else:
            self.canvas.say(tr("Opening ..."))

    def _bar(self) -> QStatusBar:
        bar = self.statusBar()
        assert bar is not None, "a main window has one"
        return bar

    def _escape(self) -> None:
        if self.help.isVisible():
            self.help.set_shown(False)
            self.deeds.mark("help", False)
        elif self.isFullScreen():
            self._set_full_screen(False)
        else:
            self.close()

    def _set_full_screen(self, full: bool) -> None:
        self.deeds.mark("full_screen", full)
        if full:
            self.showFullScreen()
        else:
            self.showNormal()
        self._show_alone(full or self._cramped)

    def _show_alone(self, alone: bool) -> None:
        """Nothing but the picture, or everything as it was before."""
        if alone == self._alone:
            return
        self._alone = alone
        if alone:
            self._before = self.docks.save()
            self.docks.show_all(False)
        else:
            self.docks.restore(self._before)
        for part in (self.menuBar(), self.statusBar(), self.transport):
            if part is not None:
                part.setVisible(not alone)

    def _show_panels(self, shown: bool) -> None:
        self.deeds.mark("panels", shown)
        self.docks.show_all(shown)

    def _scale(self, percent: int) -> None:
        now = int(self.settings.value("percent", SMALLEST_PERCENT)) + percent
        self._change("percent", min(max(now, SMALLEST_PERCENT), LARGEST_PERCENT))
        self.docks.widen()

    def _change(self, key: str, value: object) -> None:
        self.settings.setValue(key, value)
        self.use_theme()

    def use_theme(self) -> None:
        """As it was chosen, here or in an earlier run."""
        choice = self.settings.value("theme", "system")
        percent = int(self.settings.value("percent", SMALLEST_PERCENT))
        application = QApplication.instance()
        assert isinstance(application, QApplication), "a window has one"
        theme.apply(application, choice, percent=percent)
        self.docks.set_font(application.font())
