"""The command line: what works, and one clear line for what does not."""

import json
import re
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from mixrepro import cli, cost
from mixrepro.claims import all_claims
from mixrepro.commands import run
from mixrepro.config import RunConfig
from mixrepro.training.schedule import evaluation_epochs


def mixrepro(capsys, *arguments):
    """Run the command line in process and return (exit code, stdout, stderr)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["mixrepro", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
    captured = capsys.readouterr()
    return code, captured.out, captured.err


TINY = ("--n", 40, "--width", 8, "--batch-size", 20, "--epochs", 3)


@pytest.fixture
def images(tmp_path):
    """A folder with one good .npz of 60 images in 3 classes."""
    folder = tmp_path / "images"
    folder.mkdir()
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    np.savez(folder / "a.npz", images=pixels, labels=np.arange(60) % 3)
    return folder


def test_run_prints_records_as_json(capsys, store):
    code, out, _ = mixrepro(capsys, "run", *TINY, "--seeds", "0:2", "--json")
    assert code == 0
    records = json.loads(out)
    assert [record["seed"] for record in records] == [0, 1]
    assert all(record["status"] == "complete" and 0 <= record["test_accuracy"] <= 1 for record in records)


def test_a_run_that_is_lost_is_highest_nowhere(capsys, store):
    (lost,) = json.loads(mixrepro(capsys, "run", *TINY, "--lr", 1e9, "--json")[1])
    assert (lost["status"], lost["epoch"]) == ("diverged", 0)
    assert lost["highest_test_accuracy"] is lost["highest_at"] is None


def test_run_prints_the_turn_that_its_records_have(capsys, store):
    curves = json.loads(mixrepro(capsys, "run", *TINY, "--seeds", "0:1", "--json")[1])
    out = mixrepro(capsys, "run", *TINY, "--seeds", "0:1")[1]
    assert f"highest at epoch {curves[0]['highest_at']} of 3, {curves[0]['highest_test_accuracy']:.1%}" in out
    assert curves[0]["highest_test_accuracy"] >= curves[0]["test_accuracy"]


def test_run_trains_resnet18_on_a_folder_of_images(capsys, store, images):
    code, out, _ = mixrepro(
        capsys, "run", "--data", "arrays", "--data-root", images, "--model", "resnet18", "--width", 8,
        "--n", 30, "--batch-size", 10, "--epochs", 1, "--test-size", 15,
    )  # fmt: skip
    assert code == 0
    assert "15 were held out" in out
    assert "complete" in out


def test_sweep_lists_runs_without_training(capsys, store):
    code, out, _ = mixrepro(capsys, "sweep", "FIG-6", "--profile", "smoke", "--dry-run")
    assert code == 0
    assert "switch at 10: 0 of 4 runs there" in out
    assert not store.root.exists()


def test_sweep_estimates_what_is_missing_from_a_measured_speed(capsys, store):
    def estimate(*arguments):
        code, out, _ = mixrepro(capsys, "sweep", "FIG-2", "--dry-run", *arguments)
        assert code == 0
        found = re.search(r"to do: (\d+) runs, about ([\d,.]+) (s|min|h) on this machine", out)
        return int(found[1]), float(found[2].replace(",", "")) * {"s": 1, "min": 60, "h": 3600}[found[3]]

    assert estimate("--profile", "quick")[0] == 10
    runs, before = estimate("--profile", "smoke")
    assert runs == 8
    started = time.perf_counter()
    mixrepro(capsys, "sweep", "FIG-2", "--profile", "smoke")
    took = time.perf_counter() - started
    assert before / 10 - 1 < took < 10 * before + 5  # the machine may be busy; the estimate is no guess, though
    assert estimate("--profile", "smoke") == (0, 0)


def test_estimate_counts_the_test_points_that_are_held_out():
    config = RunConfig(data="arrays", test_size=500, model="mlp", epochs=3)
    speed = cost.Speed(step=0.0, forward=1.0, together=1)
    of_test = {size: cost.estimated_seconds([config.but(test_size=size)], speed) for size in (500, 2_000)}
    measurements = len(evaluation_epochs(config))
    assert of_test[2_000] - of_test[500] == pytest.approx(measurements * 2 * 1_500 / config.batch_size)


def test_sweep_takes_some_arms_and_what_other_code_recorded(capsys, store, monkeypatch):
    options = ("sweep", "FIG-2", "--profile", "smoke", "--set", "num_seeds=2", "--set", "epochs=3")
    code, out, _ = mixrepro(capsys, *options, "--arm", "ERM")
    assert code == 0
    assert "2 records in" in out
    for module in ("mixrepro.store", "mixrepro.sweep"):
        monkeypatch.setattr(f"{module}.code_digest", lambda: "of another day")
    assert "ERM: 0 of 2 runs there" in mixrepro(capsys, *options, "--dry-run")[1]
    assert "ERM: 2 of 2 runs there" in mixrepro(capsys, *options, "--dry-run", "--any-code")[1]
    code, _, err = mixrepro(capsys, *options, "--arm", "Mixdown")
    assert code == 1
    assert "arm: found 'Mixdown', expected one of ERM; Mixup" in err


def test_claim_of_ours_is_swept_by_its_own_runs(capsys, store):
    for claim, title in (
        ("FIG-13", "squared error, mlp"),
        ("FIG-13+", "squared error, constant learning rate, mlp"),
    ):
        code, out, _ = mixrepro(capsys, "sweep", claim, "--profile", "smoke", "--dry-run", "--set", "num_seeds=1")
        assert code == 0
        assert title in out


def test_sweep_takes_settings_and_names_a_wrong_one(capsys, store):
    code, out, _ = mixrepro(
        capsys, "sweep", "FIG-6", "--profile", "paper", "--model", "resnet18", "--dry-run", "--set", "data=svhn",
        "--set", "percent=30", "--set", "width=8", "--set", "batch-size=4", "--set", "num_seeds=3",
    )  # fmt: skip
    assert code == 0
    assert "svhn, resnet18 of width 8, n = 21,970, 200 epochs" in out
    assert "switch at 125: 0 of 3 runs there" in out
    for setting, message in {
        "percent=31": "percent: found 31, expected one of 100, 30 for svhn",
        "epochss=3": "parameter: found 'epochss', expected one of",
        "epochs=": "epochs: found '', expected a valid integer",
        "epochs": "--set: found 'epochs', expected NAME=VALUE",
        "lr=fast": "lr: found 'fast', expected",
    }.items():
        code, _, err = mixrepro(capsys, "sweep", "FIG-6", "--profile", "paper", "--model", "resnet18", "--dry-run",
                                "--set", "data=svhn", "--set", setting)  # fmt: skip
        assert code == 1
        assert message in err


def test_every_size_is_listed_and_what_is_missing_is_called_not_run(capsys, store):
    code, out, _ = mixrepro(capsys, "verdicts", "FIG-6")
    assert code == 0
    for profile in ("smoke", "quick", "paper"):
        assert f"FIG-6  {profile}  not run" in out
    assert "FIG-6  small  " in out  # its runs are recorded


def test_verdicts_name_data_and_machine(capsys, store):
    mixrepro(capsys, "sweep", "LEMMA-3.1", "--profile", "smoke")
    code, out, _ = mixrepro(capsys, "verdicts", "LEMMA-3.1", "--profile", "smoke", "--json")
    (judged,) = json.loads(out)
    assert code == 0
    assert (judged["runs"], judged["runs_declared"]) == (9, 9)
    assert judged["verdict"] in ("supported", "inconclusive", "refuted")
    assert judged["data"].startswith("MNIST-1D")
    assert judged["machine"].startswith("CPU")


def test_verdicts_are_not_run_without_runs_and_need_no_torch(store):
    code = (
        "import sys; from mixrepro import cli; sys.argv = ['', 'verdicts', '--profile', 'smoke', '--json']; "
        "cli.app(standalone_mode=False); sys.exit(3 if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    judged = json.loads(done.stdout)
    recorded = {claim.id for claim in all_claims() if claim.model != "theory" and "smoke" in claim.profiles}
    assert recorded >= {"LEMMA-3.1", "FIG-1", "FIG-2", "FIG-6"}
    assert {verdict["claim"] for verdict in judged} > recorded
    assert {verdict["verdict"] for verdict in judged if verdict["claim"] in recorded} == {"not run"}


def test_verdicts_judges_the_claims_that_are_named(capsys, store):
    code, out, _ = mixrepro(capsys, "verdicts", "LEMMA-3.1+", "FIG-6", "--profile", "smoke", "--json")
    assert code == 0
    assert {verdict["claim"]: verdict["verdict"] for verdict in json.loads(out)} == {
        "LEMMA-3.1+": "supported",
        "FIG-6": "not run",
    }


def test_verdicts_refuses_a_claim_that_is_none(capsys, store):
    code, _, err = mixrepro(capsys, "verdicts", "FIG-66", "--profile", "smoke")
    assert code == 1
    assert "claim: found 'FIG-66', expected one of" in err
    assert "did you mean 'FIG-6'?" in err


def broken_zip(folder):
    raw = (folder / "a.npz").read_bytes()
    (folder / "b.npz").write_bytes(raw[: len(raw) // 2])
    return "b.npz"


def missing_keys(folder):
    np.savez(folder / "b.npz", pictures=np.zeros(3))
    return "b.npz"


def wrong_shape(folder):
    np.savez(folder / "b.npz", images=np.zeros((4, 5), dtype=np.uint8), labels=np.zeros(4, dtype=int))
    return "b.npz"


def wrong_labels(folder):
    np.savez(folder / "b.npz", images=np.zeros((4, 32, 32, 3), dtype=np.uint8), labels=np.array([0, 1, 2, -1]))
    return "b.npz"


def not_a_zip(folder):
    with zipfile.ZipFile(folder / "b.npz", "w") as archive:
        archive.writestr("images.npy", b"not an array")
    return "b.npz"


@pytest.mark.parametrize("damage", [broken_zip, missing_keys, wrong_shape, wrong_labels, not_a_zip])
def test_bad_data_file_is_named_before_anything_is_written(capsys, store, images, damage):
    name = damage(images)
    code, _, err = mixrepro(capsys, "run", "--data", "arrays", "--data-root", images, "--n", 30, "--epochs", 1,
                            "--batch-size", 10)  # fmt: skip
    assert code == 1
    assert err.startswith("error: ")
    assert name in err
    assert "expected" in err
    assert err.count("\n") == 1
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--alpha", "-1"), "alpha: found -1.0, expected greater than or equal to 0"),
        (("run", "--n", 1005), "n: found 1005, expected a positive multiple of the 10 classes"),
        (("run", "--n", 9000), "n: found 9000, expected at most"),
        (
            ("run", "--data", "imagenet"),
            "data: found 'imagenet', expected 'mnist1d', 'cifar10', 'cifar100', 'svhn' or 'arrays'",
        ),
        (("run", "--data", "arrays", "--data-root", "nowhere", "--n", 30), "nowhere"),
        (("run", "--milestones", "10,x"), "milestones: found '10,x'"),
        (("run", "--epochs", "many"), "epochs: found 'many', expected a valid integer"),
        (("run", "--lr", "fast"), "lr: found 'fast', expected a valid number"),
        (("run", "--alpha", "nan"), "alpha: found nan, expected a finite number"),
        (("run", "--seeds", "5:1"), "seeds: found '5:1', expected a rising range"),
        (("run", "--seeds", "a"), "seeds: found 'a'"),
        (("run", "--device", "tpu9"), "device: found 'tpu9', expected auto, cpu, cuda, cuda:1 or another"),
        (("run", "--seeds", "0-5"), "seeds: found '0-5', expected a range such as 0:5, without its end"),
        (("run", "--seeds", ""), "seeds: found '', expected integers separated by commas"),
        (("sweep", "fig-6"), "claim: found 'fig-6', expected 'FIG-6': the ids of claims are in capitals"),
        (("verdicts", "lemma-3.1+"), "claim: found 'lemma-3.1+', expected 'LEMMA-3.1+': the ids"),
        (("run", "--switch-epoch", 999), "switch_epoch: found 999, expected at most epochs=3"),
        (("sweep", "FIG-99"), "claim: found 'FIG-99'"),
        (("sweep", "FIG-2", "--profile", "huge"), "profile: found 'huge'"),
        (("sweep", "FIG-2", "--model", "vit"), "model: found 'vit'"),
        (("sweep", "LEMMA-3.1", "--model", "mlp", "--profile", "paper"), "profile: found 'paper'"),
        (("sweep", "FIG-2", "--workers", "0"), "--workers: found 0, expected a number, at least 1"),
        (
            ("sweep", "FIG-2", "--workers", "2", "--scheduler", "tcp://h:1"),
            "--workers, --scheduler: found a value",
        ),
        (("sweep", "FIG-2", "--budget", "9"), "--budget: found '9', expected a duration, as in 90s, 9m"),
        (("sweep", "notebook", "99_none"), "chapter: found '99_none', expected one of 01_loss_bound"),
        (
            ("sweep", "notebook", "02_over_training", "-p", "alpha", "-1"),
            "parameter alpha: found -1, expected greater",
        ),
        (("sweep", "notebook", "02_over_training", "-p", "alpha"), "-p: found 'alpha', expected -p NAME VALUE"),
        (("sweep", "notebook", "02_over_training", "-p", "n", "20", "-p", "n", "30"), "-p n: found a second time"),
        (("sweep", "notebook", "02_over_training", "--workers", "0"), "--workers: found 0, expected a number"),
        (("verdicts", "--profile", "huge"), "profile: found 'huge'"),
        (("book", "--profile", "huge"), "profile: found 'huge'"),
        (("book", "09_swiching"), "chapter: found '09_swiching', expected one of 01_loss_bound"),
        (("book", "--cell-timeout", "-1"), "--cell-timeout: found -1.0, expected a number, at least 0"),
        (("data", "check", "--data", "arrays", "--data-root", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_is_one_line_and_a_non_zero_exit(capsys, store, arguments, message):
    if arguments[0] == "run":
        given = {argument for argument in arguments if str(argument).startswith("--")}
        tiny = [TINY[i : i + 2] for i in range(0, len(TINY), 2) if TINY[i] not in given]
        arguments = (*arguments, *(part for pair in tiny for part in pair))
    code, out, err = mixrepro(capsys, *arguments)
    assert code != 0
    assert out == ""
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not store.root.exists() or not list(store.root.iterdir())


def test_unknown_option_is_refused_with_a_hint(capsys, store):
    code, _, err = mixrepro(capsys, "run", "--alhpa", 1)
    assert code == 2
    assert "--alhpa" in err
    assert "--alpha" in err


def test_store_that_cannot_be_written_is_named(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = mixrepro(capsys, "run", *TINY, "--store", tmp_path / "file")
    assert code == 1
    assert "file: found a folder that refuses" in err


COMMANDS = [
    "",
    "run",
    "sweep",
    "records",
    "sweep notebook",
    "verdicts",
    "book",
    "data list",
    "data check",
    "reliability",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    code, out, _ = mixrepro(capsys, *command.split(), "--help")
    assert code == 0
    assert "Usage" in out


def test_every_field_of_a_run_is_an_option(capsys):
    _, out, _ = mixrepro(capsys, "run", "--help")
    for field in run.RUN_FIELDS:
        assert f"--{field.replace('_', '-')}" in out


def test_data_list_names_the_data_sets(capsys):
    _, out, _ = mixrepro(capsys, "data", "list")
    assert [line.split()[0] for line in out.split("\n\n")[0].splitlines()] == [
        "mnist1d",
        "cifar10",
        "cifar100",
        "svhn",
        "arrays",
    ]
