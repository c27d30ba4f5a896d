"""How the weights that authors published want their pictures. Needs no torch.

Each fact is read from the authors' own test program; those of ESPNet and of CGNet on CamVid were
confirmed by measuring. The order of channels, the mean and the scale differ from one author to the
next, and a wrong one costs tens of points without an error.

Networks resize within as their authors do. The last step, from logits to the size of the picture,
is of half-pixel centres in every exported graph. Where authors lay the corners of both on each
other instead (PIDNet, STDC-Seg, Fast-SCNN, ICNet), that moves borders by up to half a logit at the
edges of the picture, and not at all in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from rtseg.errors import UsageError
from rtseg.types import ModelSpec


@dataclass(frozen=True)
class Published:
    """One author's weights for one label set.

    network: its key in the catalogue. outputs: of its last layer; where the authors kept one for
    "unlabelled" behind the label set's classes, it is cut off and never wins. spec: the size that
    the authors tested at, and their normalisation. data: what the weights were trained on.
    order: for each class of the label set the output that speaks of it, where the authors number
    their classes in another way.
    """

    network: str
    outputs: int
    spec: ModelSpec
    data: str
    order: tuple[int, ...] = ()


_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_SCALED_TO_ONE = ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0))
_CENTRED = ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
_CAMVID_BGR = (110.26, 108.35, 104.96)
_UNSCALED = (1.0, 1.0, 1.0)

_COIN_CHEUNG = ((83.0535, 94.095, 82.1865), (53.856, 54.774, 53.9325))
"""(0.3257, 0.3690, 0.3223) and (0.2112, 0.2148, 0.2115) of 0..1."""

_FULL = (1024, 2048)
_TRAIN_OR_MORE = "Cityscapes train, or train+val for the file of the test server's figure"

_Normal: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float]]


def _cityscapes(
    network: str,
    size: tuple[int, int] = _FULL,
    normal: _Normal = _IMAGENET,
    *,
    data: str = "Cityscapes train",
) -> dict[str, Published]:
    spec = ModelSpec(*size, "rgb", *normal, "cityscapes19")
    return {"cityscapes19": Published(network, 19, spec, data)}


def _pidnet_on_camvid(network: str) -> dict[str, Published]:
    """Classes as in ``color_list`` of datasets/camvid.py, where bicyclist comes first. Of CamVid's
    32 classes the authors take 11 and ignore the others, which the label set merges into them."""
    spec = ModelSpec(720, 960, "rgb", *_IMAGENET, "camvid11")
    order = (9, 1, 3, 6, 7, 10, 8, 4, 2, 5, 0)
    return {"camvid11": Published(network, 11, spec, "Cityscapes, then CamVid train+val", order)}


def _espnetv2(scale: str) -> dict[str, Published]:
    spec = ModelSpec(512, 1024, "rgb", *_IMAGENET, "cityscapes19")
    return {"cityscapes19": Published(f"espnetv2-{scale}", 20, spec, "Cityscapes train")}


PUBLISHED: dict[str, dict[str, Published]] = {
    "cgnet": {
        "camvid11": Published(
            "cgnet",
            11,
            # The author's loader takes the mean of blue from red: so must whoever uses the weights.
            ModelSpec(360, 480, "rgb", _CAMVID_BGR, _UNSCALED, "camvid11"),
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
    # Trained with HRNet's program: R G B of ImageNet, whole pictures. The CamVid weights are left
    # out, because nothing published tells the order of their classes.
    "ddrnet-23-slim": _cityscapes("ddrnet-23-slim"),
    "ddrnet-23": _cityscapes("ddrnet-23"),
    "pidnet-s": _cityscapes("pidnet-s", data=_TRAIN_OR_MORE) | _pidnet_on_camvid("pidnet-s"),
    "pidnet-m": _cityscapes("pidnet-m", data=_TRAIN_OR_MORE) | _pidnet_on_camvid("pidnet-m"),
    "pidnet-l": _cityscapes("pidnet-l", data=_TRAIN_OR_MORE),
    # lib/data/cityscapes_cv2.py; the authors of the papers published no weights for PyTorch.
    "bisenet-r18": _cityscapes("bisenet-r18", _FULL, _COIN_CHEUNG),
    "bisenetv2": _cityscapes("bisenetv2", _FULL, _COIN_CHEUNG),
    # model_maxmIOU75.pth; the files named 50 were tested at 512x1024: --size says so.
    "stdc1-seg": _cityscapes("stdc1-seg", (768, 1536)),
    "stdc2-seg": _cityscapes("stdc2-seg", (768, 1536)),
    # PaddleSeg's Normalize without arguments; the files of scale0.75. Those of 0.5 and 1.0 need
    # --size 512x1024 and 1024x2048. CamVid's are left out like DDRNet's, for the same annotation.
    "pp-liteseg-t": _cityscapes("pp-liteseg-t", (768, 1536), _CENTRED),
    "pp-liteseg-b": _cityscapes("pp-liteseg-b", (768, 1536), _CENTRED),
    # eval.py and demo.py see whole pictures; the figure of its README is of crops of 768x768.
    "fast-scnn": _cityscapes("fast-scnn"),
    "icnet": _cityscapes("icnet"),
    "regseg": _cityscapes("regseg", data=_TRAIN_OR_MORE),
    "ffnet-40s": _cityscapes("ffnet-40s"),
    "ffnet-78s": _cityscapes("ffnet-78s"),
    # Means out of dataset/inform/*.pkl, taken off B G R before the channels change places.
    "dabnet": {
        **_cityscapes("dabnet", _FULL, ((73.158325, 82.909019, 72.392403), _UNSCALED)),
        "camvid11": Published(
            "dabnet",
            11,
            ModelSpec(360, 480, "rgb", (99.625404, 103.329834, 105.657753), _UNSCALED, "camvid11"),
            "CamVid train+val",
        ),
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
