"""How sharp the loss is around the networks of an experiment, at every epoch whose weights were kept.

Four rulers, since none of them is the sharpness. All are laid on the real training points of each run:

- the largest eigenvalue of the Hessian, the steepest curvature there is;
- its trace, the sum of all curvatures, estimated;
- the *rise of the loss*: by how much it grows at a given distance, on average over random directions, every filter
  moved in proportion to its own norm. It is what a filter-normalised surface shows. Unlike the first two it does
  not change when one layer's weights grow and the next one's shrink in return;
- the *rise of the error*, the share of wrong answers: unlike the loss, it does not change with the size of the
  outputs either.

Measuring needs torch and takes a while; what it returns does not need torch, so that it can be judged and drawn
anywhere.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .config import unknown_name
from .errors import ConfigError, found_expected
from .progress import reporting
from .record import Record
from .results import Results

#: Distances at which the rise is measured, in units of the filters' norms.
RADII = (0.1, 0.25, 0.5, 1.0)

#: Profile -> how finely it is measured: directions of the rise, random vectors of the trace, grid of the surface.
FINENESS = {
    "smoke": dict(num_directions=2, num_probes=4, size=7),
    "quick": dict(num_directions=4, num_probes=8, size=17),
    "small": dict(num_directions=4, num_probes=8, size=17),
    "paper": dict(num_directions=4, num_probes=8, size=21),
}

#: What this process has measured, so that several claims can rest on it.
_MEASURED: dict[tuple, "Sharpness"] = {}

#: Numbers of one network, and those at each of `RADII`.
NUMBERS = ("loss", "top_eigenvalue", "trace", "trace_error", "weight_norm", "output_size")
AT_RADII = ("rise", "error_rise")


@dataclass(frozen=True)
class Sharpness:
    """Sharpness along training; NaN where a run is missing or diverged.

    Attributes:
        scale: What was trained, in words.
        profile: Size of the experiment.
        arms: Names of the arms.
        seeds: Seeds of the runs.
        epochs: int64 [epochs], completed epochs, rising.
        radii: float64 [radii], distances in units of the filters' norms.
        loss: float64 [arms, seeds, epochs], loss on the real training points (nats).
        top_eigenvalue: float64 [arms, seeds, epochs], of the Hessian of that loss.
        trace: float64 [arms, seeds, epochs], estimated trace of the Hessian.
        trace_error: float64 [arms, seeds, epochs], its standard error.
        weight_norm: float64 [arms, seeds, epochs], Euclidean norm of the filters.
        output_size: float64 [arms, seeds, epochs], root mean square of the centred logits.
        rise: float64 [arms, seeds, epochs, radii], mean rise of the loss (nats).
        error_rise: float64 [arms, seeds, epochs, radii], mean rise of the share of wrong answers.
        drawn_seed: Whose surfaces are drawn: the first seed that is complete in every arm; None without one.
        axis: float64 [size], steps of the surface, in units of the filters' norms.
        surfaces: float64 [arms, epochs, size, size], loss (nats) of `drawn_seed`.
    """

    scale: str
    profile: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    epochs: np.ndarray
    radii: np.ndarray
    loss: np.ndarray
    top_eigenvalue: np.ndarray
    trace: np.ndarray
    trace_error: np.ndarray
    weight_norm: np.ndarray
    output_size: np.ndarray
    rise: np.ndarray
    error_rise: np.ndarray
    drawn_seed: int | None
    axis: np.ndarray
    surfaces: np.ndarray

    def of(self, arm: str, name: str, radius: float | None = None) -> np.ndarray:
        """Return a number of an arm, float64 [seeds, epochs]; `radius` is one of `radii`, for the rises."""
        values = getattr(self, name)[self.arms.index(arm)]
        return values if radius is None else values[..., int(np.flatnonzero(self.radii == radius)[0])]


def measure(
    results: Results,
    data_root: Path | None = None,
    device: str = "auto",
    reach: float = 1.0,
    **fineness: int | None,
) -> Sharpness:
    """Measure the sharpness of every run at every epoch whose weights it keeps, once a process.

    Args:
        results: Records with the same snapshots in every arm. Missing and diverged runs are left NaN.
        data_root: Where the data lie.
        device: What to compute on.
        reach: Half the side of the surface, in units of the filters' norms.
        fineness: Replaces numbers of `FINENESS`; None keeps the profile's.

    Raises:
        ConfigError: A name or number is unknown or out of range, or the arms keep different snapshots.
        DataError: The data are not there.
        StoreError: Weights are not what was written.
    """
    fine = _fineness(results.profile, fineness)
    digests = tuple(record and record.digest for records in results.records.values() for record in records)
    key = repr(results.experiment), digests, data_root, device, reach, tuple(fine.items())
    if key not in _MEASURED:
        _MEASURED[key] = _measure(results, data_root, device, reach, fine)
    return _MEASURED[key]


def _measure(
    results: Results, data_root: Path | None, device: str, reach: float, fine: dict[str, int]
) -> Sharpness:
    experiment = results.experiment
    epochs = _common_snapshots(results)
    shape = len(experiment.arms), len(experiment.seeds), len(epochs)
    found = {name: np.full(shape, np.nan) for name in NUMBERS}
    found |= {name: np.full((*shape, len(RADII)), np.nan) for name in AT_RADII}
    surfaces = np.full((shape[0], shape[2], fine["size"], fine["size"]), np.nan)
    axis, drawn = np.linspace(-reach, reach, fine["size"]), _first_complete(results)
    there = [
        (row, column, record)
        for row, arm in enumerate(experiment.arms)
        for column, record in enumerate(results.records[arm])
        if record and record.status == "complete"
    ]
    with reporting(f"{experiment.id}, sharpness", unit="network") as progress:
        for done, (row, column, record) in enumerate(there):
            surroundings = _Surroundings(record, data_root, device)
            for place, epoch in enumerate(epochs):
                for name, value in surroundings.numbers(epoch, fine).items():
                    found[name][row, column, place] = value
                if experiment.seeds[column] == drawn:
                    axis, surfaces[row, place] = surroundings.surface(epoch, reach, fine["size"])
                progress(done * len(epochs) + place + 1, len(there) * len(epochs))
    return Sharpness(
        scale=results.scale,
        profile=results.profile,
        arms=tuple(experiment.arms),
        seeds=experiment.seeds,
        epochs=np.array(epochs, dtype=np.int64),
        radii=np.array(RADII),
        **found,
        drawn_seed=drawn,
        axis=axis,
        surfaces=surfaces,
    )


def _common_snapshots(results: Results) -> tuple[int, ...]:
    kept = {arm: config.snapshots for arm, config in results.experiment.arms.items()}
    epochs = next(iter(kept.values()))
    if not epochs or set(kept.values()) != {epochs}:
        raise ConfigError(found_expected("snapshots", kept, "the same in every arm, at least one"))
    return epochs


def _fineness(profile: str, changes: dict[str, int | None]) -> dict[str, int]:
    known = FINENESS.get(profile, FINENESS["quick"])  # recorded runs have a profile of their own
    for name in changes:
        if name not in known:
            raise ConfigError(unknown_name("parameter", name, sorted(known)))
    return {**known, **{name: value for name, value in changes.items() if value is not None}}


def _first_complete(results: Results) -> int | None:
    for column, seed in enumerate(results.experiment.seeds):
        records = [records[column] for records in results.records.values()]
        if all(record and record.status == "complete" for record in records):
            return seed
    return None


class _Surroundings:
    """The networks that one run kept, and its training points."""

    def __init__(self, record: Record, data_root: Path | None, device: str) -> None:
        # Imported here, so that measured sharpness can be judged and drawn without torch.
        from .data import load
        from .training.device import pick_device
        from .training.points import Points

        self.record, self.device = record, pick_device(device)
        self.dataset = load(record.config, data_root)
        self.points = Points(self.dataset, [record.config], self.device)

    def network(self, epoch: int) -> Any:
        """Rebuild the network after `epoch` completed epochs."""
        from .models import restore

        shape, classes = self.dataset.x_train.shape[1:], self.dataset.num_classes
        return restore(self.record.config, self.record.weights(epoch), shape, classes).to(self.device)

    def numbers(self, epoch: int, fine: dict[str, int]) -> dict[str, Any]:
        """Return everything of `NUMBERS` and `AT_RADII`."""
        from . import curvature, landscape

        network, seed = self.network(epoch), self.record.config.seed
        loss, _ = landscape.around(network, self.points, [], np.zeros((1, 0)))
        rise, error_rise = landscape.rise(network, self.points, seed, RADII, fine["num_directions"])
        hessian = curvature.hessian(network, self.points)
        trace, trace_error = curvature.trace(hessian, seed, fine["num_probes"])
        return {
            "loss": loss[0],
            "top_eigenvalue": curvature.top_eigenvalue(hessian, seed),
            "trace": trace,
            "trace_error": trace_error,
            "weight_norm": landscape.weight_norm(network),
            "output_size": landscape.output_size(network, self.points),
            "rise": rise,
            "error_rise": error_rise,
        }

    def surface(self, epoch: int, reach: float, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the axis of the surface and the loss on it."""
        from . import landscape

        return landscape.surface(self.network(epoch), self.points, self.record.config.seed, reach, size)
