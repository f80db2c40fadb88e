"""Numerical checks of the theory, one module a claim: what is drawn, how much of it, and what comes of it."""

from . import conv_noise, lemma_3_1, lemma_5_1, rem_5_1, rem_5_2, rem_5_3, thm_5_1

__all__ = ["conv_noise", "lemma_3_1", "lemma_5_1", "rem_5_1", "rem_5_2", "rem_5_3", "thm_5_1"]
