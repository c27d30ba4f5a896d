"""English is what the source says; other languages are tables beside it, one JSON file each.

Everything a person reads in the viewer goes through ``tr``, as a literal: so a test can hold every
table to be complete. Class names and the messages of errors are data and stay as they are.
"""

from __future__ import annotations

import json
from pathlib import Path

from qtpy.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

CONTEXT = "rtseg"
NOTHING = "\N{EN DASH}"
TABLES = Path(__file__).with_name("languages")


def tr(english: str) -> str:
    """In the language of the application; ``{...}`` is left for ``str.format``."""
    translated: str = QCoreApplication.translate(CONTEXT, english)
    return translated


def number(value: float, decimals: int = 0) -> str:
    """As the locale writes it; ``NOTHING`` for NaN: it was not measured."""
    return QLocale().toString(float(value), "f", decimals) if value == value else NOTHING


class Table(QTranslator):
    """One language's table; falls through to English for what it lacks."""

    def __init__(self, language: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts: dict[str, str] = read_table(language)

    def translate(  # type: ignore[override]  # noqa: PLR0917  Qt calls it so
        self,
        context: str | None,
        source: str | None,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str | None:
        """None, which Qt sees as a null string: ask the next table. An empty one would be shown."""
        return self._texts.get(source or "") if context == CONTEXT else None

    def isEmpty(self) -> bool:
        return not self._texts


def read_table(language: str) -> dict[str, str]:
    """English to ``language``; empty where nobody has translated it yet."""
    path = TABLES / f"{language}.json"
    texts: dict[str, str] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return texts


def speak(application: QCoreApplication, locale: QLocale | None = None) -> None:
    """The system's language, or ``locale``'s; Qt's own dialogues too, where Qt brings them.

    Call it before the first widget is made: texts are translated when they are set.
    """
    locale = locale or QLocale.system()
    QLocale.setDefault(locale)
    language = locale.name().partition("_")[0]
    own = Table(language, application)
    application.installTranslator(own)
    qt = QTranslator(application)
    if qt.load(locale, "qtbase", "_", QLibraryInfo.path(_QT_TRANSLATIONS)):
        application.installTranslator(qt)


_QT_TRANSLATIONS = QLibraryInfo.LibraryPath.TranslationsPath
