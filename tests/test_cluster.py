"""A Dask cluster of real processes: it places stacks, and the store holds the truth."""

import builtins

import pytest

from mixrepro import sweep
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError, DataError, PlacingError
from mixrepro.placing import cluster
from mixrepro.placing.choice import choose
from mixrepro.reliability import placing
from mixrepro.store import Store

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """A scheduler with one worker that offers a GPU, whether it has one or not."""
    with placing.dask_cluster(tmp_path_factory.mktemp("dask"), 1, "--resources", "GPU=1") as (address, _):
        yield address


def test_sweep_survives_a_worker_that_is_killed():
    figure = placing.cluster(epochs=60)
    assert figure.passed, figure.found


def test_finished_sweep_asks_no_scheduler(tmp_path, tiny):
    store = Store(tmp_path)
    sweep.train_missing([tiny], store, quiet=True)
    assert sweep.train_missing([tiny], store, quiet=True, place=choose(scheduler="tcp://127.0.0.1:1"))


def test_an_error_of_a_worker_is_the_sweeps_error(scheduler, tmp_path):
    config = RunConfig(data="arrays", n=20, batch_size=10, epochs=1)
    with pytest.raises(DataError, match="no-such-folder"):
        cluster.train_on_cluster(
            [[config]], Store(tmp_path), tmp_path / "no-such-folder", "cpu", "x", True, scheduler=scheduler
        )


def test_other_code_on_a_worker_is_refused(scheduler, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(cluster, "code_digest", lambda: "other")
    with pytest.raises(
        ConfigError, match=r"mixrepro on a worker: found '[0-9a-f]{16}', expected the same code, other"
    ):
        cluster.train_on_cluster([[tiny]], Store(tmp_path), None, "cpu", "x", True, scheduler=scheduler)


def test_a_store_that_workers_do_not_share_is_named(scheduler, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(cluster.Store, "find", lambda store, config: None)  # as on a disk of our own
    with pytest.raises(PlacingError, match=r"found no record, though worker tcp://.* expected a folder that all"):
        cluster.train_on_cluster([[tiny]], Store(tmp_path), None, "cpu", "x", True, scheduler=scheduler)


def test_cuda_goes_to_workers_that_offer_a_gpu(scheduler, tmp_path, tiny, monkeypatch):
    client = cluster.connect(scheduler)
    assert cluster.able_workers(client, "cuda") == 1
    client.close()
    submitted = []
    submit = distributed.Client.submit

    def note(self, function, *arguments, **options):
        submitted.append(options["resources"])
        return submit(self, function, *arguments, **options)

    monkeypatch.setattr(distributed.Client, "submit", note)
    cluster.train_on_cluster([[tiny]], Store(tmp_path), None, "cpu", "x", True, scheduler=scheduler)
    with pytest.raises(ConfigError, match="device: found 'cuda"):  # it went there, and there is none
        cluster.train_on_cluster([[tiny]], Store(tmp_path / "b"), None, "cuda", "x", True, scheduler=scheduler)
    assert submitted == [None, {"GPU": 1}]


def test_no_worker_that_may_train_is_an_error(tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 0.5)
    with placing.dask_cluster(tmp_path, 0) as (address, _):
        assert cluster.workers_of(address) == 1
        expected = r"found no worker that may train, expected dask worker \.\.\. --resources GPU=1"
        with pytest.raises(PlacingError, match=expected):
            cluster.train_on_cluster([[tiny]], Store(tmp_path), None, "cuda", "x", True, scheduler=address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x"])
def test_a_scheduler_that_does_not_answer_is_named(address, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(ConfigError, match=f"--scheduler: found '{address} .*expected the address of a scheduler"):
        sweep.train_missing([tiny], Store(tmp_path), quiet=True, place=choose(scheduler=address))
    assert not list(tmp_path.rglob("*.parquet"))


def test_missing_dask_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name == "distributed":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"found no installation of distributed, .*mixrepro\[cluster\]"):
        cluster.connect("tcp://127.0.0.1:1")
