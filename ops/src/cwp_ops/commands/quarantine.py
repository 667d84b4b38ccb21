"""quarantine: rows that could not be taken, why, and taking them after the mapping was mended."""

import json
import time
from collections import Counter
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cwp_ops import quarantine
from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.quarantine import Aside, Outcome
from cwp_ops.recover import S3Lake
from cwp_ops.wiring import quarantine_replay

app = typer.Typer(no_args_is_help=True, help="Rows that were set aside, and taking them after all.")

_Tenant = Annotated[str, typer.Argument(help="Whose rows.")]
_OfTable = Annotated[str | None, typer.Option("--table", help="Only this canonical table.")]


@app.command("list", epilog="Example: cwpipe quarantine list acme")
def show_all(
    context: typer.Context,
    tenant: _Tenant,
    table: _OfTable = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show how many rows are set aside, by table and reason."""
    operator = operator_of(context)
    counted: Counter[tuple[str, int, str]] = Counter()
    for aside in _asides(operator, tenant, table):
        for reason, count in aside.reasons.items():
            counted[aside.canonical_table, aside.mapping_version, reason] += count
    if as_json:
        operator.answer(
            [
                {"table": name, "mapping_version": version, "rows": count, "reason": reason}
                for (name, version, reason), count in sorted(counted.items())
            ]
        )
        return
    if not counted:
        operator.out.print("nothing is set aside")
        return
    lines = Table("table", "mapping", "rows", "reason")
    for (name, version, reason), count in sorted(counted.items()):
        lines.add_row(name, str(version), f"{count:,}", escape(reason))
    operator.out.print(lines)


@app.command(epilog="Example: cwpipe quarantine show acme --table tickets")
def show(
    context: typer.Context,
    tenant: _Tenant,
    table: _OfTable = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Print the rows themselves, with reason and place, as JSON lines; with --json as a list."""
    operator = operator_of(context)
    rows = [row for aside in _asides(operator, tenant, table) for row in aside.rows]
    if as_json:
        operator.answer(rows)
        return
    for row in rows:
        operator.out.print(json.dumps(row), soft_wrap=True, markup=False)


@app.command(epilog="Example: cwpipe quarantine replay acme --table tickets")
def replay(
    context: typer.Context,
    tenant: _Tenant,
    table: _OfTable = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Read the raw files of set-aside rows again, under the newer mapping."""
    operator = operator_of(context)
    asides = _asides(operator, tenant, table)
    operator.say(f"{len(asides)} files with rows set aside")
    outcomes = quarantine_replay(operator, lambda: time.sleep(1)).run(asides)
    if as_json:
        operator.answer([_told(outcome) for outcome in outcomes])
    for outcome in () if as_json else outcomes:
        text = f"{outcome.aside.raw_key}: {outcome.taken} taken, {outcome.left} left"
        operator.out.print(escape(f"{text} {outcome.note}".rstrip()), soft_wrap=True)
    if any(outcome.left for outcome in outcomes):
        raise typer.Exit(1)


def _told(outcome: Outcome) -> dict[str, object]:
    said = {"taken": outcome.taken, "left": outcome.left, "note": outcome.note}
    return {
        "raw_key": outcome.aside.raw_key,
        "canonical_table": outcome.aside.canonical_table,
        **said,
    }


def _asides(operator: Operator, tenant: str, table: str | None) -> list[Aside]:
    operator.book.get(tenant)
    found = quarantine.find(S3Lake(operator.cloud.s3, operator.cloud.bucket), tenant)
    if table is None:
        return found
    of_table = [aside for aside in found if aside.canonical_table == table]
    if not of_table:
        operator.check_canonical(table)
    return of_table
