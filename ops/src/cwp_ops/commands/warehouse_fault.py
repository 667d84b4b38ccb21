"""warehouse fault: have the local Redshift misbehave."""

from typing import Annotated, get_args

import typer
from rich.table import Table

from cwp_local.redshift.control import RedshiftControl
from cwp_local.redshift.faults import CONFLICT, Fail, Fault, LoseEvent, Refuse, Wait
from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="How the local Redshift misbehaves: failing, slow, silent, refusing. Each fault meets the "
    "next statements only; a restart clears what is left.",
)

Name = Annotated[str, typer.Option(help="Only statements whose name begins so: 'v1|acme|tickets'.")]
Times = Annotated[int, typer.Option(min=1, help="The next so many.")]
_ERRORS = get_args(Refuse.model_fields["error"].annotation)


@app.command(epilog="Example: cwpipe warehouse fault fail --conflict --times 2 --name 'v1|acme|'")
def fail(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    name: Name = "",
    times: Times = 1,
    text: Annotated[str, typer.Option(help="What Redshift says.")] = "out of memory",
    conflict: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--conflict", help="Say 1023, Serializable isolation violation.")
    ] = False,
    part: Annotated[
        int | None, typer.Option(min=1, help="Which statement of a batch; default: the last.")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Statements end FAILED, and nothing of them stays."""
    words = CONFLICT if conflict else text
    _let(context, Fail(name=name, times=times, text=words, part=part), as_json=as_json)


@app.command(epilog="Example: cwpipe warehouse fault wait --seconds 30")
def wait(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="How much later.")],
    name: Name = "",
    times: Times = 1,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Statements begin later; those behind them go on."""
    _let(context, Wait(name=name, times=times, seconds=seconds), as_json=as_json)


@app.command(epilog="Example: cwpipe warehouse fault lose-event --times 3")
def lose_event(
    context: typer.Context,
    name: Name = "",
    times: Times = 1,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Statements end, and nobody is told."""
    _let(context, LoseEvent(name=name, times=times), as_json=as_json)


@app.command(epilog="Example: cwpipe warehouse fault refuse --error ThrottlingException --times 5")
def refuse(
    context: typer.Context,
    error: Annotated[
        str, typer.Option(help=f"One of {', '.join(_ERRORS)}.")
    ] = "ActiveStatementsExceededException",
    name: Name = "",
    times: Times = 1,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Requests are not taken; boto3 tries some of them again by itself."""
    if error not in _ERRORS:
        raise typer.BadParameter(f"--error is one of {', '.join(_ERRORS)}")
    _let(
        context,
        Refuse.model_validate({"name": name, "times": times, "error": error}),
        as_json=as_json,
    )


@app.command(epilog="Example: cwpipe warehouse fault show")
def show(context: typer.Context, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Show what is still to go wrong."""
    operator = operator_of(context)
    _print(operator, _control(operator).faults(), as_json=as_json)


@app.command(epilog="Example: cwpipe warehouse fault clear")
def clear(context: typer.Context, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Have nothing go wrong any more."""
    operator = operator_of(context)
    _control(operator).clear()
    _print(operator, [], as_json=as_json)


def _control(operator: Operator) -> RedshiftControl:
    return RedshiftControl(operator.home.redshift_url)


def _let(context: typer.Context, fault: Fault, *, as_json: bool) -> None:
    operator = operator_of(context)
    _print(operator, _control(operator).let(fault), as_json=as_json)


def _print(operator: Operator, left: list[Fault], *, as_json: bool) -> None:
    if as_json:
        operator.answer([fault.model_dump(mode="json", exclude_none=True) for fault in left])
        return
    if not left:
        operator.out.print("nothing is to go wrong")
        return
    table = Table("fault", "statements", "times", "")
    for fault in left:
        more = fault.model_dump(exclude={"kind", "name", "times"}, exclude_none=True)
        told = ", ".join(f"{name}: {value}" for name, value in more.items())
        table.add_row(fault.kind, fault.name or "any", str(fault.times), told)
    operator.out.print(table)
