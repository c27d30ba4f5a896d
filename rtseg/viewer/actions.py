"""Everything that can be done, once: for the menus, the keys, the buttons and the help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtpy.QtCore import Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QMainWindow, QWidget

from rtseg.viewer.icons import icon
from rtseg.viewer.language import tr


@dataclass(frozen=True)
class Deed:
    """keys: as Qt spells them; the first is shown in the menu. icon: its name, or none.

    on_picture: its keys mean something else in tables and fields (arrows, Tab), so they count
    only while the picture has the keyboard.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False
    on_picture: bool = False


def menus() -> dict[str, tuple[Deed, ...]]:
    """By title, in their order. Call it once the language is known."""
    return {
        tr("&File"): _file(),
        tr("&Play"): _play(),
        tr("&Picture"): _picture(),
        tr("&Window"): _window(),
        tr("&Help"): (Deed("help", tr("&Keys"), ("?", "F1"), "help", checkable=True),),
    }


def _file() -> tuple[Deed, ...]:
    return (
        Deed("open", tr("&Open ..."), ("Ctrl+O", "O"), "open"),
        Deed("screenshot", tr("&Screenshot and mask"), ("S",), "screenshot"),
        Deed("record", tr("&Record"), ("R",), "record", checkable=True),
        Deed("export_mask", tr("Export &mask ..."), ("Ctrl+M",), "export"),
        Deed("export_table", tr("Export &numbers ..."), ("Ctrl+E",), "export"),
        Deed("export_plots", tr("Export &plots ..."), ("Ctrl+Shift+E",), "export"),
        Deed("quit", tr("&Quit"), ("Q", "Ctrl+Q")),
    )


def _play() -> tuple[Deed, ...]:
    return (
        Deed("play", tr("&Play"), ("Space",), "play", checkable=True),
        Deed("step_back", tr("Step &back"), (",",), "step_back"),
        Deed("step_forward", tr("Step &forward"), (".",), "step_forward"),
        Deed("back", tr("5 s back"), ("Left",), on_picture=True),
        Deed("ahead", tr("5 s ahead"), ("Right",), on_picture=True),
        Deed("start", tr("To the &start"), ("Home",), on_picture=True),
        Deed("slower", tr("Slo&wer"), ("J",)),
        Deed("faster", tr("Fas&ter"), ("K",)),
        Deed("loop", tr("&Loop"), ("Ctrl+L",), "loop", checkable=True),
    )


def _picture() -> tuple[Deed, ...]:
    return (
        Deed("cycle", tr("&Overlay, mask, source"), ("Tab",), "overlay", on_picture=True),
        Deed("next_mode", tr("&Next mode"), ("V",), "side"),
        Deed("less", tr("Colours &weaker"), ("[", "-")),
        Deed("more", tr("Colours &stronger"), ("]", "+")),
        Deed("contours", tr("&Contours"), ("C",), "contours", checkable=True),
        Deed("legend", tr("&Legend"), ("L",), "legend", checkable=True),
        Deed("smooth", tr("Stead&y labels"), ("T",), checkable=True),
        Deed("all_classes", tr("Show &all classes"), ("0",), "palette"),
        Deed("zoom_in", tr("Zoom &in"), ("Ctrl++", "Ctrl+=")),
        Deed("zoom_out", tr("Zoom ou&t"), ("Ctrl+-",)),
        Deed("fit", tr("&Fit to window"), ("Ctrl+0",)),
        Deed("pixels", tr("Picture &pixel on screen pixel"), ("Ctrl+1",)),
        Deed("pan_left", tr("Move left"), ("Shift+Left",), on_picture=True),
        Deed("pan_right", tr("Move right"), ("Shift+Right",), on_picture=True),
        Deed("pan_up", tr("Move up"), ("Shift+Up",), on_picture=True),
        Deed("pan_down", tr("Move down"), ("Shift+Down",), on_picture=True),
    )


def _window() -> tuple[Deed, ...]:
    return (
        Deed("full_screen", tr("&Full screen"), ("F", "F11"), "full_screen", checkable=True),
        Deed("panels", tr("&Panels"), ("P",), checkable=True),
        Deed("next_panel", tr("&Next panel"), ("F6",)),
        Deed("larger", tr("&Larger text"), ("Ctrl+Shift++",)),
        Deed("smaller", tr("&Smaller text"), ("Ctrl+Shift+-",)),
        Deed("reset", tr("&Reset layout")),
    )


class Actions:
    """By name. ``on`` says what one does; until then it does nothing."""

    def __init__(self, window: QMainWindow, canvas: QWidget) -> None:
        self.menus = menus()
        self._actions = {
            deed.name: _action(deed, canvas if deed.on_picture else window)
            for deeds in self.menus.values()
            for deed in deeds
        }

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def on(self, name: str, do: Callable[[], object]) -> None:
        self._actions[name].triggered.connect(lambda *_: do())

    def on_checked(self, name: str, do: Callable[[bool], object]) -> None:
        """By hand only: ``mark`` does not call it."""
        self._actions[name].triggered.connect(lambda checked: do(bool(checked)))

    def mark(self, name: str, checked: bool) -> None:
        self._actions[name].setChecked(checked)

    def enable(self, *names: str, enabled: bool) -> None:
        for name in names:
            self._actions[name].setEnabled(enabled)


def _action(deed: Deed, owner: QWidget) -> QAction:
    action = QAction(deed.text, owner)
    action.setObjectName(deed.name)
    action.setCheckable(deed.checkable)
    action.setShortcuts([QKeySequence(key) for key in deed.keys])
    if deed.on_picture:
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    if deed.icon:
        action.setIcon(icon(deed.icon))
    plain = deed.text.replace("&", "").removesuffix(" ...")
    keys = ", ".join(readable(key) for key in deed.keys)
    action.setToolTip(f"{plain} ({keys})" if keys else plain)
    owner.addAction(action)
    return action


def readable(key: str) -> str:
    """As the platform writes the key."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
