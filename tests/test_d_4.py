"""D-4: in gradient flow a schedule stretches time and nothing else; and the verdict the other way round."""

from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import d_4 as check
from mixrepro.claims import d_4 as claim
from mixrepro.errors import ConfigError
from mixrepro.rng import stream
from mixrepro.theory.learning_rate import Modes, flow_decay


@pytest.fixture(scope="module")
def found():
    return check.run("smoke")


def test_every_schedule_has_the_lowest_risk_of_a_constant_rate(found):
    assert found.lowest / found.lowest[:, :1] == pytest.approx(1, abs=1e-12)
    assert found.turn[:, 1] / found.turn[:, 0] == pytest.approx(10, rel=1e-5)


def test_lowest_risk_is_the_least_value_on_a_fine_grid():
    modes = Modes(
        mu=np.array([[2.0, 0.05]]),
        start=np.array([[-3.0, 2.0]]),
        offset=np.array([[1.0, -0.8]]),
        sigma=np.array([[[1.0, 0.3], [0.3, 2.0]]]),
        least=np.array([0.2]),
    )
    _, lowest = check._bottom(modes, np.array([[0.01]]))
    s = np.geomspace(1e-3, 1e3, 200_000)
    off = np.exp(-np.outer(s, modes.mu[0])) * modes.start[0] + modes.offset[0]
    risk = 0.2 + off[:, 0] ** 2 + 0.6 * off[:, 0] * off[:, 1] + 2 * off[:, 1] ** 2
    assert lowest[0] == pytest.approx(risk.min(), rel=1e-8)
    assert modes.risk(flow_decay(modes.mu, s[None]))[0] == pytest.approx(risk, rel=1e-12)


def test_printed_sentence_is_refuted_and_its_shift_confirmed(found):
    verdict = claim.judge(found)
    assert verdict.claim == "D-4"
    assert [part.verdict for part in verdict.parts] == ["supported"] * 3 + ["refuted"] * 4


def test_printed_sentence_would_be_supported_if_lower_rates_had_lower_minima(found):
    lowest = found.lowest * np.array([1, 0.9, 0.95, 0.9])
    changed = replace(found, lowest=lowest, bound_lowest=found.bound_lowest * np.array([1, 0.9]))
    assert claim.judge(changed).verdict == "supported"


def test_shift_is_refuted_by_one_instance_that_does_not_stretch(found):
    turn = found.turn.copy()
    turn[2, 1] = 9.99 * turn[2, 0]
    assert claim.judge(replace(found, turn=turn)).parts[2].verdict == "refuted"
    turn[2, 1] = turn[2, 0]
    assert claim.judge(replace(found, turn=turn)).parts[1].verdict == "refuted"


def test_closed_form_is_refuted_by_another_solution(found):
    errors = found.integrated.copy()
    errors[1] = 1e-5
    assert claim.judge(replace(found, integrated=errors)).parts[0].verdict == "refuted"


def test_solver_disagrees_when_time_is_not_the_integral_of_the_rate(monkeypatch):
    assert check._integrated(stream(0, "points")) < 1e-8
    monkeypatch.setattr(check.np, "cos", np.ones_like)  # the closed form then takes s = t
    assert check._integrated(stream(0, "points")) > 1e-3


def test_unknown_profile_is_named():
    with pytest.raises(ConfigError, match="profile: found 'huge'"):
        check.run("huge")
