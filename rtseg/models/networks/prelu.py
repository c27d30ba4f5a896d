"""Convolution, batch norm and PReLU under the names ``conv``, ``bn`` and ``act``.

The authors of ESPNet, ESPNetv2, CGNet and TwinLiteNet all save their weights under these names,
so networks that are made of these layers load the published files key by key.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


class Conv(nn.Sequential):
    """k x k convolution without a bias, padded so that only ``stride`` changes the size."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        padding = kernel // 2 * dilation
        super().__init__(
            OrderedDict(
                conv=nn.Conv2d(
                    inputs, outputs, kernel, stride, padding, dilation, groups, bias=False
                )
            )
        )


class ConvNorm(Conv):
    """A convolution and its batch norm."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        groups: int = 1,
        epsilon: float = 1e-5,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups)
        self.add_module("bn", nn.BatchNorm2d(outputs, epsilon))


class ConvNormPrelu(ConvNorm):
    """A convolution, its batch norm and one slope per channel."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        groups: int = 1,
        epsilon: float = 1e-5,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups, epsilon=epsilon)
        self.add_module("act", nn.PReLU(outputs))


class NormPrelu(nn.Sequential):
    """Batch norm and one slope per channel, of what several branches left side by side."""

    def __init__(self, channels: int, *, epsilon: float = 1e-5) -> None:
        super().__init__(OrderedDict(bn=nn.BatchNorm2d(channels, epsilon), act=nn.PReLU(channels)))
