"""How much of Mixup's gradient norm is the gradient of its expected loss, and how much the noise of one draw.

The gradient of an epoch is g = G + e: G is that of the expected Mixup loss, e the noise of the epoch's pairs and
lam. So E||g||^2 = ||G||^2 + E||e||^2, and the norm of one draw stays above zero at a stationary point, too. Two
independent draws tell the parts apart, as their noise is uncorrelated: E<g, g'> = ||G||^2. Many epochs are drawn
at fixed weights, none of which the run itself trains on, and all pairs of them averaged.

Measuring needs torch; what it returns does not, so that it can be judged and drawn anywhere.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import ConfigError, found_expected
from .progress import reporting
from .record import Record
from .results import Results

#: Profile -> epochs drawn at each snapshot.
DRAWS = {"smoke": 4, "quick": 8, "small": 8, "paper": 8}


@dataclass(frozen=True)
class ExpectedGradient:
    """Squared norms of the gradient at the snapshots of an arm; NaN where a run is missing or diverged.

    Attributes:
        scale: What was trained, in words.
        profile: Size of the experiment.
        epochs: int64 [epochs], completed epochs.
        one_draw: float64 [seeds, epochs], mean squared norm of the mean gradient of one epoch (full batch).
        expected: float64 [seeds, epochs], unbiased estimate of the squared norm of the expected loss's gradient;
            may be negative where that is small.
        along_run: float64 [seeds, points], the full-batch norm that the runs recorded.
    """

    scale: str
    profile: str
    epochs: np.ndarray
    one_draw: np.ndarray
    expected: np.ndarray
    along_run: np.ndarray


def measure(
    results: Results, arm: str = "Mixup", draws: int | None = None, data_root: Path | None = None
) -> ExpectedGradient:
    """Measure both squared norms for every run of an arm, at every epoch whose weights it keeps.

    Args:
        results: Records with snapshots.
        arm: Which arm.
        draws: Epochs to draw at each snapshot; default: the profile's number.
        data_root: Where the data lie.

    Raises:
        ConfigError: Fewer than two draws, an arm that is not there, or one without snapshots.
        DataError: The data are not there.
        StoreError: Weights are not what was written.
    """
    experiment = results.experiment
    if arm not in experiment.arms:
        raise ConfigError(found_expected("arm", arm, f"one of {', '.join(experiment.arms)}"))
    draws = DRAWS.get(results.profile, DRAWS["quick"]) if draws is None else draws
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 2:
        raise ConfigError(found_expected("draws", draws, "an integer, at least 2: one cannot tell noise"))
    epochs = experiment.arms[arm].snapshots
    if not epochs:
        raise ConfigError(found_expected("snapshots", epochs, "at least one epoch"))
    one_draw, expected = np.full((2, len(experiment.seeds), len(epochs)), np.nan)
    with reporting(f"{experiment.id}, expected gradient", unit="network") as progress:
        for row, record in enumerate(results.records[arm]):
            for place, epoch in enumerate(epochs):
                if record and record.status == "complete":
                    gradients = drawn_gradients(record, epoch, draws, data_root)
                    one_draw[row, place], expected[row, place] = split(gradients @ gradients.T)
                progress(row * len(epochs) + place + 1, one_draw.size)
    _, along_run = results.curve(arm, "gradient_norm")
    return ExpectedGradient(results.scale, results.profile, np.array(epochs), one_draw, expected, along_run)


def split(products: np.ndarray) -> tuple[float, float]:
    """Return the mean squared norm of draws, and the mean inner product of two different ones.

    Args:
        products: float64 [draws, draws], inner products of the gradients of independent draws.
    """
    draws = len(products)
    own = float(np.trace(products))
    return own / draws, float(products.sum() - own) / (draws * (draws - 1))


def drawn_gradients(record: Record, epoch: int, draws: int, data_root: Path | None = None) -> np.ndarray:
    """Return the mean gradient of each of several epochs, at the weights that a run kept.

    The epochs are those that would follow the end of the run: draws that it has not trained on.

    Args:
        record: A run with snapshots.
        epoch: Which of them.
        draws: How many epochs.
        data_root: Where the data lie.

    Returns:
        float64 [draws, parameters].
    """
    # Imported here, so that what was measured can be judged and drawn without torch.
    import torch

    from .data import load
    from .models import restore
    from .training.draws import draw_epoch
    from .training.points import Points
    from .training.step import batch_loss

    config, device = record.config, torch.device("cpu")
    dataset = load(config, data_root)
    points = Points(dataset, [config], device)
    model = restore(config, record.weights(epoch), dataset.x_train.shape[1:], dataset.num_classes)
    parameters = list(model.parameters())
    eta = torch.tensor([config.eta])
    found = []
    for number in range(draws):
        drawn = draw_epoch([config], config.epochs + number, device)
        mean = [torch.zeros_like(parameter, dtype=torch.float64) for parameter in parameters]
        for index, (batch, x, y) in enumerate(points.batches(drawn.order, config.batch_size, drawn.augment)):
            lam = drawn.lam[:, index] if config.lam_per == "batch" else drawn.lam[:, batch]
            loss = batch_loss(model, config, x, y, lam, drawn.perm[:, batch], eta)
            for total, part in zip(mean, torch.autograd.grad(loss.sum(), parameters), strict=True):
                total += part.double() * (y.shape[1] / config.n)
        found.append(torch.cat([part.flatten() for part in mean]).numpy())
    return np.stack(found)
