from dataclasses import replace

import pytest
from scripted_recordings import alone, reading, recording

from rtseg.bench.card import accuracy_in, card, curve, over_rounds, warnings_of
from rtseg.bench.cells import Cell
from rtseg.bench.figures import Figures
from rtseg.engine.package import DEFAULT_MODEL, find_package

CELL = Cell("m")
STEADY = [100 * each for each in range(31)]


def rounds(*every):
    """By the milliseconds between two frames of each."""
    return [Figures(recording([step * each for each in range(11)])) for step in every]


def test_fps_is_the_median_of_the_rounds_and_all_of_them_are_there():
    found = card(CELL, rounds(100, 50, 80))["processed_fps"]
    assert found == {
        "median": 12.5,
        "interval": {"low": 10.0, "high": 20.0, "coverage": 0.75},
        "rounds": [10.0, 20.0, 12.5],
    }


def test_latency_is_over_the_frames_of_all_rounds():
    quick = Figures(recording([0, 100], latency_ms=[10, 20]))
    slow = Figures(recording([0, 100], latency_ms=[30, 400]))
    found = card(CELL, [quick, slow])
    assert (found["latency_ms"]["p50"], found["latency_ms"]["max"]) == (25, 400)
    assert found["frames"] == 4


def test_a_slow_stage_is_in_its_own_row():
    stages = {"capture": [1_000_000] * 3, "overlay": [9_000_000] * 3}
    found = card(CELL, [Figures(recording([0, 1, 2], stages=stages))])["stages_ms"]
    assert (found["capture"]["p50"], found["overlay"]["p50"]) == (1, 9)


def test_drops_are_summed_by_cause_and_the_deadline_says_its_rule():
    dropped = [{"late": 2}, {"late": 1, "source": 4}]
    found = card(
        CELL,
        [Figures(recording([0, 100, 250], counts={"dropped": each})) for each in dropped],
    )
    assert found["dropped"] == {"late": 3, "source": 4}
    assert found["deadline"] | {"rule": ""} == {
        "period_ms": 100.0,
        "missed": 2,
        "frames": 4,
        "share": 0.5,
        "rule": "",
    }


def test_what_was_not_there_is_null_and_not_0():
    found = card(CELL, rounds(100))
    for key in ("displayed_fps", "engine_fps", "energy", "accuracy", "agreement"):
        assert found[key] is None
    assert found["processed_fps"]["interval"] is None
    assert over_rounds([None, None]) is None


def test_energy_names_its_sensors():
    readings = [reading(0, joules=0.0), reading(1000, joules=5.0)]
    facts = {"energy_from": "RAPL package-0"}
    found = card(CELL, [Figures(recording(STEADY, readings=readings, facts=facts))])["energy"]
    assert found["watts"]["median"] == 5
    assert found["joules_per_frame"]["median"] == 0.5
    assert found["sensors"] == "RAPL package-0"


def test_the_engine_alone_has_no_road():
    found = card(CELL, [Figures(alone([0, 50, 100]))])
    assert found["engine_fps"]["median"] == 20
    assert found["engine_ms"]["p50"] == 20
    assert "processed_fps" not in found


def test_rounds_that_differ_and_runs_that_slow_down_are_warned_of():
    assert warnings_of(card(CELL, rounds(100, 100))) == []
    (said,) = warnings_of(card(CELL, rounds(100, 120)))
    assert said == "the FPS of single rounds varies by 12.9% (coefficient of variation)"
    slowing = [*range(0, 1001, 100), *range(1200, 3001, 200)]
    readings = [reading(500, clock_mhz=3000), reading(2500, clock_mhz=1000)]
    said = warnings_of(card(CELL, [Figures(recording(slowing, readings=readings))]))
    assert any("50% of the first third's FPS" in each for each in said)
    assert any("clock fell to 33%" in each for each in said)


def test_the_curve_of_a_soak_has_a_line_a_piece():
    readings = [reading(500, celsius=50.0), reading(1500, celsius=70.0)]
    ((first, second, third),) = curve([Figures(recording(STEADY, readings=readings))], 1.0)
    assert (first["seconds"], first["fps"], first["celsius"]) == (1, 10, 50)
    assert (second["seconds"], second["celsius"], third["celsius"]) == (2, 70, None)


def test_the_accuracy_is_that_of_the_precision_that_runs():
    package = find_package(DEFAULT_MODEL)
    entries = {each["precision"]: each["miou"] for each in package.manifest.accuracy}
    facts = {"precision": "int8", "backend": "onnxruntime"}
    found = accuracy_in(package, facts)
    assert (found["miou"], found["backend"]) == (entries["int8"], "openvino")
    assert entries["int8"] != entries["fp32"]
    assert accuracy_in(package, facts | {"precision": "bf16"}) is None


def test_the_figure_of_the_backend_that_runs_comes_first():
    package = find_package(DEFAULT_MODEL)
    (first, *_) = package.manifest.accuracy
    other = first | {"backend": "onnxruntime", "miou": 0.1}
    both = replace(package, manifest=replace(package.manifest, accuracy=[first, other]))
    facts = {"precision": first["precision"], "backend": "onnxruntime"}
    assert accuracy_in(both, facts)["miou"] == pytest.approx(0.1)
