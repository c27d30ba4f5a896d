import ast
import re
from pathlib import Path

import pytest

pytest.importorskip("qtpy")

from qtpy.QtCore import QCoreApplication, QLocale, QTranslator
from qtpy.QtWidgets import QLabel

from rtseg import viewer
from rtseg.viewer import language
from rtseg.viewer.language import number, read_table, speak, tr
from rtseg.viewer.numbers import NumbersPanel

SOURCES = sorted(Path(viewer.__file__).parent.glob("*.py"))
SHOWN_BY = {
    "setText", "setToolTip", "setWindowTitle", "setTitle", "setStatusTip", "setWhatsThis",
    "setAccessibleName", "setAccessibleDescription", "setPlaceholderText", "setPrefix",
    "setSuffix", "setHeaderLabels", "setLabelText", "setInformativeText", "setDetailedText",
    "setTabText", "showMessage", "addAction", "addMenu", "addTab", "addItem", "addItems", "addRow",
    "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox", "QAction",
    "QMenu", "QDockWidget", "QMessageBox",
}  # fmt: skip
"""Calls of Qt whose strings a person reads."""

NOT_WORDS = r"<[^>]*>|\w+://\S*|\brtseg\b"
"""Tags, addresses, and the name of the program."""


@pytest.fixture
def german(qapp):
    """The viewer in German, and as it was before afterwards."""
    before = QLocale()
    known = set(qapp.findChildren(QTranslator))
    speak(qapp, QLocale("de_DE"))
    yield
    QLocale.setDefault(before)
    for each in set(qapp.findChildren(QTranslator)) - known:
        qapp.removeTranslator(each)


def test_every_text_that_qt_is_given_goes_through_translation():
    plain = [
        f"{path.name}:{call.lineno}: {text!r}"
        for path, call in calls()
        if name_of(call) in SHOWN_BY
        for text in words_in(call)
    ]
    assert plain == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("QLabel('Hello', self)", ["Hello"]),
        ("QLabel(f'{n} frames')", [" frames"]),
        ("box.setToolTip(text='Hello')", ["Hello"]),
        ("QLabel(tr('Hello'))", []),
        ("QLabel(f'<b>{n}</b> ms')", []),
        ("box.setWindowTitle('rtseg')", []),
    ],
)
def test_a_text_that_is_not_translated_is_found(call, words):
    assert words_in(ast.parse(call).body[0].value) == words


def test_what_is_translated_is_a_literal():
    wrong = [
        f"{path.name}:{call.lineno}"
        for path, call in calls()
        if name_of(call) == "tr" and not isinstance(call.args[0], ast.Constant)
    ]
    assert wrong == []


def test_german_is_complete_and_says_nothing_that_nobody_asks_for():
    german, english = read_table("de"), texts()
    assert len(english) > 100
    assert {text for text in english if text not in german} == set()
    assert {text for text in german if text not in english} == set()


def test_a_translation_has_the_blanks_and_the_mnemonic_of_its_text():
    for english, german in read_table("de").items():
        assert german.strip()
        assert blanks_of(english) == blanks_of(german)
        assert ("&" in english) == ("&" in german)
        assert english.endswith("...") == german.endswith("...")


def test_a_german_viewer_speaks_and_counts_german(qtbot, german):
    panel = NumbersPanel()
    qtbot.addWidget(panel)
    assert tr("Latency") == "Latenz"
    assert number(1234.5, 1) == "1.234,5"
    assert "Verarbeitet" in [label.text() for label in panel.findChildren(QLabel)]


def test_what_a_table_lacks_stays_as_it_is_also_in_qt_itself(qapp, german):
    assert tr("no such text") == "no such text"
    assert QCoreApplication.translate("QShortcut", "no such text") == "no such text"


def test_an_unknown_language_is_english(qapp):
    assert read_table("xx") == {}
    assert language.Table("xx").isEmpty()


def test_nothing_measured_is_a_dash():
    assert number(float("nan"), 1) == language.NOTHING


def blanks_of(text: str) -> list[str]:
    return sorted(re.findall(r"{\w+}", text))


def calls():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def words_in(call: ast.Call) -> list[str]:
    """String literals with a word in them among the call's own arguments, f-strings included."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    parts = [part for each in given for part in (each.values if is_joined(each) else [each])]
    texts = [part.value for part in parts if isinstance(part, ast.Constant)]
    strings = [text for text in texts if isinstance(text, str)]
    return [text for text in strings if re.search("[A-Za-z]{3}", re.sub(NOT_WORDS, "", text))]


def is_joined(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr)


def texts() -> set[str]:
    return {
        call.args[0].value
        for _, call in calls()
        if name_of(call) == "tr" and isinstance(call.args[0], ast.Constant)
    }
