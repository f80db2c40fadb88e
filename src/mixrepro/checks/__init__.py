"""Numerical checks of the theory, one module a claim: what is drawn, how much of it, and what comes of it."""
