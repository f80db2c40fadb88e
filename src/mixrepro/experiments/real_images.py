"""FIG-2 on real images, first light: a narrow ResNet-18 on a tenth of CIFAR-10, one seed, a few epochs.

It shows that the path from real image files to a judged record works, not that the claim holds: one seed is
never enough, and the epochs are far too few for over-training.
The files are the lossless CIFAR-10 training images as .npz; 10,000 of them are held out, balanced, for testing.
Run (DIR holds the files): the commands that `commands()` gives, about a quarter of an hour on two cores.
"""

import shlex
import textwrap

from ..config import RunConfig
from .declaration import Experiment
from .recipes import CIFAR, HELD_OUT, RESNET18

SEEDS = (0,)

#: Characters of a command that fit on a line of the page.
PAGE_WIDTH = 70


def declare() -> Experiment:
    """Declare the two recorded runs."""
    mixup = RunConfig(
        **{
            **CIFAR,
            **HELD_OUT,
            "model": RESNET18,
            "width": 8,
            "n": 5000,
            "milestones": (),
            "epochs": 40,
        }
    )
    return Experiment(
        id="FIG-2",
        title="Over-training on real images, resnet18",
        profile="recorded",
        arms={"ERM": mixup.but(alpha=0.0), "Mixup": mixup},
        seeds=SEEDS,
    )


def commands() -> list[str]:
    """Give the commands that make the records."""
    lines = []
    for arm in declare().arms.values():
        options = [
            f"--{name.replace('_', '-')} {shlex.quote(str(value))}"
            for name, value in arm.model_dump(exclude_defaults=True, exclude={"data_sha256"}).items()
        ]
        command = f"mixrepro run {' '.join(options)} --data-root DIR --store results"
        wrapped = textwrap.wrap(command, PAGE_WIDTH, break_long_words=False, break_on_hyphens=False)
        lines.append(" \\\n    ".join(wrapped))
    return lines
