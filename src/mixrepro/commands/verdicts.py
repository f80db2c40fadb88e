"""`mixrepro verdicts`: what the records and the theory say of each claim."""

import json
from typing import Annotated

import typer

from .. import paths
from ..config import PROFILES
from ..store import Store
from .options import AsJson, StoreRoot


def verdicts(
    claims: Annotated[list[str] | None, typer.Argument(help="Ids of claims; default: every claim.")] = None,
    profile: Annotated[
        str | None, typer.Option(help=f"Size: {', '.join(PROFILES)}; default: every size, for theory quick.")
    ] = None,
    store: StoreRoot = None,
    as_json: AsJson = False,
) -> None:
    """Judge claims at each size: experiments from the records that are there, theory from checks computed now."""
    from ..claims import judged  # takes a second, which no other command needs
    from ..claims.rules import effect_text

    stores = [Store(store)]
    if (results := paths.results_root()) is not None and results.is_dir():
        stores.append(Store(results))
    if as_json:
        typer.echo(json.dumps([each.as_dict() for each in judged(profile, stores, claims)], indent=1))
        return
    for each in judged(profile, stores, claims):
        runs = f", {each.run[0]} of {each.run[1]} runs" if each.run else ""
        typer.echo(f"{each.verdict.claim}  {each.profile}  {each.word}  ({each.evidence.scale}{runs})")
        if each.word == "not run":
            continue
        for part in each.verdict.parts:
            n = f"n = {part.n} of {part.n_declared}"
            typer.echo(f"    {part.verdict:12}  {n}  {effect_text(part):>28}  {part.statement}")
        typer.echo(f"    data: {each.data}; machine: {each.machine}")
