"""torchvision, importable also beside a CPU build of torch.

The wheel on PyPI is compiled for CUDA. Next to a CPU torch its operators do not load, and its
import then fails because it describes two operators that were never declared. Networks need none
of them, so the declaration is made up for; whoever needs ``torchvision.ops.nms`` has no use for
this. Import this module before torchvision, timm or segmentation_models_pytorch.
"""

from __future__ import annotations

import torch

_declared = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]

try:
    import torchvision
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    for operator in ("nms", "qnms"):
        schema = f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        _declared.define(schema)  # type: ignore[no-untyped-call]
    import torchvision

__all__ = ["torchvision"]
