"""From the command to a window, and back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType

from qtpy.QtCore import QEvent, QSettings
from qtpy.QtWidgets import QApplication

from rtseg.pipeline.session import Wish
from rtseg.viewer import theme
from rtseg.viewer.ahead import Ahead
from rtseg.viewer.language import speak
from rtseg.viewer.window import ViewerWindow


def view(
    reference: str,
    wish: Wish,
    *,
    ahead: Ahead | None = None,
    opened: Callable[[ViewerWindow], None] = lambda _: None,
) -> int:
    """Open a window and wait for its end; returns the exit code.

    reference: what to show first, or "". ahead: the same, begun already. opened: called with the
    window before events come.
    """
    application = QApplication.instance() or QApplication(["rtseg"])
    application.setApplicationName("rtseg")
    application.setOrganizationName("rtseg")
    speak(application)
    window = ViewerWindow(wish, QSettings())
    window.player.ahead = ahead
    window.use_theme()
    theme.follow_system(window.use_theme)
    before, sys.excepthook = sys.excepthook, _shown_by(window)
    try:
        window.show()
        opened(window)
        if reference:
            window.open(reference)
        return application.exec()
    finally:
        sys.excepthook = before
        # Its connections hold on to everything it knows for as long as there is a window.
        window.deleteLater()
        application.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)


def _shown_by(
    window: ViewerWindow,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """PyQt ends the process over an error in a slot unless somebody else cares for it."""

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        window.show_bug(error)

    return show
