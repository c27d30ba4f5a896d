"""``rtseg view``: the only package that knows Qt, through qtpy: PyQt6, or PySide6 where that is.

Without a wish in ``QT_API`` qtpy would take an installed Qt 5 first, which the viewer cannot use.
"""

import os

os.environ.setdefault("QT_API", "pyqt6")
