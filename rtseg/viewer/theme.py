"""How the viewer looks: a dark and a light set of colours, one scale of distances.

A widget asks ``of(self)`` for the colours of its own palette when it paints, so that nothing has
to be told about a change. Lengths are multiples of the font's height: they grow with it. There is
no style sheet: with one, a widget's children lag behind when the application's font or palette
changes (seen with Qt 6.7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QFont, QPalette
from qtpy.QtWidgets import QApplication, QToolTip, QWidget

from rtseg.viewer.style import Style

Choice = Literal["system", "dark", "light"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True)
class Theme:
    """Colours as ``#rrggbb``. Every text colour has a contrast of at least 4.5 : 1 (WCAG 2.1,
    1.4.3) on ``window`` and ``base``, and every mark one of 3 : 1 (1.4.11).

    good, warning, bad: of states; told apart by brightness too, and never used without a word.
    """

    window: str
    base: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str


DARK = Theme(
    window="#1b1e23",
    base="#14161a",
    raised="#2a2e36",
    line="#3a404a",
    text="#e6e9ee",
    muted="#a0a8b4",
    accent="#5aa9f8",
    on_accent="#0d1520",
    good="#6fd08c",
    warning="#f2b84b",
    bad="#ff7a70",
)
LIGHT = Theme(
    window="#f3f4f6",
    base="#ffffff",
    raised="#e6e9ed",
    line="#c6ccd4",
    text="#1c2128",
    muted="#5a6472",
    accent="#1765c1",
    on_accent="#ffffff",
    good="#1a7a3a",
    warning="#8f5a00",
    bad="#c0281e",
)


def of(widget: QWidget) -> Theme:
    """The colours that fit the widget's palette."""
    return DARK if _is_dark(widget.palette()) else LIGHT


def mute(label: QWidget) -> None:
    """Its text steps back behind what it names."""
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)


def legible(color: QColor, widget: QWidget) -> QColor:
    """The same hue, lighter or darker where a thin line in it would be lost on the ground."""
    hue, saturation, lightness, _ = color.getHslF()
    far = max(lightness or 0.0, 0.5) if of(widget) is DARK else min(lightness or 0.0, 0.5)
    return QColor.fromHslF(max(hue or 0.0, 0.0), saturation or 0.0, far)


def space(widget: QWidget, quarters: int = 2) -> int:
    """So many quarters of the height of a line of the widget's text, in its pixels."""
    return max(1, round(widget.fontMetrics().height() * quarters / 4))


def apply(application: QApplication, choice: Choice = "system", *, percent: int = 100) -> Theme:
    """percent: of the system's text size, 100..200. May be called again at any time."""
    theme = _system(application) if choice == "system" else {"dark": DARK, "light": LIGHT}[choice]
    palette = _palette(theme)
    application.setFont(_font(application, percent))
    application.setPalette(palette)
    application.setStyle(Style())
    QToolTip.setPalette(palette)
    return theme


def follow_system(changed: Callable[[], None]) -> None:
    """changed: a widget's method, called whenever the system goes dark or light, as long as the
    widget lives. Qt tells of it from 6.5 on.
    """
    signal = getattr(QApplication.styleHints(), "colorSchemeChanged", None)
    if signal is not None:
        signal.connect(changed)


def _system(application: QApplication) -> Theme:
    """Qt tells from 6.5 on; before that, the palette with which the application came tells."""
    hints = application.styleHints()
    scheme = getattr(hints, "colorScheme", None)
    if scheme is not None and scheme().name != "Unknown":
        return DARK if scheme().name == "Dark" else LIGHT
    came_with = application.property("rtseg_dark")
    if came_with is None:
        came_with = _is_dark(application.palette())
        application.setProperty("rtseg_dark", came_with)
    return DARK if came_with else LIGHT


def _font(application: QApplication, percent: int) -> QFont:
    """The system's own font; its size is kept aside, or it would grow with every call."""
    font = QFont(application.font())
    points = application.property("rtseg_points") or font.pointSizeF()
    application.setProperty("rtseg_points", points)
    font.setPointSizeF(points * percent / 100)
    return font


def _is_dark(palette: QPalette) -> bool:
    return bool(palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5)


def _palette(theme: Theme) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, color in {
        roles.Window: theme.window,
        roles.WindowText: theme.text,
        roles.Base: theme.base,
        roles.AlternateBase: theme.window,
        roles.Text: theme.text,
        roles.Button: theme.raised,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.bad,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.on_accent,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.muted,
        roles.Link: theme.accent,
        roles.LinkVisited: theme.accent,
        roles.Light: theme.line,
        roles.Midlight: theme.line,
        roles.Mid: theme.line,
        roles.Dark: theme.base,
        roles.Shadow: theme.base,
    }.items():
        palette.setColor(role, QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, _between(theme.muted, theme.window))
    palette.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(theme.line))
    return palette


def _between(one: str, other: str) -> QColor:
    a, b = QColor(one), QColor(other)
    mixed = ((a.red() + b.red()) // 2, (a.green() + b.green()) // 2, (a.blue() + b.blue()) // 2)
    return QColor(*mixed)


ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
