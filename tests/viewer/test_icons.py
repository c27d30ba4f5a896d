import pytest

pytest.importorskip("qtpy")

from qtpy.QtCore import QSize
from qtpy.QtGui import QColor, QIcon

from rtseg.viewer import theme
from rtseg.viewer.icon_shapes import ICONS
from rtseg.viewer.icons import icon

DISABLED, NORMAL = QIcon.Mode.Disabled, QIcon.Mode.Normal


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_stays_within_its_square_and_draws_something(qapp, name):
    image = icon(name).pixmap(QSize(48, 48)).toImage()
    side = range(image.width())
    drawn = [(x, y) for x in side for y in side if image.pixelColor(x, y).alpha() > 128]
    assert 40 < len(drawn) < 0.7 * image.width() ** 2
    edge = [image.pixelColor(at, end).alpha() for at in side for end in (0, image.height() - 1)]
    assert max(edge) == 0


def test_no_two_icons_look_alike(qapp):
    pictures = {name: bytes(pixels(icon(name))) for name in ICONS}
    assert len(set(pictures.values())) == len(ICONS)


def test_an_icon_is_as_sharp_as_it_is_asked_for(qapp):
    assert icon("play").pixmap(QSize(200, 200)).width() == 200
    assert icon("play").pixmap(QSize(16, 16)).width() == 16


def test_an_icon_follows_the_theme_without_being_told(qapp, restored_look):
    play = icon("play")
    for choice in ("dark", "light"):
        colors = theme.apply(qapp, choice)
        assert middle(play, NORMAL).name() == colors.text
        assert middle(play, DISABLED) != middle(play, NORMAL)


def test_a_copy_of_an_icon_outlives_the_first(qapp):
    first = icon("play")
    copy = QIcon(first)
    expected = bytes(pixels(first))
    del first
    assert bytes(pixels(copy)) == expected


def test_an_unknown_icon_is_an_error_of_the_programmer(qapp):
    with pytest.raises(KeyError):
        icon("teleport")


def middle(some: QIcon, mode: QIcon.Mode) -> QColor:
    return some.pixmap(QSize(48, 48), mode).toImage().pixelColor(24, 24)


def pixels(some: QIcon) -> list[int]:
    image = some.pixmap(QSize(32, 32)).toImage()
    side = range(image.width())
    return [image.pixelColor(x, y).alpha() for x in side for y in side]
