"""ResNet-18 and ResNet-34 for 32 x 32 images, from torchvision's residual block."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, conv1x1

#: Blocks of each of the four stages, by depth.
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}


class ResNet(nn.Module):
    """The CIFAR form of a ResNet: a 3 x 3 stem of stride 1, no max-pooling, four stages of residual blocks.

    Weights start as PyTorch draws them by default, as in the public mixup-cifar10, and not as torchvision's own
    networks do.

    Args:
        depth: 18 or 34.
        num_classes: Width of the read-out.
        width: Channels of the first stage; 64 is the full network (11.17 or 21.28 million parameters).
        channels: Channels of the input image.

    Source:
        He et al., Deep residual learning for image recognition, 2016 (arXiv:1512.03385).
    """

    def __init__(self, depth: int, num_classes: int, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        self.width = width
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        blocks = []
        for inplanes, planes, stride in block_shapes(depth, width):
            shortcut = None
            if stride != 1 or inplanes != planes:
                shortcut = nn.Sequential(conv1x1(inplanes, planes, stride), nn.BatchNorm2d(planes))
            blocks.append(BasicBlock(inplanes, planes, stride, shortcut))
        self.blocks = nn.Sequential(*blocks)
        self.read_out = nn.Linear(planes, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [b, c] for images [b, channels, height, width]."""
        features = self.blocks(self.stem(x.contiguous(memory_format=memory_format(self.width))))
        return self.read_out(features.mean((2, 3)))


def block_shapes(depth: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Yield channels in, channels out and stride of each block; every stage but the first halves the image."""
    inplanes = width
    for stage, count in enumerate(BLOCKS[depth]):
        planes = width * 2**stage
        for block in range(count):
            yield inplanes, planes, 2 if stage > 0 and block == 0 else 1
            inplanes = planes


def memory_format(width: int) -> torch.memory_format:
    """Return the layout that is fastest on a CPU and on a GPU: channels last.

    Not for channels in other than multiples of eight: there the backward pass of a convolution in this layout
    never returns on some CPUs (seen with torch 2.14.1 for widths 2 and 4, with AVX2).
    """
    return torch.channels_last if width % 8 == 0 else torch.contiguous_format
