"""What a numerical check of the theory is: many instances, drawn and computed anew each time, never recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config import check_profile, unknown_name
from ..errors import ConfigError, found_expected


@dataclass(frozen=True)
class Check:
    """Base of every check's outcome: arrays with one entry an instance, and what was drawn.

    Attributes:
        profile: Size of the check.
        scale: What was drawn, in words; a verdict speaks of such instances.
    """

    profile: str
    scale: str


def size_of(sizes: Mapping[str, Mapping[str, Any]], profile: str, **overrides: Any) -> dict[str, Any]:
    """Return the numbers of a profile, with those overrides that are not None.

    Args:
        sizes: Profile -> numbers of the check.
        profile: One of them.
        overrides: What a chapter's parameters change; None keeps the profile's.

    Raises:
        ConfigError: The profile is unknown or not declared here, or an override is no number of it.
    """
    if check_profile(profile) not in sizes:
        raise ConfigError(found_expected("profile", profile, f"one of {', '.join(sizes)} for this check"))
    size = dict(sizes[profile])
    for name, value in overrides.items():
        if name not in size:
            raise ConfigError(unknown_name("parameter", name, sorted(size)))
        if value is not None:
            size[name] = value
    return size
