"""query: ask the warehouse."""

import csv
import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from cwp_ops.commands.options import AsJson
from cwp_ops.context import operator_of
from cwp_ops.warehouse import Answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="""Example: cwpipe query 'select count(*) from "acme".tickets_current'""")(
        query
    )


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help="One statement in Redshift's SQL.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print as CSV.")] = False,  # noqa: FBT002 - typer's way
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Run a statement in the warehouse and print its result.

    A tenant's data is in the schema of its name: all versions of its tickets in the table tickets,
    the current ones in the view tickets_current.
    """
    operator = operator_of(context)
    answer = operator.cloud.warehouse.query(sql)
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(answer.columns)
        writer.writerows(answer.rows)
    elif as_json:
        sys.stdout.write(json.dumps(answer.records(), default=str) + "\n")
    else:
        operator.out.print(as_table(answer))
        operator.out.print(f"{len(answer.rows)} rows")


def as_table(answer: Answer) -> Table:
    """An answer as a table to print."""
    table = Table(*answer.columns)
    for row in answer.rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    return table
