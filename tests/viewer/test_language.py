import ast
import re
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("qtpy")

from qtpy.QtCore import QCoreApplication, QLocale, QSettings, QTranslator
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QLabel, QWidget

from rtseg import viewer
from rtseg.pipeline.session import Wish
from rtseg.viewer import language
from rtseg.viewer.language import number, read_table, speak, tr
from rtseg.viewer.numbers import NumbersPanel
from rtseg.viewer.window import ViewerWindow

SOURCES = sorted(Path(viewer.__file__).parent.glob("*.py"))
LANGUAGES = sorted(table.stem for table in language.TABLES.glob("*.json"))
SHOWN_BY = {
    "setText", "setToolTip", "setWindowTitle", "setTitle", "setStatusTip", "setWhatsThis",
    "setAccessibleName", "setAccessibleDescription", "setPlaceholderText", "setPrefix",
    "setSuffix", "setHeaderLabels", "setLabelText", "setInformativeText", "setDetailedText",
    "setTabText", "showMessage", "addAction", "addMenu", "addTab", "addItem", "addItems", "addRow",
    "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox", "QAction",
    "QMenu", "QDockWidget", "QMessageBox",
}  # fmt: skip
"""Calls of Qt whose strings a person reads."""

KEY = r"(Ctrl\+|Shift\+)*(Home|End|Left|Right|Up|Down|Space|Tab|Esc|F\d+|\S)"
DATA = re.compile(
    rf"rtseg|auto|openvino|onnxruntime|tensorrt|rtx|{KEY}(  {KEY})*|Close|Float|Scroll (Left|Right)"
)
"""Names of the program, of runtimes and of keys, and what Qt itself says in docks and tabs."""

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


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_is_complete_and_says_nothing_that_nobody_asks_for(name):
    table, english = read_table(name), texts()
    assert len(english) > 100
    assert {text for text in english if text not in table} == set()
    assert {text for text in table if text not in english} == set()


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_translation_has_the_blanks_and_the_mnemonic_of_its_text(name):
    for english, translated in read_table(name).items():
        assert translated.strip()
        assert blanks_of(english) == blanks_of(translated)
        assert ("&" in english) == ("&" in translated)
        assert english.endswith("...") == translated.endswith("...")


def test_german_is_among_the_languages():
    assert "de" in LANGUAGES


def test_a_german_viewer_speaks_and_counts_german(qtbot, german):
    panel = NumbersPanel()
    qtbot.addWidget(panel)
    assert tr("Latency") == "Latenz"
    assert number(1234.5, 1) == "1.234,5"
    assert "Verarbeitet" in [label.text() for label in panel.findChildren(QLabel)]


class Marked(QTranslator):
    """A language that puts every text of ours in brackets."""

    def translate(self, context, source, disambiguation=None, n=-1):
        return f"[{source}]" if context == language.CONTEXT else None


def test_every_word_of_the_window_was_translated(qtbot, qapp, tmp_path):
    marked = Marked()
    qapp.installTranslator(marked)
    settings = QSettings(str(tmp_path / "viewer.ini"), QSettings.Format.IniFormat)
    window = ViewerWindow(Wish(), settings)
    qapp.removeTranslator(marked)
    qtbot.addWidget(window)
    shown = shown_by(window)
    window.close()
    assert len(shown) > 100
    plain = {text for text in shown if "[" not in text and not DATA.fullmatch(text)}
    assert plain == set()


def shown_by(window) -> set[str]:
    """Of all widgets and actions: texts, titles, tips, and what a screen reader is told."""
    parts = [window, *window.findChildren(QWidget), *window.findChildren(QAction)]
    asked = ("text", "title", "windowTitle", "toolTip", "accessibleName", "placeholderText")
    answers = [getattr(part, name, None) for part in parts for name in asked]
    texts = {answer() for answer in answers if callable(answer)}
    return {text for text in texts if isinstance(text, str) and re.search("[A-Za-z]{3}", text)}


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


@cache
def calls() -> list[tuple[Path, ast.Call]]:
    trees = [(path, ast.parse(path.read_text("utf-8"))) for path in SOURCES]
    nodes = [(path, node) for path, tree in trees for node in ast.walk(tree)]
    return [(path, node) for path, node in nodes if isinstance(node, ast.Call)]


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
