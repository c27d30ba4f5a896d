"""Where training computes, and in what."""

from __future__ import annotations

import torch

from rtseg.errors import UsageError


def device_named(name: str) -> torch.device:
    """Raises UsageError for another name than cpu and cuda, and where no GPU is found."""
    if name not in ("cpu", "cuda"):
        raise UsageError(f"--device must be cpu or cuda, not {name!r}")
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "--device cuda: this PyTorch finds no GPU; install a build for CUDA, or train on cpu"
        )
    return torch.device(name)


def half_of(device: torch.device) -> torch.dtype | None:
    """What autocast computes in; None where the device is fastest in float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else None
