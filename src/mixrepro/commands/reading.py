"""Text from the command line, read as the type that a field or a declared name has."""

import types
import typing
from collections.abc import Mapping
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError, found_expected

TRUTH = {"true": True, "false": False}
WORDS = {int: "a valid integer", float: "a valid number", bool: "true or false"}
SEVERAL = {int: "integers separated by commas", float: "numbers separated by commas"}


def type_of(kind: Any) -> tuple[type, bool]:
    """Return what one value of an annotation is (`int`, `float`, `bool`, `str`, `dict`), and if it has several."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return type_of(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return type_of(next(each for each in arguments if each is not type(None)))
    if origin is typing.Literal:
        return type(arguments[0]), False
    if origin is not None and issubclass(origin, Mapping):
        return dict, False
    if origin is not None:  # a tuple or a sequence
        return type_of(arguments[0])[0], True
    return kind, False


def read(name: str, text: str, kind: Any) -> Any:
    """Read the text given for a name.

    Args:
        name: The field or declared name, for errors.
        text: Several values are separated by commas, and may end in one; "" is none of them.
        kind: Its annotation.

    Raises:
        ConfigError: The text is no such value, or a mapping is asked for, which text cannot give.
    """
    one, several = type_of(kind)
    if one is dict:
        raise ConfigError(found_expected(name, text, "a mapping, which can be given in Python only"))
    try:
        if not several:
            return _single(text.strip(), one)
        parts = text.strip().removesuffix(",").split(",") if text.strip() else []
        return tuple(_single(part.strip(), one) for part in parts)
    except (ValueError, KeyError):
        raise ConfigError(found_expected(name, text, (SEVERAL if several else WORDS)[one])) from None


def integers(name: str, text: str) -> tuple[int, ...]:
    """Read integers separated by commas, one at least.

    Raises:
        ConfigError: They are none.
    """
    found = read(name, text, tuple[int, ...])
    if not found:
        raise ConfigError(found_expected(name, text, SEVERAL[int]))
    return found


def _single(text: str, kind: type) -> Any:
    return TRUTH[text.lower()] if kind is bool else kind(text)


def config_from(fields: Mapping[str, str | bool | None]) -> RunConfig:
    """Make a configuration of those options that were given.

    Raises:
        ConfigError: A field is mistyped or out of range; the message names it.
    """
    kinds = RunConfig.model_fields
    given = {
        name: read(name, value, kinds[name].annotation) if isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
    return RunConfig(**given)
