"""Every network that can be built, with what its authors published. Needs no torch.

Adding a network is one file in ``networks/`` and one entry here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rtseg.errors import UsageError


@dataclass(frozen=True)
class Entry:
    """One network.

    module, factory, options: ``rtseg.models.networks.MODULE.FACTORY(classes, **options)`` builds
    it. paper: who, when, where. parameters: millions, as published, for ``classes`` classes.
    gmacs: 1e9 multiply-accumulates for one picture of ``size`` (height, width), as published.
    source: where the two figures were read. deviation: why ours differ by more than 3 %.
    cityscapes: mIoU in per cent that the authors report, with the split, e.g. "77.8 val".
    checkpoint: the page that publishes weights; licence: what it says of them.
    multiple: both sides of a picture must be multiples of it.
    """

    module: str
    factory: str
    paper: str
    options: dict[str, Any] = field(default_factory=dict)
    parameters: float | None = None
    gmacs: float | None = None
    classes: int = 19
    size: tuple[int, int] = (512, 1024)
    source: str = ""
    deviation: str = ""
    cityscapes: str = ""
    checkpoint: str = ""
    licence: str = ""
    multiple: int = 32


_ESPNETV2 = "Mehta, Rastegari, Shapiro, Hajishirzi 2018, arXiv 1811.11431"
_ESPNETV2_LICENCE = "code: MIT; weights: Cityscapes, non-commercial"

CATALOGUE: dict[str, Entry] = {
    "roadnet-s": Entry(
        "roadnet",
        "RoadNet",
        "this project",
        {"widths": (24, 48, 96, 192), "depths": (2, 2, 2, 2), "decoder_width": 48},
    ),
    "roadnet-m": Entry("roadnet", "RoadNet", "this project"),
    "ddrnet-23-slim": Entry(
        "ddrnet",
        "DDRNet",
        "Hong, Pan, Sun, Jia 2021, arXiv 2101.06085",
        parameters=5.7,
        gmacs=36.3,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        cityscapes="77.8 val, 77.4 test",
        checkpoint="https://github.com/ydhongHIT/DDRNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "ddrnet-23": Entry(
        "ddrnet",
        "DDRNet",
        "Hong, Pan, Sun, Jia 2021, arXiv 2101.06085",
        {"width": 64, "head_width": 128},
        parameters=20.3,
        gmacs=143.0,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        cityscapes="79.5 val, 79.4 test",
        checkpoint="https://github.com/ydhongHIT/DDRNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "espnetv2-0.5": Entry(
        "espnetv2",
        "ESPNetv2",
        _ESPNETV2,
        {"widths": (16, 32, 64, 128)},
        cityscapes="53.9 val",
        checkpoint="https://github.com/sacmehta/EdgeNets",
        licence=_ESPNETV2_LICENCE,
    ),
    "espnetv2-1.0": Entry(
        "espnetv2",
        "ESPNetv2",
        _ESPNETV2,
        {"widths": (32, 64, 128, 256)},
        cityscapes="60.1 val",
        checkpoint="https://github.com/sacmehta/EdgeNets",
        licence=_ESPNETV2_LICENCE,
    ),
    "espnetv2-1.5": Entry(
        "espnetv2",
        "ESPNetv2",
        _ESPNETV2,
        {"widths": (32, 96, 192, 384)},
        cityscapes="63.8 val",
        checkpoint="https://github.com/sacmehta/EdgeNets",
        licence=_ESPNETV2_LICENCE,
    ),
    "espnetv2-2.0": Entry(
        "espnetv2",
        "ESPNetv2",
        _ESPNETV2,
        {"widths": (32, 128, 256, 512)},
        parameters=0.79,
        gmacs=2.699,
        classes=20,
        source="EdgeNets, model/segmentation/model_zoo/README.md",
        cityscapes="66.4 val, 66.2 test",
        checkpoint="https://github.com/sacmehta/EdgeNets",
        licence=_ESPNETV2_LICENCE,
    ),
    "cgnet": Entry(
        "cgnet",
        "CGNet",
        "Wu, Tang, Zhang, Cao, Zhang 2018, arXiv 1811.08201",
        parameters=0.5,
        source='paper: "less than 0.5 M parameters"',
        cityscapes="63.5 val, 64.8 test",
        checkpoint="https://github.com/wutianyiRosun/CGNet",
        licence="code: MIT; weights: CamVid, research use",
        multiple=8,
    ),
    "pidnet-s": Entry(
        "pidnet",
        "PIDNet",
        "Xu, Xiong, Bhattacharyya 2023, arXiv 2206.02066",
        parameters=7.7,
        gmacs=47.3,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        cityscapes="78.8 val, 78.6 test",
        checkpoint="https://github.com/XuJiacong/PIDNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "pidnet-m": Entry(
        "pidnet",
        "PIDNet",
        "Xu, Xiong, Bhattacharyya 2023, arXiv 2206.02066",
        {"width": 64},
        parameters=28.7,
        gmacs=177.0,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        cityscapes="79.9 val, 79.8 test",
        checkpoint="https://github.com/XuJiacong/PIDNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "pidnet-l": Entry(
        "pidnet",
        "PIDNet",
        "Xu, Xiong, Bhattacharyya 2023, arXiv 2206.02066",
        {"width": 64, "context_width": 112, "head_width": 256, "large": True},
        parameters=37.3,
        gmacs=275.0,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        cityscapes="80.9 val, 80.6 test",
        checkpoint="https://github.com/XuJiacong/PIDNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "bisenet-r18": Entry(
        "bisenet",
        "BiSeNet",
        "Yu, Wang, Peng, Gao, Yu, Sang 2018, arXiv 1808.00897",
        parameters=13.3,
        gmacs=118.0,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        cityscapes="74.8 val, 74.7 test",
        checkpoint="https://github.com/CoinCheung/BiSeNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
    ),
    "bisenetv2": Entry(
        "bisenetv2",
        "BiSeNetV2",
        "Yu, Gao, Wang, Yu, Shen, Sang 2020, arXiv 2004.02147",
        parameters=3.4,
        gmacs=98.4,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        deviation="5.23 M with the four auxiliary heads; 3.36 M, as published, without them",
        cityscapes="73.4 val, 72.6 test",
        checkpoint="https://github.com/CoinCheung/BiSeNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
    ),
}


def entry(name: str) -> Entry:
    """Raises UsageError, which lists the known names, for any other."""
    if name not in CATALOGUE:
        raise UsageError(f"no network named {name!r}; there are: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
