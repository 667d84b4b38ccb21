"""sandbox log: how politely the sandbox was read."""

import json
from typing import Annotated

import typer

from cwp_ops import sandbox_views as views
from cwp_ops.commands.options import AsJson
from cwp_ops.commands.sandbox_options import control_of
from cwp_ops.context import operator_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe sandbox log demo")(log)


def log(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One company, in more detail.")] = None,
    since: Annotated[
        int, typer.Option(min=0, help="Only requests after this one; --json tells the `last`.")
    ] = 0,
    retry_within: Annotated[
        int, typer.Option(min=1, help="Seconds after a failure in which the same is a retry.")
    ] = 60,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Sum up the requests that companies had: how many, how many at once, what became of them.

    *at once* is the most answers under way together, *a minute* the most requests in any 60
    seconds, *early* how many came before a Retry-After had passed.
    """
    out, control = operator_of(context).out, control_of(context)
    names = [state.company for state in ([control.company(name)] if name else control.companies())]
    companies = names if name else [None, *names]
    summaries = [control.log_summary(one, since, retry_within) for one in companies]
    if as_json:
        out.print_json(json.dumps([one.model_dump(mode="json") for one in summaries]))
        return
    out.print(views.summaries_table(summaries))
    for table in views.details_tables(summaries[0]) if name else []:
        out.print(table)
    if not summaries[0].complete:
        out.print("[yellow]the log keeps the last 20,000 requests; older ones are gone[/yellow]")
