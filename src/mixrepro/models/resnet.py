"""ResNet-18 for 32 x 32 images, from torchvision's residual block."""

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, conv1x1

BLOCKS_A_STAGE = 2
STAGES = 4


class ResNet18(nn.Module):
    """The CIFAR form of ResNet-18: a 3 x 3 stem of stride 1, no max-pooling, four stages of two blocks.

    Args:
        num_classes: Width of the read-out.
        width: Channels of the first stage; 64 is the network of the paper (11.17 million parameters).
        channels: Channels of the input image.
    """

    def __init__(self, num_classes: int, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        self.width = width
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        blocks = []
        inplanes = width
        for stage in range(STAGES):
            planes = width * 2**stage
            for block in range(BLOCKS_A_STAGE):
                stride = 2 if stage > 0 and block == 0 else 1
                shortcut = None
                if stride != 1 or inplanes != planes:
                    shortcut = nn.Sequential(conv1x1(inplanes, planes, stride), nn.BatchNorm2d(planes))
                blocks.append(BasicBlock(inplanes, planes, stride, shortcut))
                inplanes = planes
        self.blocks = nn.Sequential(*blocks)
        self.read_out = nn.Linear(inplanes, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [b, c] for images [b, channels, height, width]."""
        features = self.blocks(self.stem(x.contiguous(memory_format=memory_format(self.width))))
        return self.read_out(features.mean((2, 3)))


def memory_format(width: int) -> torch.memory_format:
    """Return the layout that is fastest on a CPU and on a GPU: channels last.

    Not for channels in other than multiples of eight: there the backward pass of a convolution in this layout
    never returns on some CPUs (seen with torch 2.14.1 for widths 2 and 4, with AVX2).
    """
    return torch.channels_last if width % 8 == 0 else torch.contiguous_format


def seeded_resnet18(seed: int, **arguments: int) -> ResNet18:
    """Build a ResNet-18 whose initial weights depend on `seed` alone, leaving torch's global state alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ResNet18(**arguments)
    return network.to(memory_format=memory_format(network.width))
