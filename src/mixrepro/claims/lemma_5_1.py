"""LEMMA-5.1: is the closed form the path of gradient flow? And LEMMA-5.1+, with the Moore-Penrose inverse."""

from ..checks.lemma_5_1 import GradientFlows
from .rules import Verdict
from .universal import agrees

#: The solver keeps ten digits a step; exponentials and loops lose some to the condition number.
SOLVER, EXACT, EXTRAPOLATED = 1e-8, 1e-9, 1e-6


def judge(check: GradientFlows) -> Verdict:
    """Judge LEMMA-5.1: the closed form agrees with three computations that do not use it."""
    return Verdict(
        claim="LEMMA-5.1",
        title="Gradient flow moves by two terms, one to the clean pattern and one to the noise",
        parts=(
            agrees(check.solver, SOLVER, "the closed form is the path that a stiff ODE solver finds", check),
            agrees(check.exponential, EXACT, "it is eq. (3) with matrix exponentials and a pseudo-inverse", check),
            agrees(check.descent, EXACT, "with powers for exponentials it is gradient descent", check),
            agrees(check.small_steps, EXTRAPOLATED, "it is the limit of gradient descent at small steps", check),
        ),
    )


def judge_minimum_norm(check: GradientFlows) -> Verdict:
    """Judge LEMMA-5.1+: the closed form for Phi of any rank, and what never moves."""
    return Verdict(
        claim="LEMMA-5.1+",
        title="The lemma needs no inverse: it holds for features of any rank (ours)",
        parts=(
            agrees(check.deficient_solver, SOLVER, "at low rank, too, it is the solver's path", check),
            agrees(check.deficient, EXACT, "at low rank, too, it is eq. (3) with the pseudo-inverse", check),
            agrees(check.unseen, EXACT, "what no sample sees of theta_0 never moves", check),
        ),
    )
