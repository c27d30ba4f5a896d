"""Command lines shown in documents and help are understood, with every option they name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from rtseg.commands import COMMANDS, app
from rtseg.commands.models import ACTIONS
from rtseg.engine.package import SHIPPED
from rtseg.models.catalogue import CATALOGUE
from rtseg.models.checkpoints import CHECKPOINTS

ROOT = Path(__file__).resolve().parents[2]


def shown(text):
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line]
    words = [shlex.split(line, comments=True) for line in lines]
    return [each for each in words if Path(each[0]).name == "rtseg"]


# Click's UsageError, which newer versions of typer carry along themselves.
BAD_USAGE = typer.BadParameter.__base__

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GROUP = typer.main.get_command(app)
HELP = [
    shlex.split(re.split(r"\s{2,}", line)[0])
    for verb in COMMANDS
    for line in map(str.strip, GROUP.get_command(None, verb).help.splitlines())
    if line.startswith("rtseg ")
]
LINES = [words for page in PAGES for words in shown(page.read_text("utf-8"))]


def parsed(words):
    verb, *rest = words
    command = GROUP.get_command(None, verb)
    assert command is not None, f"there is no verb {verb!r}"
    return command.make_context(verb, rest).params


@pytest.mark.parametrize("words", [*LINES, *HELP], ids=" ".join)
def test_a_line_parses(words):
    parsed(words[1:])


def test_many_lines_of_every_verb_about_models_are_shown():
    assert len(LINES) > 30
    assert {words[1] for words in HELP} == set(COMMANDS)
    about = {"models", "import", "train", "export", "eval", "compare", "label", "run", "temporal"}
    assert about <= {words[1] for words in LINES}


def test_the_networks_and_models_that_are_named_exist():
    shipped = [folder.name for folder in SHIPPED.iterdir()]
    known = {"pull": CHECKPOINTS, "zoo": [""], "info": [*CATALOGUE, *shipped]}
    for words in LINES:
        if words[1] == "models" and len(words) > 2:
            found = parsed(words[1:])
            assert found["what"] in ACTIONS
            assert found["name"] in known[found["what"]]
        if words[1] in {"import", "train"} and not words[2].endswith(".toml"):
            assert words[2] in CATALOGUE


@pytest.mark.parametrize(
    "line", ["models --nothing", "import cgnet", "train x --stepz 3", "eval --limit 0"]
)
def test_a_wrong_line_would_be_noticed(line):
    with pytest.raises(BAD_USAGE):
        parsed(line.split())
