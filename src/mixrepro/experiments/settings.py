"""Which settings an experiment can be declared with, of which types; those that would do nothing are refused."""

import inspect
from collections.abc import Callable
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError, found_expected

#: What an experiment may declare besides the fields of `RunConfig`, where its signature does not say so.
DECLARED: dict[str, Any] = {
    "num_seeds": int,
    "shares": tuple[int, ...],
    "percent": float,
    "plain_epochs": int,
    "erm_epochs": int,
    "svhn_n": int,
    "svhn_epochs": int,
    "constant_epochs": int,
}


def kinds(declare: Callable[..., Any]) -> dict[str, Any]:
    """Return the type of every setting that a declaration may know: name -> annotation.

    What a `partial` holds fixed is no setting. Not every size knows all of them: see `declaration.size_of`.
    """
    fields = {name: field.annotation for name, field in RunConfig.model_fields.items()}
    own = {
        name: parameter.annotation
        for name, parameter in inspect.signature(declare).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD and name != "profile"
    }
    fixed = getattr(declare, "keywords", {})
    return {name: kind for name, kind in {**fields, **DECLARED, **own}.items() if name not in fixed}


def refuse_unused(name: str, value: object, why: str) -> None:
    """Refuse a setting that would change nothing, so that nobody takes the result for something else.

    Args:
        name: The setting.
        value: What was asked for; None is nothing.
        why: Where the setting applies.

    Raises:
        ConfigError: Something was asked for.
    """
    if value is not None:
        raise ConfigError(found_expected(name, value, f"no value here: {why}"))
