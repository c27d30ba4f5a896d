"""The colours are held to WCAG 2.1's contrast, worked out here by its own formula."""

import pytest

pytest.importorskip("qtpy")


from qtpy.QtCore import QCoreApplication, QEvent, Qt
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QCheckBox, QLabel, QStyle, QWidget

from rtseg.viewer import theme

pytestmark = pytest.mark.usefixtures("restored_look")


@pytest.mark.parametrize("colors", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_every_word_can_be_read_and_every_mark_seen(colors):
    for ground in (colors.window, colors.base):
        for text in (colors.text, colors.muted, colors.good, colors.warning, colors.bad):
            assert contrast(text, ground) >= 4.5
        assert contrast(colors.accent, ground) >= 3
    assert contrast(colors.text, colors.raised) >= 4.5
    assert contrast(colors.on_accent, colors.accent) >= 4.5


def test_black_on_white_is_twenty_one_to_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("choice", "expected"), [("dark", theme.DARK), ("light", theme.LIGHT)])
def test_a_widget_is_told_the_colours_it_stands_on(qtbot, qapp, choice, expected):
    widget = QWidget()
    qtbot.addWidget(widget)
    assert theme.apply(qapp, choice) == expected
    qapp.processEvents()
    assert theme.of(widget) == expected
    assert widget.palette().color(QPalette.ColorRole.WindowText) == QColor(expected.text)


def test_the_system_is_followed_also_after_another_choice(qtbot, qapp):
    first = theme.apply(qapp, "system")
    theme.apply(qapp, "light" if first == theme.DARK else "dark")
    assert theme.apply(qapp, "system") == first


def test_a_system_that_goes_dark_is_followed_as_long_as_there_is_a_window(qtbot, qapp):
    told = []

    class Window(QWidget):
        def use_theme(self) -> None:
            told.append(True)

    window = Window()
    theme.follow_system(window.use_theme)
    signal = getattr(qapp.styleHints(), "colorSchemeChanged", None)
    if signal is None:
        pytest.skip("Qt before 6.5 does not tell")
    signal.emit(Qt.ColorScheme.Dark)
    assert told == [True]
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
    signal.emit(Qt.ColorScheme.Light)
    assert told == [True]


def test_text_and_distances_grow_together_and_do_not_add_up(qtbot, qapp):
    widget = QWidget()
    label = QLabel("Gg", widget)
    qtbot.addWidget(widget)
    sizes = []
    for percent in (100, 200, 200):
        theme.apply(qapp, "dark", percent=percent)
        qapp.processEvents()
        sizes.append((theme.space(widget, 4), label.fontMetrics().height()))
    assert sizes[1] == pytest.approx((2 * sizes[0][0], 2 * sizes[0][1]), rel=0.15)
    assert sizes[2] == sizes[1]


def test_marks_and_icons_grow_with_the_text(qtbot, qapp):
    widget = QWidget()
    qtbot.addWidget(widget)
    for metric in (QStyle.PixelMetric.PM_IndicatorWidth, QStyle.PixelMetric.PM_ToolBarIconSize):
        theme.apply(qapp, "dark", percent=100)
        usual = qapp.style().pixelMetric(metric)
        theme.apply(qapp, "dark", percent=200)
        assert qapp.style().pixelMetric(metric) == pytest.approx(2 * usual, rel=0.15)


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_an_empty_tick_box_can_be_seen(qtbot, qapp, choice):
    colors = theme.apply(qapp, choice)
    box = QCheckBox("")
    qtbot.addWidget(box)
    qapp.processEvents()
    image = box.grab().toImage()
    points = [(x, y) for x in range(image.width()) for y in range(image.height())]
    drawn = {image.pixelColor(*point).name() for point in points}
    assert max(contrast(each, colors.window) for each in drawn) >= 3


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    values = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
