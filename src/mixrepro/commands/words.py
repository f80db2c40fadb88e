"""Two things that typer does not do: commands named by two words, and options that take a name and its values."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

from ..errors import ConfigError, found_expected


class TwoWords(TyperGroup):
    """Lets a command's name have two words, as `sweep notebook` beside `sweep`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Look for a name of two words first."""
        name = " ".join(args[:2])
        if len(args) > 1 and (command := self.get_command(ctx, name)) is not None:
            return name, command, args[2:]
        return super().resolve_command(ctx, args)


class NamedValues(TyperCommand):
    """Lets `-p NAME VALUES` be written as papermill has it; the option is given NAME=VALUES."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Join what follows each `-p`."""
        joined, rest = [], iter(args)
        for word in rest:
            joined.append(word)
            if word != "-p":
                continue
            name = next(rest, None)
            values = name if name is None or "=" in name else next(rest, None)
            if values is None:
                raise ConfigError(found_expected("-p", name or "no name", "-p NAME VALUE,VALUE,..."))
            joined.append(values if values is name else f"{name}={values}")
        return super().parse_args(ctx, joined)
