"""Updates as captured graphs: one replay a step, and no word from the host within an epoch.

A step on a GPU is some hundred short kernels. Launched one by one they take longer to start than to run; captured
once and replayed, they start as one. What differs from step to step is read on the device: the place in the epoch
from a counter, the points, partners and lam from tables that are overwritten once an epoch, the learning rate from
a tensor. Replicas are parallel branches of the graph, so that one fills the gaps of the others.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import Tensor

from .tables import Tables
from .units import Unit

Step = Callable[[], None]
#: Takes the branches of a step and what goes back to before it, and returns what repeats the step.
Capture = Callable[[Sequence[Step], Step], Step]

#: Steps before a capture: cuDNN chooses its algorithms, and memory is laid out.
WARM_UP = 3


class Branch:
    """A unit whose steps take everything that changes from the device.

    Args:
        unit: Replicas.
        tables: Memory for the tables of an epoch.
    """

    def __init__(self, unit: Unit, tables: Tables) -> None:
        self.unit, self.tables = unit, tables
        device = tables.own.device
        self.place = torch.zeros((), dtype=torch.int64, device=device)
        self.lr = torch.zeros((), device=device)
        self._ahead = torch.arange(unit.config.batch_size, device=device)

    def begin(self, tables: Tables, lr: float, batch: int = 0) -> None:
        """Go to a batch of an epoch."""
        self.tables.copy_from(tables)
        self.place.fill_(batch * self.unit.config.batch_size)
        self.lr.fill_(lr)

    def step(self, size: int) -> None:
        """Make the update of the next `size` points."""
        batch = self.tables.mixed(self.unit.points, self.place + self._ahead[:size], self.place)
        self.unit.step(batch, self.tables.eta, self.lr, self.place // self.unit.config.batch_size)
        self.place += size

    def state(self) -> list[Tensor]:
        """Return every tensor that a step changes and that outlives it."""
        network = self.unit.network
        return [*network.parameters(), *network.buffers(), *self.unit.momenta, self.unit.losses, self.place]


class Graphs:
    """The epochs of a stack: a graph for full batches, and one for the smaller last batch.

    Args:
        units: The replicas, each with its part of the data.
        capture: How steps become repeatable; by default as a CUDA graph.
    """

    def __init__(self, units: Sequence[Unit], capture: Capture | None = None) -> None:
        self.units, self._capture = units, capture or captured
        self._branches: list[Branch] = []
        self._replay: dict[int, Step] = {}

    def train_epoch(
        self, tables: Tables, lr: float, begin: int = 0, pause: Callable[[int], None] | None = None
    ) -> None:
        """Go through one epoch; the `total` of each unit becomes its mean loss.

        Args:
            tables: Of all replicas.
            lr: Learning rate.
            begin: First batch.
            pause: Told of the batches that are done.
        """
        steps = self._begin(tables, lr)[begin:]
        if begin:
            for branch in self._branches:
                branch.place.fill_(begin * branch.unit.config.batch_size)
        for index, size in enumerate(steps, begin + 1):
            self._replay[size]()
            if pause and index < begin + len(steps):
                pause(index)

    def gradient_norms(self, tables: Tables) -> Tensor:
        """Go through an epoch at fixed weights; see `gradient.gradient_norms`.

        Its steps are those of training, at a learning rate of zero; what they change besides is put back.

        Args:
            tables: Of all replicas.

        Returns:
            float64 [2, r], on the device: norm of the gradient of the whole epoch, and mean norm of a batch's own.
        """
        steps = self._begin(tables, 0.0)
        means = [unit.mean_gradient() for unit in self.units]
        of_batches = [0.0 for _ in self.units]
        with self._put_back():
            for size in steps:
                self._replay[size]()
                for index, unit in enumerate(self.units):
                    norms = unit.add_gradient(means[index], size / unit.config.n)
                    of_batches[index] = of_batches[index] + norms / len(steps)
        whole = [unit.norms(mean) for unit, mean in zip(self.units, means, strict=True)]
        return torch.stack([torch.cat(whole), torch.cat(of_batches)])

    def _begin(self, tables: Tables, lr: float) -> list[int]:
        """Go to the beginning of an epoch, and return the sizes of its batches; each is captured by now."""
        config = self.units[0].config
        if not self._branches:
            own = [tables.rows(unit.replicas) for unit in self.units]
            self._branches = [Branch(unit, part.copied()) for unit, part in zip(self.units, own, strict=True)]
        full, rest = divmod(config.n, config.batch_size)
        for size in {config.batch_size, rest} - {0, *self._replay}:
            self._replay[size] = self._prepared(size)
        for branch in self._branches:
            branch.begin(tables.rows(branch.unit.replicas), lr)
        return [config.batch_size] * full + [rest] * (rest > 0)

    @contextmanager
    def _put_back(self) -> Iterator[None]:
        """Undo what steps change."""
        changed = [tensor.detach() for branch in self._branches for tensor in branch.state()]
        before = [tensor.clone() for tensor in changed]
        try:
            yield
        finally:
            for tensor, value in zip(changed, before, strict=True):
                tensor.copy_(value)

    def _prepared(self, size: int) -> Step:
        """Capture the step of a batch; the steps that this takes are undone."""
        config = self.units[0].config
        start = 0 if size == config.batch_size else config.n - size  # partners are of the same batch

        def rewind() -> None:
            for branch in self._branches:
                branch.place.fill_(start)

        steps = [lambda branch=branch: branch.step(size) for branch in self._branches]
        with self._put_back():
            try:
                replay = self._capture(steps, rewind)
            except RuntimeError as error:  # torch names its own and CUDA's errors so
                warnings.warn(f"updates are not captured, and slower for it: {error}", stacklevel=2)
                replay = eager(steps, rewind)
        return replay


def eager(steps: Sequence[Step], rewind: Step) -> Step:
    """Repeat steps by calling them, one branch after the other."""

    def replay() -> None:
        for step in steps:
            step()

    rewind()
    replay()
    return replay


def captured(steps: Sequence[Step], rewind: Step) -> Step:
    """Capture steps as parallel branches of one CUDA graph, and return what replays it."""
    streams = [torch.cuda.Stream() for _ in steps]

    def branches() -> None:
        main = torch.cuda.current_stream()
        for stream, step in zip(streams, steps, strict=True):
            stream.wait_stream(main)
            with torch.cuda.stream(stream):
                step()
        for stream in streams:
            main.wait_stream(stream)

    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with _fastest(), torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            rewind()
            branches()
    torch.cuda.current_stream().wait_stream(aside)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with _fastest(), torch.cuda.graph(graph):
        branches()
    return graph.replay


def _fastest() -> AbstractContextManager[None]:
    """Let cuDNN choose its algorithms by trying them."""
    now = torch.backends.cudnn.allow_tf32
    return torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=now)
