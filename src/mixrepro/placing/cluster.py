"""A Dask cluster that is already there: a scheduler, and workers anywhere that see the same store.

Dask brings stacks to workers and places a stack again whose worker died. It holds no results: those are in the
store, which has to lie on a disk that all workers share.
"""

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError, MixreproError, PlacingError, found_expected
from ..store import Store, code_digest
from .display import Display, showing

#: How long to wait for a scheduler's answer, and for a worker where there is none, in seconds.
CONNECT_SECONDS = 10.0
WORKER_SECONDS = 60.0
SECONDS_BETWEEN_LOOKS = 0.2


def train_on_cluster(
    stacks: Sequence[Sequence[RunConfig]],
    store: Store,
    data_root: Path | None,
    device: str,
    label: str,
    quiet: bool = False,
    deadline: float | None = None,
    *,
    scheduler: str,
) -> None:
    """Train stacks on the workers of a Dask scheduler.

    With `device` cuda a stack asks for the resource `GPU`, of which `dask worker --resources GPU=1` has one.

    Args:
        stacks: Each is trained together by one worker; they are begun in this order.
        store: Where records are kept; workers find it under the same path.
        data_root: Where the data lie, for the workers.
        device: What to train on.
        label: What to call it.
        quiet: Show no progress.
        deadline: When to stop, as `time.time` counts; what was begun is checkpointed.
        scheduler: Its address, as tcp://HOST:8786.

    Raises:
        ConfigError: Dask is not installed, no scheduler answers, or a worker has other code.
        PlacingError: There is no worker that may train, a stack's workers died again and again, or a worker wrote
            to another store.
        MixreproError: What a worker raised.
    """
    client = connect(scheduler)
    try:
        with showing(label, stacks, quiet) as display:
            _train(client, stacks, store, data_root, device, display, deadline)
    finally:
        client.close()


def connect(scheduler: str) -> Any:
    """Return a client of a scheduler.

    Raises:
        ConfigError: Dask is not installed, or no scheduler answers there.
    """
    try:
        import distributed
    except ImportError:
        found = "no installation of distributed"
        raise ConfigError(found_expected("--scheduler", found, "it: pip install 'mixrepro[cluster]'")) from None
    try:
        return distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        found = f"{scheduler} ({type(error).__name__})"
        expected = "the address of a scheduler that answers, as tcp://HOST:8786"
        raise ConfigError(found_expected("--scheduler", found, expected)) from None


def workers_of(scheduler: str) -> int:
    """Count the workers of a scheduler now, at least one; others may come and go.

    Raises:
        ConfigError: Dask is not installed, or no scheduler answers there.
    """
    client = connect(scheduler)
    try:
        return max(1, len(client.nthreads()))
    finally:
        client.close()


def able_workers(client: Any, device: str) -> int:
    """Count the workers that may train on a device: on cuda those that offer a GPU."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return sum(not device.startswith("cuda") or worker["resources"].get("GPU", 0) >= 1 for worker in workers)


def _train(
    client: Any,
    stacks: Sequence[Sequence[RunConfig]],
    store: Store,
    data_root: Path | None,
    device: str,
    display: Display,
    deadline: float | None,
) -> None:
    topic = f"mixrepro-{uuid.uuid4().hex}"  # this sweep's own: two may use one cluster
    client.subscribe_topic(topic, lambda event: display.report(*event[1]))
    resources = {"GPU": 1} if device.startswith("cuda") else None
    arguments = (str(store.root.absolute()), data_root and str(Path(data_root).absolute()), device)
    arguments += (deadline, code_digest(), topic)
    futures = {}
    for index, stack in enumerate(stacks):
        fields = [config.model_dump(mode="json") for config in stack]
        options = {"key": f"{topic}-{index}", "resources": resources, "pure": False}
        futures[client.submit(_work, index, fields, *arguments, **options)] = index
    try:
        waiting, alone_since = set(futures), time.monotonic()
        while waiting:
            finished = {future for future in waiting if future.done()}
            waiting -= finished
            for future in finished:
                if _result(future, stacks[futures[future]], store):
                    display.finish(futures[future])
            if able_workers(client, device):
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > WORKER_SECONDS:
                expected = f"dask worker ... {'--resources GPU=1' if resources else ''}".rstrip()
                raise PlacingError(found_expected(client.scheduler.address, "no worker that may train", expected))
            time.sleep(0 if finished else SECONDS_BETWEEN_LOOKS)
    finally:
        client.cancel(list(futures))
        client.unsubscribe_topic(topic)


def _result(future: Any, stack: Sequence[RunConfig], store: Store) -> bool:
    """Return whether a stack is recorded."""
    if future.status != "finished":
        error = future.exception()
        if isinstance(error, MixreproError):
            raise error
        runs = ", ".join(config.run_id() for config in stack)
        found = f"a worker that failed ({type(error).__name__}: {error})"
        raise PlacingError(found_expected(f"runs {runs}", found, "one that trains them")) from error
    complete, worker = future.result()
    for config in stack if complete else ():
        if store.find(config) is None:
            found = f"no record, though worker {worker} wrote one"
            raise PlacingError(found_expected(f"store {store.root}", found, "a folder that all workers share"))
    return complete


def _work(
    index: int,
    stack: list[dict[str, Any]],
    store: str,
    data_root: str | None,
    device: str,
    deadline: float | None,
    code: str,
    topic: str,
) -> tuple[bool, str]:
    """Train one stack, on a worker."""
    import json

    from distributed import get_worker

    from .unit import train_unit

    worker = get_worker()
    complete = train_unit(
        [RunConfig.from_json(json.dumps(config)) for config in stack],
        Path(store),
        data_root and Path(data_root),
        device,
        lambda done, total: worker.log_event(topic, (index, done, total)),
        deadline,
        code,
    )
    return complete, worker.address
