"""How the weights that authors published want their pictures. Needs no torch.

Each fact is read from the authors' own test program; those of the CamVid weights were confirmed by
measuring. The order of channels, the mean and the scale differ from one author to the next, and a
wrong one costs tens of points without an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtseg.errors import UsageError
from rtseg.types import ModelSpec


@dataclass(frozen=True)
class Published:
    """One author's weights for one label set.

    network: its key in the catalogue. outputs: of its last layer; where the authors kept one for
    "unlabelled" behind the label set's classes, it is cut off and never wins. spec: the size that
    the authors tested at, and their normalisation. data: what the weights were trained on.
    """

    network: str
    outputs: int
    spec: ModelSpec
    data: str


_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_SCALED_TO_ONE = ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0))
_CAMVID_BGR = (110.26, 108.35, 104.96)


def _espnetv2(scale: str) -> dict[str, Published]:
    spec = ModelSpec(512, 1024, "rgb", *_IMAGENET, "cityscapes19")
    return {"cityscapes19": Published(f"espnetv2-{scale}", 20, spec, "Cityscapes train")}


PUBLISHED: dict[str, dict[str, Published]] = {
    "cgnet": {
        "camvid11": Published(
            "cgnet",
            11,
            # The author's loader takes the mean of blue from red: so must whoever uses the weights.
            ModelSpec(360, 480, "rgb", _CAMVID_BGR, (1.0, 1.0, 1.0), "camvid11"),
            "CamVid train+val",
        )
    },
    "espnet": {
        "camvid11": Published(
            "espnet",
            12,
            # Normalised first, divided by 255 after.
            ModelSpec(
                360, 480, "bgr", _CAMVID_BGR, (78.4 * 255, 79.5 * 255, 78.3 * 255), "camvid11"
            ),
            "CamVid train",
        ),
        "cityscapes19": Published(
            "espnet-cityscapes",
            20,
            ModelSpec(
                512,
                1024,
                "bgr",
                (72.3923111, 82.90893555, 73.15840149),
                (45.3192215 * 255, 46.15289307 * 255, 44.91483307 * 255),
                "cityscapes19",
            ),
            "Cityscapes train",
        ),
    },
    "espnetv2-0.5": _espnetv2("0.5"),
    "espnetv2-1.0": _espnetv2("1.0"),
    "espnetv2-1.5": _espnetv2("1.5"),
    "espnetv2-2.0": _espnetv2("2.0"),
    "twinlitenet": {
        "bdd_drivable3": Published(
            "twinlitenet",
            3,
            ModelSpec(360, 640, "rgb", *_SCALED_TO_ONE, "bdd_drivable3"),
            "BDD100K train",
        )
    },
}


def published(network: str, labels: str = "") -> Published:
    """The first label set that the authors published for, where none is named.

    Raises UsageError, which lists what there is, for an unknown network or label set.
    """
    if network not in PUBLISHED:
        raise UsageError(
            f"no published weights of {network!r} are known; there are: {', '.join(PUBLISHED)}"
        )
    sets = PUBLISHED[network]
    if labels and labels not in sets:
        raise UsageError(
            f"no weights of {network} for {labels!r} are known; there are: {', '.join(sets)}"
        )
    return sets[labels or next(iter(sets))]
