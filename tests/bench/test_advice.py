import pytest

from rtseg.bench.advice import frontier, quality, recommended


def row(name, fps, *, miou=None, data="camvid", agreement=None, model="m", **more):
    return {
        "name": name,
        "model": model,
        "mode": "offline",
        "source_fps": 30.0,
        "processed_fps": {"median": fps, "interval": None, "rounds": [fps]},
        "accuracy": miou and {"data": data, "split": "test", "miou": miou},
        "agreement": agreement and {"share": agreement},
        **more,
    }


ROWS = [
    row("slow", 10, miou=0.7),
    row("fine", 40, miou=0.6),
    row("beaten", 35, miou=0.55),
    row("quick", 90, miou=0.4),
]


def test_nothing_on_the_frontier_is_beaten_and_all_else_is():
    assert frontier(ROWS, quality(ROWS)) == ["slow", "fine", "quick"]


def test_the_most_accurate_that_is_fast_enough_is_recommended():
    found = recommended(ROWS, quality(ROWS), target=30)
    assert found["words"] == (
        "on this machine, for >= 30 FPS, use fine (40.0 FPS, mIoU on camvid test 60.0 %)"
    )
    assert recommended(ROWS, quality(ROWS), target=5)["name"] == "slow"


def test_where_nothing_is_fast_enough_that_is_said():
    found = recommended(ROWS, quality(ROWS), target=100)
    assert (found["reached"], found["name"]) == (False, "quick")
    assert found["words"].startswith("on this machine nothing measured reaches 100 FPS")
    assert recommended([], quality([]), target=30) is None


def test_a_median_above_the_target_is_not_enough_where_the_interval_begins_below():
    unsure = row("unsure", 31, miou=0.9)
    unsure["processed_fps"]["interval"] = {"low": 29.0, "high": 33.0, "coverage": 0.75}
    assert recommended([unsure, *ROWS], quality(ROWS), target=30)["name"] == "fine"


def test_a_live_source_is_kept_up_with_at_its_own_rate():
    live = row("live", 24.9, miou=0.5, mode="live", source_fps=25.0)
    found = recommended([live], quality([live]), target=30)
    assert found["reached"]
    assert found["words"].startswith("on this machine, for >= 24.75 FPS, use live")
    late = row("late", 20.0, miou=0.5, mode="live", source_fps=25.0)
    assert not recommended([late], quality([late]), target=30)["reached"]


def test_accuracies_of_different_data_are_not_compared():
    rows = [row("a", 50, miou=0.9, data="x"), row("b", 60, miou=0.1, model="n")]
    assert quality(rows).values == {}
    found = recommended(rows, quality(rows), target=30)
    assert found["name"] == "b"
    assert "accuracy not comparable" in found["words"]


def test_variants_of_one_model_are_compared_by_their_agreement():
    rows = [row("a", 50, agreement=0.99), row("b", 60, agreement=0.97)]
    assert quality(rows).words == "agreement with FP32"
    assert recommended(rows, quality(rows), target=30)["name"] == "a"
    rows[1]["model"] = "n"
    assert quality(rows).values == {}


def test_the_engine_alone_is_named_as_such():
    alone = row("a", 50, miou=0.5) | {
        "processed_fps": None,
        "engine_fps": {"median": 50.0, "interval": None},
    }
    words = recommended([alone], quality([alone]), target=30)["words"]
    assert "50.0 FPS of the engine alone" in words


def test_equals_are_all_on_the_frontier():
    rows = [row("a", 50, miou=0.5), row("b", 50, miou=0.5)]
    assert frontier(rows, quality(rows)) == ["a", "b"]
    assert quality(rows).values["a"] == pytest.approx(0.5)
