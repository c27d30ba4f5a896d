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
    cityscapes, camvid: mIoU in per cent that the authors report, with the split, e.g. "77.8 val".
    checkpoint: the page that publishes weights; licence: what it says of them.
    multiple: both sides of a picture must be multiples of it.
    unquantized: parts that an INT8 file leaves in FP32, as paths of modules.
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
    camvid: str = ""
    checkpoint: str = ""
    licence: str = ""
    multiple: int = 32
    unquantized: tuple[str, ...] = ()


_ESPNET = "Mehta, Rastegari, Caspi, Shapiro, Hajishirzi 2018, arXiv 1803.06815"
_ESPNETV2 = "Mehta, Rastegari, Shapiro, Hajishirzi 2018, arXiv 1811.11431"
_ESPNETV2_LICENCE = "code: MIT; weights: Cityscapes, non-commercial"

_STDC = "Fan, Lai, Huang, Wei, Chai, Luo, Wei 2021, arXiv 2104.13188"
_STDC_SOURCE = "zh320's re-implementation; the paper weighs the ImageNet network only"
_STDC_DEVIATION = (
    "the re-implementation simplifies the context path and has no training heads (0.3 M); with "
    "its ImageNet head the backbone here has the paper's 8.44 M (STDC1) or 12.47 M (STDC2)"
)
_PP_LITESEG = "Peng et al. 2022, arXiv 2204.02681"
_PP_LITESEG_SOURCE = "zh320's re-implementation; the paper gives none"
_PP_LITESEG_DEVIATION = (
    "the re-implementation joins maps by 1x1 convolutions, where the authors' weights hold 3x3"
)
_FFNET = "Mehta, Skliar, Ben Yahia, Borse, Porikli, Habibian, Blankevoort 2022, arXiv 2206.08236"

_OF_ROADLITE = ("encoder/conv_stem", "context")
"""The encoder's first layer and what reads its last, which has no activation to bound it: in INT8
they cost 3 of 4 points of disagreement with FP32 (95.9 % without, 99.3 % with both in FP32)."""

CATALOGUE: dict[str, Entry] = {
    "roadnet-s": Entry(
        "roadnet",
        "RoadNet",
        "this project",
        {"widths": (24, 48, 96, 192), "depths": (2, 2, 2, 2), "decoder_width": 48},
    ),
    "roadnet-m": Entry("roadnet", "RoadNet", "this project"),
    "roadlite-0": Entry(
        "roadlite", "RoadLite", "this project", {"size": 0}, unquantized=_OF_ROADLITE
    ),
    "roadlite-1": Entry(
        "roadlite", "RoadLite", "this project", {"size": 1}, unquantized=_OF_ROADLITE
    ),
    "roadlite-2": Entry(
        "roadlite", "RoadLite", "this project", {"size": 2}, unquantized=_OF_ROADLITE
    ),
    "ddrnet-23-slim": Entry(
        "ddrnet",
        "DDRNet",
        "Hong, Pan, Sun, Jia 2021, arXiv 2101.06085",
        parameters=5.7,
        gmacs=36.3,
        size=(1024, 2048),
        source="table of the GCNet repository, Yang et al. 2025",
        cityscapes="77.8 val, 77.4 test",
        camvid="74.7 test",
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
    "espnet": Entry(
        "espnet",
        "ESPNet",
        _ESPNET,
        parameters=0.36,
        classes=20,
        source="paper",
        camvid="55.6 test",
        checkpoint="https://github.com/sacmehta/ESPNet",
        licence="code: MIT; weights: CamVid, research use",
        multiple=8,
    ),
    "espnet-cityscapes": Entry(
        "espnet",
        "ESPNet",
        _ESPNET,
        {"early": True},
        parameters=0.36,
        classes=20,
        source="paper",
        cityscapes="60.3 test",
        checkpoint="https://github.com/sacmehta/ESPNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "twinlitenet": Entry(
        "twinlitenet",
        "TwinLiteNet",
        "Che, Nguyen, Pham, Lam 2023, arXiv 2307.10705",
        parameters=0.4,
        classes=3,
        size=(360, 640),
        source="paper, abstract",
        deviation="the paper rounds to one digit: its published weights hold 0.4396 million",
        checkpoint="https://github.com/chequanghuy/TwinLiteNet",
        licence="code: MIT; weights: BDD100K, see its terms",
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
        camvid="65.6 test",
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
        camvid="80.1 test, after Cityscapes",
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
        camvid="82.0 test, after Cityscapes",
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
    "enet": Entry(
        "enet",
        "ENet",
        "Paszke, Chaurasia, Kim, Culurciello 2016, arXiv 1606.02147",
        parameters=0.37,
        gmacs=1.915,
        size=(360, 640),
        source="paper, table 3: 0.37 M, 3.83 GFLOPs",
        deviation="0.364 M and 1.72 GMACs: the paper's FLOPs, halved here, are 11 % above two per "
        "multiply-accumulate of its convolutions",
        cityscapes="58.3 test",
        camvid="51.3 test",
        checkpoint="https://github.com/e-lab/ENet-training",
        multiple=8,
    ),
    "lednet": Entry(
        "lednet",
        "LEDNet",
        "Wang, Zhou, Liu, Xiong, Gao, Wu, Latecki 2019, arXiv 1905.02423",
        parameters=0.94,
        source="paper",
        cityscapes="70.6 test",
        checkpoint="https://github.com/xiaoyufenfei/LEDNet",
        multiple=8,
    ),
    "dabnet": Entry(
        "dabnet",
        "DABNet",
        "Li, Yun, Kim, Kim 2019, arXiv 1907.11357",
        parameters=0.76,
        gmacs=10.25,
        source="paper (parameters); a quarter of the 41 GMACs known at 1024x2048",
        cityscapes="69.6 val, 70.1 test",
        camvid="66.7 test",
        checkpoint="https://github.com/Reagan1311/DABNet",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=8,
    ),
    "dfanet-a": Entry(
        "dfanet",
        "DFANet",
        "Li, Xiong, Fan, Sun 2019, arXiv 1904.02216",
        parameters=7.8,
        gmacs=3.4,
        size=(1024, 1024),
        source="paper: 7.8 M, 3.4 GFLOPs, which are multiply-accumulates",
        deviation="1.83 M and 3.67 GMACs: the layers of the paper's table 1 do not add up to its "
        "7.8 M, and its authors published no code",
        cityscapes="71.9 val, 71.3 test",
    ),
    "swiftnet-r18": Entry(
        "swiftnet",
        "SwiftNet",
        "Orsic, Kreso, Bevandic, Segvic 2019, arXiv 1903.08469",
        parameters=11.8,
        gmacs=26.0,
        source="paper: 11.8 M, 104 GMACs at 1024x2048, a quarter of it here",
        cityscapes="75.4 val, 75.5 test",
        checkpoint="https://github.com/orsic/swiftnet",
        licence="code: no licence file; weights: Cityscapes, non-commercial",
    ),
    "lr-aspp-mobilenetv3-l": Entry(
        "torchvision_nets",
        "TorchvisionNet",
        "Howard et al. 2019, arXiv 1905.02244",
        {"model": "lraspp_mobilenet_v3_large"},
        parameters=3.222,
        gmacs=2.086,
        classes=21,
        size=(520, 520),
        source="torchvision, metadata of its weights",
        cityscapes="72.4 val",
        checkpoint="https://docs.pytorch.org/vision/stable/models.html",
        licence="BSD-3; torchvision's weights: COCO with the labels of VOC",
        multiple=8,
    ),
    "fcn-r50": Entry(
        "torchvision_nets",
        "TorchvisionNet",
        "Long, Shelhamer, Darrell 2014, arXiv 1411.4038",
        {"model": "fcn_resnet50", "auxiliary": True},
        parameters=35.322,
        gmacs=152.717,
        classes=21,
        size=(520, 520),
        source="torchvision, metadata of its weights",
        deviation="142.7 GMACs: torchvision runs the auxiliary head in evaluation, too",
        checkpoint="https://docs.pytorch.org/vision/stable/models.html",
        licence="BSD-3; torchvision's weights: COCO with the labels of VOC",
        multiple=8,
    ),
    "deeplabv3-mobilenetv3-l": Entry(
        "torchvision_nets",
        "TorchvisionNet",
        "Chen, Papandreou, Schroff, Adam 2017, arXiv 1706.05587",
        {"model": "deeplabv3_mobilenet_v3_large", "auxiliary": True},
        parameters=11.029,
        gmacs=10.452,
        classes=21,
        size=(520, 520),
        source="torchvision, metadata of its weights",
        checkpoint="https://docs.pytorch.org/vision/stable/models.html",
        licence="BSD-3; torchvision's weights: COCO with the labels of VOC",
        multiple=16,
    ),
    "deeplabv3plus-r18": Entry(
        "smp_nets",
        "SmpNet",
        "Chen, Zhu, Papandreou, Schroff, Adam 2018, arXiv 1802.02611",
        {"model": "deeplabv3plus", "encoder": "resnet18"},
        licence="code: MIT",
        multiple=16,
    ),
    "unet-r18": Entry(
        "smp_nets",
        "SmpNet",
        "Ronneberger, Fischer, Brox 2015, arXiv 1505.04597",
        {"model": "unet", "encoder": "resnet18"},
        licence="code: MIT",
    ),
    "segformer-b0": Entry(
        "smp_nets",
        "SmpNet",
        "Xie, Wang, Yu, Anandkumar, Alvarez, Luo 2021, arXiv 2105.15203",
        {"model": "segformer", "encoder": "mit_b0"},
        parameters=3.8,
        gmacs=8.4,
        classes=150,
        size=(512, 512),
        source="paper, table 1",
        cityscapes="76.2 val",
        checkpoint="https://huggingface.co/nvidia/segformer-b0-finetuned-cityscapes-1024-1024",
        licence="code: MIT; weights: NVIDIA, non-commercial",
    ),
    "stdc1-seg": Entry(
        "stdc",
        "STDCSeg",
        _STDC,
        parameters=7.8,
        gmacs=15.6,
        source=_STDC_SOURCE,
        deviation=_STDC_DEVIATION,
        cityscapes="74.5 val, 75.3 test",
        checkpoint="https://github.com/MichaelFan01/STDC-Seg",
        licence="code: MIT; weights: Cityscapes, non-commercial",
    ),
    "stdc2-seg": Entry(
        "stdc",
        "STDCSeg",
        _STDC,
        {"depths": (4, 5, 3)},
        parameters=11.8,
        gmacs=22.2,
        source=_STDC_SOURCE,
        deviation=_STDC_DEVIATION,
        cityscapes="77.0 val, 76.8 test",
        checkpoint="https://github.com/MichaelFan01/STDC-Seg",
        licence="code: MIT; weights: Cityscapes, non-commercial",
    ),
    "pp-liteseg-t": Entry(
        "ppliteseg",
        "PPLiteSeg",
        _PP_LITESEG,
        parameters=6.3,
        gmacs=8.8,
        source=_PP_LITESEG_SOURCE,
        deviation=_PP_LITESEG_DEVIATION,
        cityscapes="76.0 val, 74.9 test",
        camvid="73.3 test",
        checkpoint="https://github.com/PaddlePaddle/PaddleSeg/tree/develop/configs/pp_liteseg",
        licence="code: Apache-2.0; weights: Cityscapes, non-commercial",
    ),
    "pp-liteseg-b": Entry(
        "ppliteseg",
        "PPLiteSeg",
        _PP_LITESEG,
        {"depths": (4, 5, 3), "widths": (64, 96, 128), "head_widths": (64, 64, 64)},
        parameters=10.6,
        source=_PP_LITESEG_SOURCE,
        deviation=_PP_LITESEG_DEVIATION,
        cityscapes="78.2 val, 77.5 test",
        camvid="75.1 test",
        checkpoint="https://github.com/PaddlePaddle/PaddleSeg/tree/develop/configs/pp_liteseg",
        licence="code: Apache-2.0; weights: Cityscapes, non-commercial",
    ),
    "fast-scnn": Entry(
        "fastscnn",
        "FastSCNN",
        "Poudel, Liwicki, Cipolla 2019, arXiv 1902.04502",
        parameters=1.11,
        source='paper: "1.11 million parameters"; it counts no operations',
        cityscapes="68.6 val, 68.0 test",
        checkpoint="https://github.com/Tramac/Fast-SCNN-pytorch",
        licence="code: Apache-2.0; weights (54.8 val at 768x768): Cityscapes, non-commercial",
    ),
    "icnet": Entry(
        "icnet",
        "ICNet",
        "Zhao, Qi, Shen, Shi, Jia 2018, arXiv 1704.08545",
        parameters=26.5,
        gmacs=28.3,
        size=(1024, 2048),
        source="as later papers quote them, with the paper's 30.3 FPS",
        deviation="26.5 M is before the authors prune half of all filters and 28.3 GMAC after, "
        "which leaves a quarter of the operations; here nothing is pruned",
        cityscapes="67.7 val, 69.5 test",
        checkpoint="https://github.com/liminn/ICNet-pytorch",
        licence="code: MIT; weights (71.0 val): Cityscapes, non-commercial",
    ),
    "regseg": Entry(
        "regseg",
        "RegSeg",
        "Gao 2021, arXiv 2111.09957",
        parameters=3.34,
        gmacs=39.1,
        size=(1024, 2048),
        source="paper",
        cityscapes="78.5 val, 78.3 test",
        checkpoint="https://github.com/RolandGao/RegSeg",
        licence="code: MIT; weights: Cityscapes, non-commercial",
        multiple=16,
    ),
    "ffnet-40s": Entry(
        "ffnet",
        "FFNet",
        _FFNET,
        {"depths": (4, 5, 6, 4)},
        parameters=13.9,
        source="huggingface.co/qualcomm/FFNet-40S",
        cityscapes="79.2 val",
        checkpoint="https://github.com/Qualcomm-AI-research/FFNet",
        licence="code: BSD-3-Clause-Clear; weights: Cityscapes, non-commercial",
        multiple=64,
    ),
    "ffnet-78s": Entry(
        "ffnet",
        "FFNet",
        _FFNET,
        {"depths": (6, 12, 12, 8)},
        parameters=27.5,
        source="huggingface.co/qualcomm/FFNet-78S",
        cityscapes="81.3 val",
        checkpoint="https://github.com/Qualcomm-AI-research/FFNet",
        licence="code: BSD-3-Clause-Clear; weights: Cityscapes, non-commercial",
        multiple=64,
    ),
}


def entry(name: str) -> Entry:
    """Raises UsageError, which lists the known names, for any other."""
    if name not in CATALOGUE:
        raise UsageError(f"no network named {name!r}; there are: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
