"""Every run that the paper asks for can be started: network, data and loss fit at full width."""

from functools import cache

import pytest
import torch

from mixrepro.claims import all_claims
from mixrepro.config import RunConfig
from mixrepro.cost import SHAPES
from mixrepro.data.dataset import Dataset
from mixrepro.results import Results
from mixrepro.training.trial import train_together

BATCH = 4


@cache
def declared():
    """Return one run for each thing that decides whether a step can be taken, with where it is declared."""
    kinds = {}
    for claim in all_claims():
        if "paper" in claim.profiles:
            evidence = claim.evidence("paper", [])
            assert isinstance(evidence, Results)
            for config in evidence.experiment.runs():
                if config.data == "arrays":  # the same images, from files
                    files = dict(data_files="*.npz", data_sha256=None, test_size=None)
                    config = config.but(data="cifar10", precision="fp32", **files)
                kind = (
                    config.data,
                    config.model,
                    config.loss,
                    config.augment,
                )  # ERM or Mixup decides nothing here
                kinds.setdefault(kind, (claim.id, config))
    # What is augmented passes through all that its like without augmentation passes through.
    return {kind: run for kind, run in kinds.items() if kind[3] != "none" or (*kind[:3], "crop_flip") not in kinds}


def synthetic(data):
    """Images of the right shape, a few of each class."""
    shape, classes, _ = SHAPES[data]
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(2 * classes) % classes
    x = torch.randint(0, 256, (len(y), *shape), dtype=torch.uint8, generator=generator)
    scale = torch.full((3,), 0.5)
    names = tuple(map(str, range(classes)))
    return Dataset(data, x, y, x[:BATCH], y[:BATCH], classes, names, scale, scale, "made up", "")


def test_paper_profile_holds_the_papers_networks_data_and_losses():
    kinds = declared()
    assert {kind[0] for kind in kinds} == {"cifar10", "cifar100", "svhn"}
    assert {kind[1] for kind in kinds} == {"resnet18", "resnet34", "vgg16"}
    assert {kind[2] for kind in kinds} == {"ce", "mse", "regmixup"}
    assert {kind[3] for kind in kinds} == {"none", "crop_flip"}
    assert all(config.width == 64 for _, config in kinds.values())


@pytest.mark.parametrize("kind", sorted(declared()), ids=lambda kind: "-".join(map(str, kind)))
def test_a_step_of_a_paper_run_at_full_width(kind):
    claim, config = declared()[kind]
    dataset = synthetic(config.data)
    fields = dict(config) | dict(
        n=dataset.num_classes, batch_size=dataset.num_classes, epochs=1, switch_epoch=None, snapshots=(),
        shifted_sets=(), milestones=(),
    )  # fmt: skip
    (outcome,) = train_together([RunConfig(**fields)], dataset, "cpu")
    assert outcome.diverged_at is None, claim
    for column in ("objective", "train_loss", "test_loss", "gradient_norm"):
        assert torch.isfinite(torch.from_numpy(outcome.columns[column])).all(), (claim, column)
