"""REM-5.5: the printed expression against the sum written out, and verdicts both ways."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import rem_5_5 as check
from mixrepro.claims import rem_5_5 as claim
from mixrepro.errors import ConfigError
from mixrepro.theory.risk_bound import equal_spectrum_sum


def test_sum_over_equal_modes_carries_c1_and_d():
    theta, mu, c1, c2, eta, t = (0.3, -1.2, 0.5), 0.7, 3.0, 0.4, 0.1, 5.0
    u = math.exp(-eta * mu * t)
    written = c1 * sum(value**2 * u**2 + c2 / mu * (1 - u) ** 2 for value in theta)
    terms = dict(mu=mu, length=np.linalg.norm(theta), c1=c1, c2=c2, eta=eta)
    assert equal_spectrum_sum(t, **terms, d=3).item() == pytest.approx(written, rel=1e-13)
    printed = c1 * sum(value**2 for value in theta) * u**2 + c2 / mu * (1 - u) ** 2
    assert equal_spectrum_sum(t, **terms).item() == pytest.approx(printed, rel=1e-13)


@pytest.mark.parametrize(("changes", "message"), [(dict(d=0), "d: found 0"), (dict(mu=-1.0), "mu: found")])
def test_sum_names_what_is_wrong(changes, message):
    with pytest.raises(ConfigError, match=message):
        equal_spectrum_sum(1.0, **(dict(mu=1.0, length=1.0, c1=1.0, c2=1.0, eta=0.1) | changes))


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def test_print_is_refuted_and_its_correction_is_not(outcome):
    printed, corrected = claim.judge(outcome), claim.judge_corrected(outcome)
    assert (printed.claim, printed.verdict) == ("REM-5.5", "refuted")
    assert (corrected.claim, corrected.verdict) == ("REM-5.5+", "supported")


def test_print_would_be_upheld_if_it_were_the_sum(outcome):
    assert claim.judge(replace(outcome, printed=outcome.theorem)).verdict == "supported"


def test_a_wrong_factor_in_the_correction_is_caught(outcome):
    assert claim.judge_corrected(replace(outcome, corrected=1.01 * outcome.theorem)).verdict == "refuted"
    assert claim.judge_corrected(replace(outcome, sharpened=-outcome.sharpened_constant)).verdict == "refuted"
