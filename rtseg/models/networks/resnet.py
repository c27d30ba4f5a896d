"""Residual blocks under the names that published weights use: conv1, bn1, ..., downsample.

He et al. 2015, "Deep Residual Learning for Image Recognition" (arXiv 1512.03385), figure 5.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import conv_bn


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


class ResNet18(nn.Module):
    """The features of ResNet-18, under torchvision's names, without its classifier.

    Returns the sums of the last block of each stage, at strides 4, 8, 16 and 32, before their
    ReLU, which whoever wants one applies.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = basic_stage(64, 64, 2, relu=False)
        self.layer2 = basic_stage(64, 128, 2, stride=2, relu=False)
        self.layer3 = basic_stage(128, 256, 2, stride=2, relu=False)
        self.layer4 = basic_stage(256, 512, 2, stride=2, relu=False)

    def forward(self, x: Tensor) -> list[Tensor]:
        y = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        sums = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            sums.append(stage(y))
            y = functional.relu(sums[-1])
        return sums


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
    return conv_bn(inputs, outputs, 1, stride=stride)
