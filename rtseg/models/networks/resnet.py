"""Residual blocks under the names that published weights use: conv1, bn1, ..., downsample.

He et al. 2015, "Deep Residual Learning for Image Recognition" (arXiv 1512.03385), figure 5.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; ``relu=False`` leaves out the last activation."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, relu: bool = True) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = _projection(inputs, outputs, stride)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y)) + (x if self.downsample is None else self.downsample(x))
        return functional.relu(y) if self.relu else y


class Bottleneck(nn.Module):
    """1x1 to ``width``, 3x3 with the stride, 1x1 to ``width * expansion``, and a shortcut."""

    def __init__(
        self, inputs: int, width: int, *, stride: int = 1, relu: bool = True, expansion: int = 4
    ) -> None:
        super().__init__()
        outputs = width * expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _projection(inputs, outputs, stride)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x))
        return functional.relu(y) if self.relu else y


def basic_stage(
    inputs: int, outputs: int, depth: int, *, stride: int = 1, relu: bool = True
) -> nn.Sequential:
    """``depth`` basic blocks, the first with the stride, the last with an activation or not."""
    last = depth - 1
    return nn.Sequential(
        *(
            BasicBlock(
                inputs if i == 0 else outputs,
                outputs,
                stride=stride if i == 0 else 1,
                relu=relu or i < last,
            )
            for i in range(depth)
        )
    )


def _projection(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
