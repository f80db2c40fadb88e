"""Numerical checks of the theory, one module a claim: what is drawn, how much of it, and what comes of it."""

from . import conv_noise, d_5, lemma_3_1, lemma_5_1, rem_5_1, rem_5_2, rem_5_3, rem_5_5, thm_5_1, thm_5_2, u_shape

__all__ = [
    "conv_noise",
    "d_5",
    "lemma_3_1",
    "lemma_5_1",
    "rem_5_1",
    "rem_5_2",
    "rem_5_3",
    "rem_5_5",
    "thm_5_1",
    "thm_5_2",
    "u_shape",
]
