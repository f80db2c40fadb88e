"""`mixrepro bench`: how fast this machine trains, against loops as others write them."""

import json
from typing import Annotated, Any

import typer

from .options import AsJson, Device

#: Operations that are printed; the others take next to no time.
MOST = 25


def bench(
    device: Device = "auto",
    quick: Annotated[bool, typer.Option("--quick", help="A sixth of the rounds.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--case", help="images, 'ten seeds', '64 seeds' or mixup; default: all.")
    ] = None,
    where: Annotated[
        bool, typer.Option("--operations", help="Instead: where the time of an epoch on images goes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure every promised rate in turn with what it is held against; each is checked first."""
    if where:
        _operations(device, as_json)
        return
    from ..bench.report import measure

    report = measure(device, quick, only, told=lambda name: typer.echo(f"{name} ...", err=True))
    if as_json:
        typer.echo(json.dumps(report, indent=1))
        return
    typer.echo(", ".join(f"{name} {value}" for name, value in report["machine"].items() if value))
    for each in report["figures"]:
        typer.echo(_line(each))
    for name, check in report["checks"].items():
        typer.echo(
            f"{name}: first {check['steps']} steps within {check['against_plain']:.1e} of a plain loop, "
            f"in company within {check['against_single']:.1e} of alone"
        )


def _operations(device: str, as_json: bool) -> None:
    from ..bench.operations import operations

    found = operations(device)
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    typer.echo(" share        ms   calls  operation")
    for each in found[:MOST]:
        typer.echo(f"{each['share']:6.1%} {1e3 * each['seconds']:9.2f} {each['calls']:7,}  {each['name'][:80]}")


def _line(each: dict[str, Any]) -> str:
    low, high = each["quartiles"]
    spread = f"{each['value']:.4g} {each['unit']} (quartiles {low:.4g} to {high:.4g}, {each['rounds']} rounds)"
    asked = f"; must {each['must']:g}, goal {each['goal']:g}: {each['reaches']}" if each["must"] else ""
    return f"{each['says']}: {spread}{asked}"
