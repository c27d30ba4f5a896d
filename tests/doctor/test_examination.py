import ast
import inspect
import json
from dataclasses import replace
from pathlib import Path

from machines import bare, changed, desktop

import rtseg.doctor.findings
from rtseg.doctor import examination
from rtseg.doctor.examination import CHECKS, judge
from rtseg.doctor.finding import LEVELS

FINDINGS = Path(rtseg.doctor.findings.__file__).parent
TESTS = Path(__file__).parent / "findings"


def strings_of_tests():
    trees = [ast.parse(path.read_text("utf-8")) for path in TESTS.glob("test_*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def keys_of_findings():
    """The second argument of every Finding(...) in the source."""
    trees = [ast.parse(path.read_text("utf-8")) for path in FINDINGS.glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [call for call in calls if getattr(call.func, "id", "") == "Finding"]
    return [call.args[1].value for call in made]


def test_every_key_is_expected_by_a_test():
    keys = keys_of_findings()
    assert len(keys) > 45
    assert set(keys) - strings_of_tests() == set()


def test_every_check_is_asked_with_the_nouns_that_it_takes():
    for check, nouns in CHECKS:
        assert set(nouns.split()) == set(inspect.signature(check).parameters), check
    modules = {inspect.getmodule(check) for check, _ in CHECKS}
    there = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and function.__annotations__["return"] == "Iterator[Finding]"
    }
    assert there == {check for check, _ in CHECKS}
    assert len(modules) == len(list(FINDINGS.glob("[a-z]*.py")))


def test_the_worst_comes_first():
    machine = changed(changed(bare(), "python", version="3.9.1"), "clock", stepped=9.0)
    levels = [each.level for each in judge(machine).findings]
    assert levels[:3] == ["error", "warning", "hint"]
    assert levels == sorted(levels, key=LEVELS.index)


def test_a_noun_that_was_not_read_is_told_and_the_rest_is_judged():
    machine = replace(bare(), processor=None, unread={"processor": "ValueError: no colons"})
    found = judge(machine).at("warning")
    assert [(each.key, each.cause) for each in found] == [("check-failed", "ValueError: no colons")]
    assert any(each.key == "clock" for each in judge(machine).findings)


def test_a_check_that_fails_says_so_and_ends_no_other(monkeypatch):
    def steady(clock):
        yield examination.Finding("ok", "first", "said before it failed")
        raise KeyError(clock.year)

    monkeypatch.setattr(examination, "CHECKS", ((steady, "clock"), *CHECKS))
    found = judge(bare())
    assert [each.cause for each in found.at("warning")] == ["KeyError: 2026"]
    assert any(each.key == "first" for each in found.findings)
    assert len(found.findings) > len(CHECKS)


def test_secrets_of_the_environment_and_of_addresses_never_leave():
    ours = {"RTSEG_HOME": "s3://key:secret@bucket/a", "RTSEG_X": "http://h/?token=secret"}
    machine = changed(desktop(), "environment", ours=ours, home="relative")
    folder = replace(machine.stores.folders[0], path="s3:/key:secret@bucket/a/engines")
    machine = changed(machine, "stores", folders=(folder,))
    found = judge(machine)
    text = json.dumps(found.as_json())
    assert "secret" not in text
    assert text.count("key:***@bucket") == 4
    assert "secret" not in "".join(map(str, found.findings))


def test_the_json_has_stable_keys():
    found = judge(desktop()).as_json()
    assert list(found) == ["rtseg", "counts", "findings", "machine"]
    assert found["counts"].keys() == set(LEVELS)
    assert sum(found["counts"].values()) == len(found["findings"])
    assert found["findings"][0].keys() == {
        "level", "key", "title", "cause", "consequence", "command",
    }  # fmt: skip
    assert found["machine"]["graphics"]["gpu"] == {
        "name": "NVIDIA GeForce RTX 4070", "sm": 89, "cuda": "12.4",
    }  # fmt: skip
    assert found["machine"]["packages"]["installed"]["numpy"]["version"] == "2.2.6"
    assert json.loads(json.dumps(found)) == found
