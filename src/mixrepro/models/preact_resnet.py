"""Pre-activation ResNet-18 and ResNet-34 for 32 x 32 images."""

from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import conv1x1, conv3x3

from .resnet import block_shapes, memory_format


class PreActBlock(nn.Module):
    """x + conv(relu(bn(conv(relu(bn(x)))))): normalization and activation come before each convolution.

    Where the shape changes, the shortcut is a 1 x 1 convolution of relu(bn(x)) instead of x.
    """

    def __init__(self, inplanes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inplanes)
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes)
        changes_shape = stride != 1 or inplanes != planes
        self.shortcut = conv1x1(inplanes, planes, stride) if changes_shape else None

    def forward(self, x: Tensor) -> Tensor:
        """Return [b, planes, height / stride, width / stride] for x [b, inplanes, height, width]."""
        active = functional.relu_(self.bn1(x))
        residual = self.conv2(functional.relu_(self.bn2(self.conv1(active))))
        return residual + (x if self.shortcut is None else self.shortcut(active))


class PreActResNet(nn.Module):
    """The CIFAR form of a pre-activation ResNet: a bare 3 x 3 stem, four stages of blocks, a linear read-out.

    This is the network of the public pytorch-cifar; the paper's has one more normalization and activation before
    the read-out. Two other networks go by nearly the same name: the ResNet18 of mixup-cifar10 is built of such
    blocks too, but normalizes after the stem and takes every shortcut after the first activation (128
    parameters more), and the ResNet34 beside it is the ordinary, post-activation one.
    Weights start as PyTorch draws them by default, as in both.

    Args:
        depth: 18 or 34.
        num_classes: Width of the read-out.
        width: Channels of the first stage; 64 is the full network (11.17 or 21.28 million parameters).
        channels: Channels of the input image.

    Source:
        He et al., Identity mappings in deep residual networks, 2016 (arXiv:1603.05027).
    """

    def __init__(self, depth: int, num_classes: int, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        self.width = width
        self.stem = conv3x3(channels, width)
        self.blocks = nn.Sequential(*(PreActBlock(*shape) for shape in block_shapes(depth, width)))
        self.read_out = nn.Linear(self.blocks[-1].conv2.out_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [b, c] for images [b, channels, height, width]."""
        features = self.blocks(self.stem(x.contiguous(memory_format=memory_format(self.width))))
        return self.read_out(features.mean((2, 3)))
