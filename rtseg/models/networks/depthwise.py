"""Depthwise convolutions whose gradient does not take most of a training step on a CPU.

torch's own gradient of a depthwise convolution is slow on CPUs wherever the kernel is 5x5 or the
stride is 2: measured at 22x30 to 176x240, 45 to 220 ms for batches of 8, which halves when it is
taken here. The gradient of the input is a forward convolution with the kernel turned round, which
torch does fast; the gradient of the kernel is a loop over its taps, compiled by numba.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional


class DepthwiseConv2d(nn.Conv2d):
    """A drop-in for ``Conv2d(c, c, k, stride, padding, groups=c, bias=False)``, same weights.

    Only training on a CPU goes its own way; evaluation and export see a plain convolution.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or x.device.type != "cpu":
            return super().forward(x)
        weight = self.weight
        if torch.is_autocast_enabled("cpu"):
            weight = weight.to(torch.get_autocast_dtype("cpu"))
        padding = int(self.padding[0])
        result: Tensor = _Depthwise.apply(  # type: ignore[no-untyped-call]
            x.to(weight.dtype), weight, self.stride[0], padding
        )
        return result


def with_fast_gradients(network: nn.Module) -> nn.Module:
    """The same network; its square, bias-free depthwise convolutions became DepthwiseConv2d."""
    for layer in network.modules():
        if type(layer) is nn.Conv2d and 1 < layer.groups == layer.in_channels == layer.out_channels:
            layer.__class__ = DepthwiseConv2d
    return network


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, *steps: int) -> Tensor:
        stride, padding = steps
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return functional.conv2d(x, weight, None, stride, padding, 1, x.shape[1])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        x, weight = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        of_input = _input_gradient(gradient, weight, x, stride=ctx.stride, padding=ctx.padding)
        read, below = _rows(x)
        of_kernel = kernel_gradient(
            read, (below, _rows(gradient)[1]), (weight.shape[2], ctx.stride, ctx.padding)
        )
        turned = torch.from_numpy(np.ascontiguousarray(of_kernel.transpose(2, 0, 1)))
        return of_input, turned[:, None].to(weight.dtype), None, None


def _input_gradient(
    gradient: Tensor, weight: Tensor, x: Tensor, *, stride: int, padding: int
) -> Tensor:
    """With a stride, the gradient is first spread out again, zeros in between."""
    kernel = weight.shape[2]
    if stride > 1:
        size = [extent + 2 * padding - kernel + 1 for extent in x.shape[2:]]
        spread = gradient.new_zeros(*x.shape[:2], *size)
        spread = spread.contiguous(memory_format=torch.channels_last)
        spread[:, :, ::stride, ::stride] = gradient
        gradient = spread
    turned = weight.flip(2, 3)
    return functional.conv2d(gradient, turned, None, 1, kernel - 1 - padding, 1, x.shape[1])


def _rows(x: Tensor) -> tuple[Any, NDArray[Any]]:
    """How to read a row, and (N, C, H, W) as (N, H, W, C); nothing is copied if channels_last.

    numpy has no bfloat16: its bits come as uint16.
    """
    rows = x.detach().permute(0, 2, 3, 1).contiguous()
    if rows.dtype == torch.bfloat16:
        return _read_upper_halves, rows.view(torch.int16).numpy().view(np.uint16)
    return _read_floats, rows.float().numpy()


@numba.njit(nogil=True)
def _read_upper_halves(values: NDArray[np.uint16], into: NDArray[np.float32]) -> None:
    bits = into.view(np.uint32)
    for i in range(values.size):
        bits[i] = np.uint32(values[i]) << np.uint32(16)


@numba.njit(nogil=True)
def _read_floats(values: NDArray[np.float32], into: NDArray[np.float32]) -> None:
    into[:] = values


@numba.njit(fastmath=True, nogil=True)
def kernel_gradient(
    read: Any, rows: tuple[NDArray[Any], NDArray[Any]], sizes: tuple[int, int, int]
) -> NDArray[np.float32]:
    """(kernel, kernel, C). rows: x (N, H, W, C) and the gradient (N, h, w, C) of the result;
    sizes: kernel, stride, padding."""
    x, gradient = rows
    kernel, stride, padding = sizes
    height, width, channels = x.shape[1:]
    below = np.empty(width * channels, np.float32)
    above = np.empty(gradient.shape[2] * channels, np.float32)
    sums = np.zeros((kernel, kernel, channels), np.float32)
    for row in range(x.shape[0] * gradient.shape[1]):
        picture, i = row // gradient.shape[1], row % gradient.shape[1]
        read(gradient[picture, i].ravel(), above)
        for u in range(kernel):
            y = i * stride + u - padding
            if y < 0 or y >= height:
                continue
            read(x[picture, y].ravel(), below)
            for v in range(kernel):
                total = sums[u, v]
                for j in range(gradient.shape[2]):
                    z = j * stride + v - padding
                    if z < 0 or z >= width:
                        continue
                    for channel in range(channels):
                        total[channel] += (
                            below[z * channels + channel] * above[j * channels + channel]
                        )
    return sums
