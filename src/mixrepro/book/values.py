"""Values of a chapter's parameters as text: `0.2,1.0`, `smoke,quick`, `[0.1,0.5],[1.0]`.

Values are separated by commas. A comma inside brackets or double quotes separates nothing, so a list is written
`[0.1,0.5]` and a text with a comma `"a,b"`. What a value means is up to its parameter's type: `1` is a number for
an `int` and a text for a `str`.
"""

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import unknown_name
from ..errors import ConfigError, found_expected
from .source import Parameter, chapter_parameters, check_parameters

WORDS = {"True": True, "False": False, "None": None}


def split_values(text: str) -> list[str]:
    """Split a text at the commas outside brackets and double quotes.

    Raises:
        ConfigError: A bracket or quote is not closed, or a value is empty.
    """
    pieces, depth, quoted, piece = [], 0, False, ""
    for character in text:
        quoted ^= character == '"'
        depth += 0 if quoted else (character in "[(") - (character in "])")
        if character == "," and not depth and not quoted:
            pieces.append(piece)
            piece = ""
        else:
            piece += character
    pieces = [part.strip() for part in (*pieces, piece)]
    if depth or quoted or not all(pieces):
        raise ConfigError(found_expected("values", text, "values separated by commas, lists as [0.1,0.5]"))
    return pieces


def read_value(parameter: Parameter, text: str) -> Any:
    """Read one value as its parameter's type has it.

    Raises:
        ConfigError: It is of no such type, or out of range.
    """
    fault = None
    for value in (*_readings(text), text):
        fault_now = parameter.fault_of(value)
        if fault_now is None:
            return value
        fault = fault or fault_now
    raise ConfigError(fault)


def _readings(text: str) -> list[Any]:
    """Return what a text may mean besides itself."""
    if text in WORDS:
        return [WORDS[text]]
    try:
        return [json.loads(re.sub(r"[()]", lambda bracket: "[]"[bracket[0] == ")"], text))]
    except ValueError:
        return []


def points(source: Path, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the product of the values of several parameters.

    Args:
        source: The chapter.
        given: Parameter -> its values, as text.

    Returns:
        One dictionary {parameter: value} a point, the last parameter varying fastest; each point once.

    Raises:
        ConfigError: A parameter is unknown or a value is not one; all faults in one message.
        ChapterError: The chapter's source is unusable.
    """
    known = chapter_parameters(source)
    faults, values = [], {}
    for name, text in given.items():
        if name not in known:
            faults.append(unknown_name("parameter", name, sorted(known)))
            continue
        try:
            values[name] = [read_value(known[name], piece) for piece in split_values(text)]
        except ConfigError as error:
            faults.append(str(error) if name in str(error) else f"parameter {name}: {error}")
    if faults:
        raise ConfigError(f"chapter {source.stem}: {'; '.join(faults)}")
    product = [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]
    for point in product:
        check_parameters(source, point)
    return [point for index, point in enumerate(product) if point not in product[:index]]


def words_of(point: Mapping[str, Any]) -> str:
    """Word a point, as `alpha=0.2, n=500`."""
    return ", ".join(f"{name}={word_of(value)}" for name, value in point.items())


def word_of(value: Any) -> str:
    """Word a value, as it would be written on the command line."""
    return value if isinstance(value, str) else json.dumps(value)
