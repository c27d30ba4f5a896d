"""Machines laid out in a folder."""

import pytest

from rtseg.doctor.place import Place


@pytest.fixture
def laid_out(tmp_path):
    """A Place whose root holds ``files``: text by absolute path; None makes a folder."""

    def lay_out(files, environment=None, **how):
        for name, text in files.items():
            path = tmp_path / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir() if text is None else path.write_text(text)
        usual = {"architecture": "x86_64", "packages": (), "loadable": (), "driver": "no-driver"}
        return Place(root=tmp_path, environment=environment or {}, **(usual | how))

    return lay_out
