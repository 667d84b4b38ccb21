"""warehouse: check, and faults of the local one."""

import json
import sys
from dataclasses import asdict

import typer
from rich.progress import track
from rich.table import Table

from cwp_ops import wiring
from cwp_ops.commands import warehouse_fault
from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.warehouse_check import Finding

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The warehouse: whether all is there and allowed, and what the local one does wrong.",
)
app.add_typer(warehouse_fault.app, name="fault")


@app.command(epilog="Example: cwpipe warehouse check   cwpipe --stage dev warehouse check --json")
def check(
    context: typer.Context,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Whether loads find all they need: workgroup, rights, database, the COPY role, ledgers.

    COPY is tried with two small files, which are removed again: one that its role must be able to
    read, and one that it must not. On AWS this wakes the warehouse. Ends with 1 if anything is to
    be done.
    """
    operator = operator_of(context)
    questions = wiring.warehouse_check(operator).findings()
    found = list(track(questions, "asking", console=operator.err, transient=True))
    if as_json:
        answers = [{**asdict(finding), "ok": finding.ok} for finding in found]
        sys.stdout.write(json.dumps(answers) + "\n")
    else:
        _print(operator, found)
    if not all(finding.ok for finding in found):
        raise typer.Exit(1)


def _print(operator: Operator, found: list[Finding]) -> None:
    table = Table("")
    for title in ("what", "found", "what to do next"):
        # An ARN has no blank to break at, and must be read whole.
        table.add_column(title, overflow="fold")
    for finding in found:
        mark = "[green]ok[/green]" if finding.ok else "[red]no[/red]"
        table.add_row(mark, finding.subject, finding.found, finding.next_step)
    operator.out.print(table)
