"""Weights that authors publish at a plain address, with the bytes they must have. Needs no torch.

An address names one commit, so what lies there cannot change; the hashes were taken from the
files that this project's agreement with the authors was measured on. Weights on a shared drive
have no such address: their page is in the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from rtseg.engine.package import user_store
from rtseg.errors import UsageError
from rtseg.models.catalogue import CATALOGUE, entry
from rtseg.models.published import PUBLISHED, published


@dataclass(frozen=True)
class Checkpoint:
    """One author's file.

    sha256: of its bytes, in hexadecimal. network, labels: what ``rtseg import`` calls it.
    miou: in per cent, as its authors published it, with the split.
    """

    url: str
    sha256: str
    size_bytes: int
    network: str
    labels: str
    miou: str = ""

    @property
    def suffix(self) -> str:
        return PurePosixPath(urlsplit(self.url).path).suffix

    @property
    def page(self) -> str:
        """Where a person finds the file."""
        return entry(self.network).checkpoint

    @property
    def data(self) -> str:
        return published(self.network, self.labels).data


_EDGENETS = (
    "https://raw.githubusercontent.com/sacmehta/EdgeNets/2b232d3f7fb60658755dad1ebca0ffc895cc795e/"
    "model/segmentation/model_zoo/espnetv2/espnetv2_s_{}_city_1024x512.pth"
)
_ESPNET = (
    "https://raw.githubusercontent.com/sacmehta/ESPNet/afe71c38edaee3514ca44e0adcafdf36109bf437/"
    "pretrained/decoder/"
)

CHECKPOINTS: dict[str, Checkpoint] = {
    "espnet": Checkpoint(
        _ESPNET + "espnet_p_2_q_8_camvid.pth",
        "7d354a257170322086dcd4c1e89a482454cf2c9d30b085e70883878dd59301af",
        1_460_677,
        "espnet",
        "camvid11",
        "55.6 CamVid test",
    ),
    "espnet-cityscapes": Checkpoint(
        _ESPNET + "espnet_p_2_q_8.pth",
        "343b0e77e8545d36113c4f3efbf1ee349256f25c97c9f9d5ddefe45f2f49763e",
        1_501_621,
        "espnet",
        "cityscapes19",
        "60.3 Cityscapes test",
    ),
    "espnetv2-0.5": Checkpoint(
        _EDGENETS.format("0.5"),
        "9412a86a30f137540ef945d08da3cb7191448956c56c41a64210dab443a9f65f",
        469_319,
        "espnetv2-0.5",
        "cityscapes19",
        "53.9 Cityscapes val",
    ),
    "espnetv2-1.0": Checkpoint(
        _EDGENETS.format("1.0"),
        "0918c833fed889e32901ce739b1784fdd2b79f95a9aea199a469ca3394dd7a14",
        1_107_690,
        "espnetv2-1.0",
        "cityscapes19",
        "60.1 Cityscapes val",
    ),
    "espnetv2-1.5": Checkpoint(
        _EDGENETS.format("1.5"),
        "0dbbda9126583d62f73dfdc28a59a30ab4564094ee6d28428b897a4e36c466b4",
        2_068_779,
        "espnetv2-1.5",
        "cityscapes19",
        "63.8 Cityscapes val",
    ),
    "espnetv2-2.0": Checkpoint(
        _EDGENETS.format("2.0"),
        "a72d59699801c7ce8e8b89a53af9097eaaa60dc12180ecde86fd700ba1222fe8",
        3_376_094,
        "espnetv2-2.0",
        "cityscapes19",
        "66.4 Cityscapes val, 66.2 test",
    ),
    # Its author took the file out of the repository again; the first commit still holds it.
    "cgnet": Checkpoint(
        "https://raw.githubusercontent.com/wutianyiRosun/CGNet/"
        "ebc812c445b2f10a6cf64a2b16bbfe1cc2fec10f/"
        "checkpoint/camvid/CGNet_M3N21bs8gpu1_ontrainval/model_800.pth",
        "3676a50e6587379426bf04924b0a2d98f332d3468adb990a40e0446e4f32a63e",
        2_119_239,
        "cgnet",
        "camvid11",
        "65.6 CamVid test",
    ),
    "twinlitenet": Checkpoint(
        "https://raw.githubusercontent.com/chequanghuy/TwinLiteNet/"
        "524141821c373c886443cf4254e3e87787c2c55e/pretrained/best.pth",
        "98ffc6c8abc98fda72052117249ce4e2dbc85e58cfcfc6ee2d42f5398c772463",
        1_837_662,
        "twinlitenet",
        "bdd_drivable3",
        "91.3 BDD100K val, drivable area",
    ),
}


def checkpoint(name: str) -> Checkpoint:
    """Raises UsageError, which says where the weights are instead, where no address is known."""
    if name in CHECKPOINTS:
        return CHECKPOINTS[name]
    if name not in CATALOGUE:
        raise UsageError(
            f"no weights named {name!r}; these can be fetched: {', '.join(CHECKPOINTS)}"
        )
    page = CATALOGUE[name].checkpoint
    if not page:
        raise UsageError(f"no published weights of {name} are known: see `rtseg train --help`")
    raise UsageError(f"no plain address of {name}'s weights is known: {_by_hand(name, page)}")


def checkpoint_store() -> Path:
    """Where fetched files lie: ``$RTSEG_HOME/checkpoints``."""
    return user_store() / "checkpoints"


def _by_hand(name: str, page: str) -> str:
    if name in PUBLISHED:
        return f"download them from {page}, then `rtseg import {name} FILE -o DIR`"
    return f"see {page}; `rtseg import` cannot read them"
