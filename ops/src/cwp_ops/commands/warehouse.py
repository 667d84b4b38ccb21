"""warehouse: check, views over tenants, and faults of the local one."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import track
from rich.table import Table

from cwp_ops import union_view, wiring
from cwp_ops.commands import warehouse_fault
from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.warehouse_check import Finding

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The warehouse: whether all is there and allowed, views over several tenants, and what "
    "the local one does wrong.",
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


@app.command(
    epilog="Examples: cwpipe warehouse union tickets   "
    "cwpipe warehouse union tickets --tenants acme,beta --schema reporting --create"
)
def union(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="A canonical table, such as tickets.")],
    tenants: Annotated[
        str | None, typer.Option(help="Comma-separated; default: all that have the table.")
    ] = None,
    schema: Annotated[str, typer.Option(help="Where the view is made.")] = "reporting",
    create: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--create", help="Make the view, in place of one of its name.")
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Print the SQL of a view over a table of several tenants; with --create make it.

    `tenant_id` says whose a row is. A column that a tenant lacks is NULL for it. Make the view
    again when a tenant is added or a mapping grows; what was granted on it is to be granted again.
    On AWS this wakes the warehouse, to ask what columns there are.
    """
    operator = operator_of(context)
    warehouse = operator.cloud.warehouse
    known = sorted(str(item["tenant_id"]) for item in operator.book.items())
    wanted = [t.strip() for t in tenants.split(",") if t.strip()] if tenants else known
    if schema in known:
        raise OperatorError(f"schema {schema} is a tenant's own; choose another with --schema")
    columns = {
        t: union_view.columns_of(warehouse, operator.book.get(t).tenant_id, table) for t in wanted
    }
    without = [tenant for tenant, own in columns.items() if not own]
    sql = union_view.view_sql(schema, table, {t: own for t, own in columns.items() if own})
    if without:
        operator.say(f"without a table {table}: {', '.join(without)}")
    if create:
        union_view.make(warehouse, schema, table, sql)
        operator.say(f"made the view {schema}.{table}")
    if as_json:
        operator.answer(
            {"view": f"{schema}.{table}", "sql": sql, "without": without, "made": create}
        )
    else:
        sys.stdout.write(sql + "\n")


def _print(operator: Operator, found: list[Finding]) -> None:
    table = Table("")
    for title in ("what", "found", "what to do next"):
        # An ARN has no blank to break at, and must be read whole.
        table.add_column(title, overflow="fold")
    for finding in found:
        mark = "[green]ok[/green]" if finding.ok else "[red]no[/red]"
        table.add_row(mark, finding.subject, finding.found, finding.next_step)
    operator.out.print(table)
