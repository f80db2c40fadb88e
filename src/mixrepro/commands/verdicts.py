"""`mixrepro verdicts`: what the records and the theory say of each claim."""

import json
from typing import Annotated

import typer

from .. import paths
from ..config import PROFILES
from ..errors import ConfigError, StoreError, found_expected
from ..experiments import unknown_claim
from ..store import Store
from .options import AsJson, StoreRoot
from .summary import verdict_lines


def verdicts(
    claims: Annotated[list[str] | None, typer.Argument(help="Ids of claims; default: every claim.")] = None,
    profile: Annotated[
        str | None, typer.Option(help=f"Size: {', '.join(PROFILES)}; default: every size, for theory quick.")
    ] = None,
    store: StoreRoot = None,
    as_json: AsJson = False,
) -> None:
    """Judge claims at each size: experiments from the records that are there, theory from checks computed now."""
    from ..claims import all_claims, judged  # takes a second, which no other command needs

    if store is not None and not store.is_dir():
        raise StoreError(found_expected(f"--store {store}", "no such folder", "a folder of run records"))
    ids = {claim.id for claim in all_claims()}
    for claim in claims or ():
        if claim not in ids:
            raise ConfigError(unknown_claim(claim, sorted(ids)))
    stores = [Store(store)]
    if (results := paths.results_root()) is not None and results.is_dir():
        stores.append(Store(results))
    if as_json:
        typer.echo(json.dumps([each.as_dict() for each in judged(profile, stores, claims)], indent=1))
        return
    for each in judged(profile, stores, claims):
        for line in verdict_lines(each):
            typer.echo(line)
