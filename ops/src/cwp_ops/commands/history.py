"""history: the files that a history is made of, and whether it holds what it promises."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.markup import escape

from cwp_ops import counts, history_commits
from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.history_checks import broken
from cwp_ops.mappings import key_columns
from cwp_ops.recover import S3Lake
from cwp_ops.warehouse import quoted

app = typer.Typer(no_args_is_help=True, help="The history of a table: its files, its invariants.")

_Tenant = Annotated[str, typer.Argument(help="Whose history.")]
_Table = Annotated[str, typer.Argument(help="Canonical table, such as tickets.")]


@app.command(epilog="Example: cwpipe history files acme tickets")
def files(
    context: typer.Context,
    tenant: _Tenant,
    table: _Table,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Print the canonical files that commits name, in the order in which they are applied."""
    operator = operator_of(context)
    keys = history_commits.canonical_keys(_commits(operator, tenant, table))
    urls = [f"s3://{operator.cloud.bucket}/{key}" for key in keys]
    if as_json:
        operator.answer(urls)
        return
    for url in urls:
        operator.out.print(url, soft_wrap=True, markup=False)


@app.command(epilog="Example: cwpipe history check acme tickets")
def check(
    context: typer.Context,
    tenant: _Tenant,
    table: _Table,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Check the invariants I1 to I8 of a whole table, in the lake and in the warehouse."""
    operator = operator_of(context)
    wrong = list(_wrong(operator, tenant, table))
    if as_json:
        operator.answer({"tenant_id": tenant, "table": table, "broken": wrong})
    else:
        for text in wrong:
            operator.out.print(f"[red]broken:[/red] {escape(text)}", soft_wrap=True)
        if not wrong:
            operator.out.print(f"{tenant}.{table}: every invariant holds")
    if wrong:
        raise typer.Exit(1)


def _wrong(operator: Operator, tenant: str, table: str) -> Iterator[str]:
    commits = _commits(operator, tenant, table)
    yield from history_commits.complaints(commits)
    warehouse = operator.cloud.warehouse
    key = key_columns(operator.root).get(table)
    if key is None:
        raise OperatorError(f"there is no mappings/{table}.json")
    for found in broken(warehouse, tenant, table, key):
        yield f"{found.rule} ({found.meaning}): {found.count:,} in {found.table}"
    stand = history_commits.stand(commits)
    loaded = counts.loaded_sequences(warehouse, tenant).get(table, 0)
    if loaded != stand.sequence:
        operator.say(f"the warehouse is at sequence {loaded} of {stand.sequence}: not counted")
        return
    name = quoted(tenant, table)
    rows = int(warehouse.query(f"SELECT count(*) FROM {name}").rows[0][0])  # noqa: S608 - quoted
    if rows != stand.versions:
        yield f"I8: {rows:,} rows in {name}, {stand.versions:,} versions in the lake"


def _commits(operator: Operator, tenant: str, table: str) -> list[history_commits.Commit]:
    operator.book.get(tenant)
    lake = S3Lake(operator.cloud.s3, operator.cloud.bucket)
    return history_commits.read_commits(lake, tenant, table)
