"""Checks a chapter's parameters inside the chapter, where plain papermill injects whatever it is given."""

from collections.abc import Mapping
from typing import Any

from .config import check_profile, unknown_name
from .errors import ConfigError, found_expected

#: Names that a fresh notebook kernel holds by itself.
KERNEL_NAMES = {"In", "Out", "get_ipython", "exit", "quit", "open", "parameters"}


def check(namespace: Mapping[str, Any], **known: type) -> None:
    """Refuse parameters that a chapter does not take; papermill alone only warns of them.

    Args:
        namespace: The chapter's `globals()`, before it has imported anything else.
        known: The chapter's parameters and their types.

    Raises:
        ConfigError: A name is unknown, or a value is of another type; the message names it.
    """
    for name, value in namespace.items():
        if name.startswith("_") or name in KERNEL_NAMES:
            continue
        if name not in known:
            raise ConfigError(unknown_name("parameter", name, sorted(known)))
        kind = known[name]
        accepted = (int, float) if kind is float else (kind,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise ConfigError(found_expected(f"parameter {name}", value, f"a {kind.__name__}"))
    if "profile" in namespace:
        check_profile(namespace["profile"])
