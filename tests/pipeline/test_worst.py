from __future__ import annotations

from rtseg.pipeline.worst import Worst


def kept(worst: Worst[str]) -> list[str]:
    return [each.item for each in worst.kept]


def test_the_lowest_scores_are_kept_lowest_first() -> None:
    worst: Worst[str] = Worst(2)
    for at, (score, name) in enumerate([(0.5, "b"), (0.9, "d"), (0.1, "a"), (0.7, "c")]):
        worst.offer(score, name, at=at)
    assert kept(worst) == ["a", "b"]


def test_of_neighbours_only_the_lowest_is_kept() -> None:
    worst: Worst[str] = Worst(3, apart=1.0)
    for at, (score, name) in {
        0.0: (0.5, "first"),
        0.9: (0.4, "worse than the first"),
        1.8: (0.6, "better than its neighbour"),
        2.0: (0.7, "just far enough"),
        5.0: (0.8, "alone"),
    }.items():
        worst.offer(score, name, at=at)
    assert kept(worst) == ["worse than the first", "just far enough", "alone"]


def test_what_has_no_score_is_no_candidate() -> None:
    worst: Worst[str] = Worst(2)
    worst.offer(float("nan"), "nothing labelled", at=0)
    assert kept(worst) == []
