"""Networks for evaluation: batch normalisation by running statistics is part of the convolution before it."""

import copy
import itertools

from torch import nn
from torch.nn.utils import fuse_conv_bn_eval
from torchvision.models.resnet import BasicBlock

from .preact_resnet import PreActBlock
from .stacked import Replicated, Stacked


def folded(model: Stacked | Replicated) -> Stacked | Replicated:
    """Return networks that answer as `model` does in evaluation mode, up to rounding, in less time.

    With running statistics a normalisation is an affine map of each channel, so that the convolution before it can
    carry it: a pass over every feature map less. Others than image networks are returned as they are.

    Args:
        model: Stack of networks; left as it is.
    """
    return Replicated([_folded(replica) for replica in model.replicas]) if isinstance(model, Replicated) else model


def _folded(network: nn.Module) -> nn.Module:
    twin = copy.deepcopy(network).eval()
    for module in list(twin.modules()):
        for convolution, norm in _pairs(module):
            setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm)))
            setattr(module, norm, nn.Identity())
    return twin


def _pairs(module: nn.Module) -> list[tuple[str, str]]:
    """Return the names of convolutions among a module's children, and of the normalisation each is followed by."""
    if isinstance(module, BasicBlock):
        return [("conv1", "bn1"), ("conv2", "bn2")]
    if isinstance(module, PreActBlock):  # its other normalisation comes before the block's first convolution
        return [("conv1", "bn2")]
    if not isinstance(module, nn.Sequential):
        return []
    return [
        (first, second)
        for (first, one), (second, other) in itertools.pairwise(module.named_children())
        if isinstance(one, nn.Conv2d) and isinstance(other, nn.BatchNorm2d)
    ]
