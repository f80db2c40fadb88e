"""VGG-16 for 32 x 32 images, from torchvision's block of convolution, normalization and activation."""

from torch import Tensor, nn
from torchvision.ops import Conv2dNormActivation

from .resnet import memory_format

#: Convolutions of each stage, and their channels in units of the width.
STAGES = ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8))


class VGG16(nn.Module):
    """The CIFAR form of VGG-16: 13 convolutions with batch normalization, five poolings, one linear read-out.

    The three fully connected layers of the ImageNet form are replaced by one, as the public CIFAR recipes do.
    Weights start as PyTorch draws them by default, as in mixup-cifar10, and not as torchvision's own networks do.

    Args:
        num_classes: Width of the read-out.
        width: Channels of the first stage; 64 is the full network (14.73 million parameters).
        channels: Channels of the input image.

    Source:
        Simonyan and Zisserman, Very deep convolutional networks, 2015 (arXiv:1409.1556), configuration D.
    """

    def __init__(self, num_classes: int, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        self.width = width
        layers: list[nn.Module] = []
        for convolutions, factor in STAGES:
            for _ in range(convolutions):
                layers.append(Conv2dNormActivation(channels, width * factor, kernel_size=3, bias=True))
                channels = width * factor
            # Rounding up changes nothing for 32 x 32; smaller images would vanish.
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        self.read_out = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [b, c] for images [b, channels, height, width]."""
        features = self.features(x.contiguous(memory_format=memory_format(self.width)))
        return self.read_out(features.mean((2, 3)))  # a mean over one pixel for 32 x 32
