"""What the tests of measured promises share."""

import pytest

from mixrepro.reliability.figure import Figure


def reached(figure: Figure) -> Figure:
    """Pass if a measured promise is kept; skip where it cannot be tried."""
    if figure.passed is None:
        pytest.skip(f"{figure.id}: {figure.found}")
    assert figure.passed, f"{figure.id}: {figure.found}; {figure.target}"
    return figure
