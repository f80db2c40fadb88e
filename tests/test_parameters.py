"""A chapter refuses parameters that it does not take."""

import pytest

from mixrepro import parameters
from mixrepro.errors import ConfigError

KNOWN = dict(profile=str, alpha=float, num_seeds=int)


def test_declared_parameters_pass_among_what_a_kernel_holds():
    parameters.check(
        {"profile": "smoke", "alpha": 1, "num_seeds": 3, "_": 0, "In": [], "get_ipython": None}, **KNOWN
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"alhpa": 0.2}, "parameter: found 'alhpa', .*did you mean 'alpha'"),
        ({"alpha": "0.2"}, "parameter alpha: found '0.2', expected a float"),
        ({"alpha": True}, "parameter alpha: found True, expected a float"),
        ({"num_seeds": 2.5}, "parameter num_seeds: found 2.5, expected a int"),
        ({"profile": "huge"}, "profile: found 'huge'"),
    ],
)
def test_other_parameters_are_named(given, message):
    with pytest.raises(ConfigError, match=message):
        parameters.check(given, **KNOWN)
