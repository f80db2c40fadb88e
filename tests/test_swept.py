"""A sweep ends with the verdict on the runs that it swept, at whichever settings."""

import json
import re

import pytest

from mixrepro.experiments import DECLARATIONS
from test_cli import mixrepro

TINY = ("--profile", "smoke", "--set", "epochs=6", "--set", "width=8")


def test_sweep_ends_with_the_verdict_on_its_own_runs(capsys, store):
    own = ("sweep", "FIG-2", *TINY, "--set", "num_seeds=2")
    code, out, _ = mixrepro(capsys, *own)
    assert code == 0
    assert re.search(
        r"^FIG-2  smoke  inconclusive  \(mnist1d, mlp of width 8, .* 6 epochs, .* 4 of 4 runs\)$", out, re.M
    )
    assert re.search(r"^    inconclusive  n = . of 2 .* ERM", out, re.M)
    code, out, err = mixrepro(capsys, *own, "--json")
    found = json.loads(out)
    assert code == 0
    assert "4 records in" in err
    assert (found["verdict"]["claim"], found["verdict"]["verdict"]) == ("FIG-2", "inconclusive")
    assert [(each["arm"], each["seed"]) for each in found["records"]] == [
        ("ERM", 0), ("ERM", 1), ("Mixup", 0), ("Mixup", 1)
    ]  # fmt: skip
    assert mixrepro(capsys, "sweep", "FIG-2", *TINY, "--arm", "ERM")[1].count("\n") == 1  # a part is not judged


def test_sweep_says_why_there_is_no_verdict(capsys, store):
    code, out, _ = mixrepro(capsys, "sweep", "FIG-16", *TINY, "--set", "num_seeds=1", "--set", "shifted_sets=")
    assert code == 0
    assert "no verdict: shifted_sets: found" in out
    code, out, _ = mixrepro(capsys, "sweep", "FIG-2-MAP", *TINY, "--set", "num_seeds=1")
    assert code == 0
    assert "FIG-2-MAP+  smoke  inconclusive" in out


def test_rule_that_does_not_fit_own_settings_costs_no_run(capsys, store):
    own = ("--set", "num_seeds=1", "--set", "shares=50,100")
    code, out, _ = mixrepro(capsys, "sweep", "FIG-3", *TINY, *own)
    assert code == 0
    assert "4 records in" in out
    assert "no verdict: the rule of FIG-3 does not fit these settings (ValueError: too many values" in out


def test_verdicts_of_a_store_that_is_not_there_are_an_error(capsys, store, tmp_path):
    code, out, err = mixrepro(capsys, "verdicts", "FIG-6", "--store", tmp_path / "nowhere")
    assert (code, out) == (1, "")
    assert f"--store {tmp_path / 'nowhere'}: found no such folder, expected a folder of run records" in err


@pytest.mark.parametrize("claim", DECLARATIONS)
def test_every_claim_that_can_be_swept_has_a_rule_to_be_judged_by(claim):
    from mixrepro.claims import all_claims

    judged = {each.id for each in all_claims()}
    assert claim in judged or f"{claim}+" in judged
