"""The toy: fast paths against slow literal loops, closed forms against both, draws against their definition."""

import subprocess
import sys
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from mixrepro.errors import ConfigError
from mixrepro.rng import stream
from mixrepro.teacher_student import all_pairs, draws, mean_path, moments, simulation
from mixrepro.teacher_student.mean_path import MeanPath
from mixrepro.teacher_student.problem import Problems, Setting, _layer, draw, teacher_labels

EPOCHS, EVERY = 120, 40
SCALES = ("pytorch", "fan-in", "unit")


def torch_student(setting, problem):
    """Build the student as a PyTorch user would: two linear layers, the first one frozen."""
    first = _layer(setting.student, int(problem.seeds[0]), "init", 0, 100, 10)
    biased = setting.student == "pytorch"
    student = nn.Sequential(nn.Linear(10, 100, bias=biased), nn.Tanh(), nn.Linear(100, 1, bias=biased)).double()
    with torch.no_grad():
        student[0].weight.copy_(torch.from_numpy(first[:, :-1]))
        student[2].weight.copy_(torch.from_numpy(problem.theta_0[:, :100]))
        if biased:
            student[0].bias.copy_(torch.from_numpy(first[:, -1]))
            student[2].bias.copy_(torch.from_numpy(problem.theta_0[0, 100:]))
    student[0].requires_grad_(False)
    return student


def literal_path(setting, problem, batches):
    """Train by autograd and torch's SGD; batches yields x and y of each epoch. Returns theta every 40 epochs."""
    student = torch_student(setting, problem)
    optimizer = torch.optim.SGD(student[2].parameters(), lr=setting.lr)
    mean_squared_error = nn.MSELoss()

    def theta():
        bias = student[2].bias if student[2].bias is not None else torch.zeros(1)
        return torch.cat([student[2].weight[0], bias]).detach().numpy().copy()

    path = [theta()]
    for epoch, (x, y) in enumerate(batches, start=1):
        loss = setting.loss_factor * mean_squared_error(student(torch.from_numpy(x))[:, 0], torch.from_numpy(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % EVERY == 0:
            path.append(theta())
    return np.array(path)


def drawn_batches(problem, pairing, lam):
    (x,), (y,), seed = problem.x, problem.y, int(problem.seeds[0])
    partners = draws.partners(pairing, seed, 0, EPOCHS, len(y))
    levels = draws.levels(seed, 0, EPOCHS)
    for perm, level in zip(partners, levels, strict=True):
        now = (level + 0.5) / 128 if lam is None else lam
        yield now * x + (1 - now) * x[perm], now * y + (1 - now) * y[perm]


def all_batches(problem, lam, self_pairs):
    (x,), (y,) = problem.x, problem.y
    levels = draws.levels(int(problem.seeds[0]), 0, EPOCHS)
    chosen = [(i, j) for i in range(len(y)) for j in range(len(y)) if self_pairs or i != j]
    first, second = np.array(chosen).T
    for level in levels:
        now = (level + 0.5) / 128 if lam is None else lam
        yield now * x[first] + (1 - now) * x[second], now * y[first] + (1 - now) * y[second]


@pytest.fixture(scope="module")
def trio():
    return draw(Setting(), [3, 5, 8])


@pytest.mark.parametrize("pairing", draws.DRAWN)
@pytest.mark.parametrize("lam", [0.5, 0.8, None])
@pytest.mark.parametrize(
    "setting", [Setting(), Setting(student="unit", teacher="fan-in"), Setting(loss_factor=1.0)]
)
def test_fast_path_equals_autograd_and_sgd(setting, lam, pairing):
    problems = draw(setting, [3, 5])
    literal = [literal_path(setting, one, drawn_batches(one, pairing, lam)) for one in problems]
    for dtype, tolerance in ((np.float32, 1e-5), (np.float64, 1e-10)):
        (fast,) = simulation.simulate(problems, [pairing], [lam], setting.eta, EPOCHS, EVERY, dtype)[0]
        assert fast.dtype == dtype
        np.testing.assert_allclose(fast, literal, rtol=0, atol=tolerance)


def test_pairings_and_schemes_side_by_side_equal_each_alone(trio):
    together = simulation.simulate(trio, draws.DRAWN, (0.5, None), 0.1, EPOCHS, EVERY, np.float64)
    for p, pairing in enumerate(draws.DRAWN):
        for s, lam in enumerate((0.5, None)):
            alone = simulation.simulate(trio, [pairing], [lam], 0.1, EPOCHS, EVERY, np.float64)
            np.testing.assert_allclose(together[p, s], alone[0, 0], rtol=0, atol=1e-13)


def test_a_seeds_path_depends_on_no_other_seed_and_not_on_the_length(trio):
    (long,) = simulation.simulate(trio, ["permutation"], [None], 0.1, 1200, 400, np.float64)[0]
    (alone,) = simulation.simulate(draw(Setting(), [5]), ["permutation"], [None], 0.1, 800, 400, np.float64)[0]
    np.testing.assert_allclose(long[1, :3], alone[0], rtol=0, atol=1e-13)


def test_rounding_stays_far_below_the_spread_over_draws(trio):
    single, double = (
        trio.risk(simulation.simulate(trio, ["permutation"], [None], 0.2, 3000, 300, dtype)[0, 0])
        for dtype in (np.float32, np.float64)
    )
    other = trio.risk(simulation.simulate(trio, ["derangement"], [None], 0.2, 3000, 300)[0, 0])
    rounding = np.abs(np.log(single / double))[:, 1:].max()
    assert rounding < 1e-4
    assert rounding < 0.01 * np.median(np.abs(np.log(single / other))[:, 1:])


@pytest.mark.parametrize("self_pairs", [True, False])
def test_all_pairs_at_random_lam_equal_autograd_on_all_pairs(self_pairs):
    setting = Setting()
    problem = draw(setting, [4])
    literal = literal_path(setting, problem, all_batches(problem, None, self_pairs))
    lams, _ = moments.folded_nodes()
    nodes = moments.at_nodes(problem, lams, self_pairs)
    for dtype, tolerance in ((np.float32, 1e-5), (np.float64, 1e-10)):
        fast = all_pairs.random_lam_path(nodes, problem, setting.eta, EPOCHS, EVERY, dtype)
        np.testing.assert_allclose(fast, literal, rtol=0, atol=tolerance)


def test_interpolation_over_lam_hardly_moves_the_risk_of_unit_weights():
    setting = Setting(teacher="unit", student="unit")
    problem = draw(setting, [4])
    literal = literal_path(setting, problem, all_batches(problem, None, True))
    nodes = moments.at_nodes(problem, moments.folded_nodes()[0])
    fast = all_pairs.random_lam_path(nodes, problem, setting.eta, EPOCHS, EVERY)
    np.testing.assert_allclose(problem.risk(fast[None]), problem.risk(literal[None]), rtol=1e-4)
    coarse = all_pairs.random_lam_path(
        moments.at_nodes(problem, moments.folded_nodes(8)[0]), problem, setting.eta, EPOCHS, EVERY
    )
    assert np.abs(coarse - literal).max() > 10 * np.abs(fast - literal).max()


@pytest.mark.parametrize("self_pairs", [True, False])
def test_closed_form_equals_autograd_on_all_pairs(self_pairs):
    setting = Setting(loss_factor=1.0, student="fan-in")
    problem = draw(setting, [4])
    literal = literal_path(setting, problem, all_batches(problem, 0.5, self_pairs))
    path = MeanPath(moments.fixed_lam(problem, 0.5, self_pairs), problem.theta_0, setting.eta)
    np.testing.assert_allclose(path.theta(np.arange(0, EPOCHS + 1, EVERY))[0], literal, rtol=0, atol=1e-10)


def test_closed_form_equals_autograd_for_erm():
    setting = Setting(teacher="unit")
    problem = draw(setting, [4])
    literal = literal_path(setting, problem, [(problem.x[0], problem.y[0])] * EPOCHS)
    path = MeanPath(moments.erm(problem), problem.theta_0, setting.eta)
    np.testing.assert_allclose(path.theta(np.arange(0, EPOCHS + 1, EVERY))[0], literal, rtol=0, atol=1e-10)


def copies(problem, count):
    """Return one problem under many seeds: the same points, other draws of partners and lam."""
    arrays = {name: np.repeat(getattr(problem, name), count, axis=0) for name in Problems.__dataclass_fields__}
    return replace(Problems(**arrays), seeds=np.arange(count))


@pytest.mark.parametrize(("pairing", "lam"), [("permutation", 0.5), ("permutation", None), ("derangement", None)])
def test_mean_over_draws_is_the_mean_path(pairing, lam):
    problem, count = draw(Setting(), [6]), 400
    (drawn,) = simulation.simulate(copies(problem, count), [pairing], [lam], 0.2, 200, 100, np.float64)[0]

    def deviation(self_pairs):
        means = (
            moments.uniform_lam(problem, self_pairs)
            if lam is None
            else moments.fixed_lam(problem, lam, self_pairs)
        )
        exact = MeanPath(means, problem.theta_0, 0.2).theta(np.array([100, 200]))[0]
        errors = drawn[:, 1:].std(0, ddof=1) / np.sqrt(count)
        return np.abs((drawn[:, 1:].mean(0) - exact) / errors).max()

    own = draws.allows_self_pairs(pairing)
    assert deviation(own) < 5  # 202 correlated numbers: false-alarm rate below 2e-4; the seeds are fixed
    assert deviation(not own) > 10


def test_risk_of_the_mean_path_lies_below_the_mean_risk_by_the_spread():
    problem, count = draw(Setting(), [6]), 400
    many = copies(problem, count)
    (theta,) = simulation.simulate(many, ["permutation"], [None], 0.2, 200, 200, np.float64)[0]
    last = theta[:, -1]
    spread = np.trace(problem.sigma[0] @ np.cov(last.T, ddof=0))
    mean_risk = many.risk(theta)[:, -1].mean()
    assert problem.risk(last.mean(0)[None])[0] == pytest.approx(mean_risk - spread, rel=1e-9)
    assert spread > 0


@pytest.mark.parametrize("setting", [Setting(), Setting(teacher="unit", student="unit", theta_0="unit")])
def test_risk_is_the_mean_squared_error_on_the_test_points(setting):
    problem = draw(setting, [9])
    student = torch_student(setting, problem)
    x = stream(9, "points", 1).standard_normal((setting.test_points, 10))
    y = teacher_labels(x, problem.hidden[0], problem.outer[0])
    direct = np.mean((student(torch.from_numpy(x)).detach().numpy()[:, 0] - y) ** 2)
    assert problem.risk(problem.theta_0)[0] == pytest.approx(direct, rel=1e-11)


@pytest.mark.parametrize("init", SCALES)
def test_teacher_is_a_network_of_the_stated_shape_and_scale(init):
    problems = draw(Setting(teacher=init, test_points=1), range(200))
    network = nn.Sequential(nn.Linear(10, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    with torch.no_grad():
        for layer, weights in ((network[0], problems.hidden[0]), (network[2], problems.outer[:1])):
            layer.weight.copy_(torch.from_numpy(weights[:, :-1]))
            layer.bias.copy_(torch.from_numpy(weights[:, -1]))
        answers = network(torch.from_numpy(problems.x[0]))[:, 0].numpy()
    np.testing.assert_allclose(problems.y[0], answers, atol=1e-13)
    spread = {"pytorch": (1 / 30) ** 0.5, "fan-in": 0.1**0.5, "unit": 1.0}[init]
    assert problems.hidden[..., :-1].std() == pytest.approx(spread, rel=0.03)  # 10,000 weights
    assert (problems.hidden[..., -1] != 0).all() == (init == "pytorch")


def test_settings_share_the_points_of_a_seed():
    plain, scaled = draw(Setting(), [2]), draw(Setting(teacher="unit", student="unit", theta_0="zero"), [2])
    np.testing.assert_array_equal(plain.x, scaled.x)
    assert not np.allclose(plain.y, scaled.y)
    assert not scaled.theta_0.any()


def test_moments_without_self_pairs_are_those_of_the_other_pairs(trio):
    every, others = moments.fixed_lam(trio, 0.3), moments.fixed_lam(trio, 0.3, self_pairs=False)
    rest = moments.without_self_pairs(every, trio)
    for name in ("gram", "target", "clean", "worst_noise"):
        np.testing.assert_allclose(getattr(rest, name), getattr(others, name), atol=1e-12)


def test_moments_are_those_of_lam_and_of_one_minus_lam(trio):
    np.testing.assert_allclose(moments.fixed_lam(trio, 0.2).gram, moments.fixed_lam(trio, 0.8).gram, atol=1e-12)


@pytest.mark.parametrize(("init", "tolerance"), [("pytorch", 1e-10), ("fan-in", 1e-6), ("unit", 3e-3)])
def test_quadrature_and_interpolation_over_lam_are_exact_enough(init, tolerance):
    problem = draw(Setting(student=init), [1])
    lams, weights = moments.folded_nodes()
    nodes = moments.at_nodes(problem, lams)
    finer = moments.uniform_lam(problem, nodes=64)
    assert np.abs(moments.mean_over_lam(nodes, weights).gram - finer.gram).max() < tolerance
    levels = draws.lam_levels()[:64]
    interpolated = all_pairs.interpolation(len(nodes), levels) @ np.stack([node.gram[0].ravel() for node in nodes])
    direct = np.stack([m.gram[0].ravel() for m in moments.at_nodes(problem, levels)])
    assert np.abs(interpolated - direct).max() < tolerance
    # The levels stand for the uniform distribution: their mean is the integral, nearly.
    assert np.abs(direct.mean(0) - finer.gram[0].ravel()).max() < 1e-3 * finer.gram.max()


def test_self_pairs_carry_no_noise_and_others_do(trio):
    assert not moments.erm(trio).worst_noise.any()
    assert (moments.fixed_lam(trio, 0.5).worst_noise > 0).all()
    np.testing.assert_allclose(moments.fixed_lam(trio, 1.0).worst_noise, 0, atol=1e-14)


def test_derangements_move_every_point_and_are_uniform():
    drawn = draws.partners("derangement", 1, 0, 1000, 20)
    assert not (drawn == np.arange(20)).any()
    assert (np.sort(drawn, axis=1) == np.arange(20)).all()
    small = np.concatenate([draws.partners("derangement", 1, block, 1000, 4) for block in range(9)])
    possible = [p for p in permutations(range(4)) if all(p[i] != i for i in range(4))]
    counts = [np.sum((small == p).all(1)) for p in possible]
    assert len(possible) == 9
    assert sum(counts) == 9000
    assert stats.chisquare(counts).pvalue > 1e-4


def test_permutations_are_uniform_and_have_fixed_points():
    small = np.concatenate([draws.partners("permutation", 2, block, 1000, 3) for block in range(6)])
    counts = [np.sum((small == p).all(1)) for p in permutations(range(3))]
    assert sum(counts) == 6000
    assert stats.chisquare(counts).pvalue > 1e-4
    drawn = draws.partners("permutation", 2, 0, 1000, 20)
    assert (drawn == np.arange(20)).sum() == pytest.approx(1000, abs=130)  # Poisson(1) each: 4 standard deviations


@pytest.mark.parametrize("pairing", draws.DRAWN)
def test_a_shorter_block_is_the_beginning_of_a_longer_one(pairing):
    np.testing.assert_array_equal(
        draws.partners(pairing, 3, 1, 30, 20), draws.partners(pairing, 3, 1, 1000, 20)[:30]
    )
    np.testing.assert_array_equal(draws.levels(3, 1, 30), draws.levels(3, 1, 1000)[:30])


def test_lam_levels_have_the_moments_of_a_uniform_lam():
    lam = draws.lam_levels()
    assert lam.mean() == pytest.approx(0.5, abs=1e-15)
    assert np.mean(lam * (1 - lam)) == pytest.approx(1 / 6, rel=4e-5)
    drawn = lam[np.concatenate([draws.levels(seed, 0, 1000) for seed in range(20)])]
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4


def test_another_start_or_rate_on_the_same_eigenbasis_equals_a_path_of_its_own(trio):
    means, start = moments.fixed_lam(trio, 0.5), np.ones_like(trio.theta_0)
    shared = MeanPath(means, trio.theta_0, 0.1).started(start, 0.2).risk(trio, np.arange(0, 500, 100))
    own = MeanPath(means, start, 0.2)
    np.testing.assert_array_equal(shared, own.risk(trio, np.arange(0, 500, 100)))
    np.testing.assert_allclose(shared, trio.risk(own.theta(np.arange(0, 500, 100))), rtol=1e-9)


def test_path_stands_still_where_the_spectrum_is_zero():
    problem = draw(Setting(), [1])
    path = MeanPath(moments.erm(problem), problem.theta_0, 0.1)
    null = path.vectors[0][:, path.mu[0] < 1e-10 * path.mu[0, -1]]
    assert null.shape[1] >= 101 - 20
    moved = path.theta(np.array([10**6]))[0, 0] - problem.theta_0[0]
    np.testing.assert_allclose(moved @ null, 0, atol=1e-8)
    assert np.abs(moved).max() > 1e-3


def test_a_seed_that_diverges_is_lost_throughout():
    problem = draw(Setting(student="unit"), [1])
    means = moments.erm(problem)
    limit = 2 / np.linalg.eigvalsh(means.gram[0])[-1]
    for eta, diverges in ((0.99 * limit, False), (1.01 * limit, True)):
        path = MeanPath(means, problem.theta_0, eta)
        assert path.diverges().tolist() == [diverges]
        assert np.isnan(path.risk(problem, np.arange(0, 20_001, 1000))).all() == diverges


def test_a_bad_start_is_no_divergence():
    problem = draw(Setting(theta_0="unit"), [1])
    path = MeanPath(moments.erm(problem), 30 * problem.theta_0, 0.1)
    risk = path.risk(problem, np.arange(0, 101, 50))
    assert risk[0, 0] > mean_path.DIVERGED * problem.power[0]
    assert np.isfinite(risk).all()


def test_turning_epoch_is_where_the_curve_is_lowest():
    epochs = np.array([0, 50, 100])
    risk = np.array([[3.0, 1.0, 2.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, np.nan, 3.0]])
    np.testing.assert_array_equal(mean_path.turning_epochs(risk, epochs), [50, 100, 0, np.nan])


def test_theorems_turning_times_are_those_of_its_formula(trio):
    means, eta, xi = moments.fixed_lam(trio, 0.5), 0.1, 0.05
    path = MeanPath(means, trio.theta_0, eta)
    for row in range(len(trio)):
        mu, v = np.linalg.eigh(means.gram[row])
        theta_star = np.linalg.lstsq(means.gram[row], means.clean[row], rcond=None)[0] @ v
        c2 = means.worst_noise[row] ** 2
        expected = np.log(1 + (xi**2 + theta_star**2) * mu / c2) / (eta * mu)
        np.testing.assert_allclose(path.mode_turning_times(xi)[row], expected, rtol=1e-6)
        epochs = np.arange(0, 400)
        decay = np.exp(-eta * mu * epochs[:, None])
        total = ((xi**2 + theta_star**2) * decay**2 + c2 / mu * (1 - decay) ** 2).sum(1)
        assert path.bound_turning_epochs(xi, epochs)[row] == total.argmin()


def test_toy_is_computed_without_torch():
    code = (
        "import sys, mixrepro.checks.fig_5 as five, mixrepro.checks.fig_18 as eighteen\n"
        "import mixrepro.checks.fig_5_sensitivity as sensitivity\n"
        "five.run('smoke'), eighteen.run('smoke'), sensitivity.run('smoke')\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(teacher="he"), "teacher: found 'he', expected one of pytorch, fan-in, unit"),
        (dict(student=1.0), "student: found 1.0"),
        (dict(theta_0="pi"), "theta_0: found 'pi'"),
        (dict(n=1), "n: found 1, expected an integer, at least 2"),
        (dict(n=20.0), "n: found 20.0"),
        (dict(test_points=0), "test_points: found 0"),
        (dict(loss_factor=float("nan")), "loss_factor: found nan"),
        (dict(lr=-0.1), "lr: found -0.1, expected a finite number above 0"),
        (dict(lr=float("inf")), "lr: found inf"),
    ],
)
def test_setting_names_what_is_wrong(change, message):
    with pytest.raises(ConfigError, match=message):
        Setting(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(pairings=["all pairs"]), "pairing: found 'all pairs', expected one of permutation, derangement"),
        (dict(schemes=[1.5]), "schemes: found 1.5"),
        (dict(schemes=[float("nan")]), "schemes: found nan"),
        (dict(eta=0.0), "eta: found 0.0"),
        (dict(eta=float("nan")), "eta: found nan"),
        (dict(epochs=0), "epochs: found 0"),
        (dict(every=7), "every: found 7, expected a divisor of epochs, 120"),
    ],
)
def test_simulation_names_what_is_wrong(trio, change, message):
    arguments = dict(pairings=["permutation"], schemes=[0.5], eta=0.1, epochs=EPOCHS, every=EVERY)
    with pytest.raises(ConfigError, match=message):
        simulation.simulate(trio, **{**arguments, **change})


def test_mean_path_names_what_is_wrong(trio):
    means = moments.erm(trio)
    with pytest.raises(ConfigError, match="eta: found -1"):
        MeanPath(means, trio.theta_0, -1.0)
    path = MeanPath(means, trio.theta_0, 0.1)
    for epochs in (np.array([-1]), np.array([0.5]), np.array([np.nan])):
        with pytest.raises(ConfigError, match="epochs: found"):
            path.modes(epochs)
    with pytest.raises(ConfigError, match="pairing: found 'pairs'"):
        draws.allows_self_pairs("pairs")
