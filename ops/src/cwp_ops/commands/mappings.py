"""mappings check, view."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from cwp_ops import mapping_findings
from cwp_ops.children_view import Dialect, children_of, create
from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.mapping_findings import Finding
from cwp_shared.mapping import Mapping
from cwp_shared.mapping_files import read_mappings
from cwp_shared.names import check_tenant_id

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Mappings: what the warehouse's tables are made of.",
    epilog="A mapping is a file in mappings/, one for each table of the warehouse; its language is "
    "told in docs/mappings.md. Change one, raise its version, and look at it with "
    "`cwpipe mappings check`.",
)


@app.callback()
def mappings() -> None:
    """What the warehouse's tables are made of."""


@app.command(
    epilog="Example: cwpipe mappings check   One table, by what a tenant really sends: "
    "cwpipe mappings check tickets --tenant acme"
)
def check(
    context: typer.Context,
    table: Annotated[str | None, typer.Argument(help="A table of the warehouse; all.")] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Compare with this tenant's raw files.")
    ] = None,
    files: Annotated[int, typer.Option(min=1, help="With --tenant: newest files a table.")] = 20,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Look for what is wrong with mappings.

    Without a tenant: files that cannot be used, fields of the API that no column shows, columns
    narrower than what the API documents. With one, by the newest of its raw files also: fields
    that never occur, fields that the catalogue does not know, values that do not fit their
    columns; and changes that its history cannot take, such as one without a new version. Exit
    code 1 if something is wrong: a file that cannot be used, or values that do not fit, whose rows
    go to quarantine.
    """
    operator = operator_of(context)
    found, findings = mapping_findings.read(operator.root / "mappings", table)
    if table and not found.valid and not findings:
        raise OperatorError(f"there is no mapping of a table {table} in {operator.root}/mappings")
    findings += [one for mapping in found.valid for one in mapping_findings.of_catalogue(mapping)]
    if tenant:
        findings += _of_tenant(operator, found.valid, operator.book.get(tenant).tenant_id, files)
    if as_json:
        operator.out.print_json(
            json.dumps([asdict(one) | {"wrong": one.is_wrong} for one in findings])
        )
    else:
        _show(operator, findings, len(found.valid))
    if any(one.is_wrong for one in findings):
        raise typer.Exit(1)


@app.command(
    epilog="Example: cwpipe mappings view contacts communication_items --tenant acme   "
    """And make it: cwpipe query "$(cwpipe mappings view contacts types --tenant acme)" """
)
def view(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="A table of the warehouse.")],
    column: Annotated[str, typer.Argument(help="A list in it: types, custom_fields, ...")],
    tenant: Annotated[str, typer.Option(help="The tenant in whose schema the view is made.")],
    key: Annotated[str, typer.Option(help="The field that tells a list's items apart.")] = "id",
    dialect: Annotated[Dialect, typer.Option(help="redshift, or duckdb for files.")] = "redshift",
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Print the SQL of a view that shows the items of a list as a table, with their history.

    A child has a version for as long as its parent lists it alike: what is missing from its
    parent's list is closed there, and no child outlives its parent (scd2.md R15).
    """
    operator = operator_of(context)
    try:
        schema = check_tenant_id(tenant)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    found = read_mappings(operator.root / "mappings").of_table(table)
    if found is None:
        raise OperatorError(f"there is no mapping of a table {table} in {operator.root}/mappings")
    children = children_of(found, column, key)
    sql = create(children, schema, dialect)
    if as_json:
        operator.answer({"table": table, "column": column, "sql": sql})
    else:
        sys.stdout.write(sql + "\n")


def _of_tenant(
    operator: Operator, mappings: Sequence[Mapping], tenant_id: str, most: int
) -> Iterator[Finding]:
    # pyarrow and DuckDB take longer to import than most commands take to run.
    from cwp_ops.mapping_history import objection  # noqa: PLC0415
    from cwp_ops.raw_census import newest_files, raw_prefix, take_census  # noqa: PLC0415
    from cwp_transformer.lake import S3Lake  # noqa: PLC0415

    s3, bucket = operator.cloud.s3, operator.cloud.bucket
    lake = S3Lake(s3, bucket)
    for mapping in track(
        mappings, f"reading raw files of {tenant_id}", console=operator.err, transient=True
    ):
        if refused := objection(lake, tenant_id, mapping):
            yield Finding(mapping.table, "broken", "", refused)
        files = newest_files(s3, bucket, raw_prefix(tenant_id, mapping), most)
        yield from mapping_findings.of_census(mapping, take_census(files, mapping))


def _show(operator: Operator, findings: Sequence[Finding], count: int) -> None:
    if findings:
        shown = Table("table", "", "field or column", "")
        for (is_wrong, table, kind, detail), fields in _grouped(findings).items():
            coloured = f"[red]{kind}[/red]" if is_wrong else kind
            shown.add_row(table, coloured, ", ".join(fields), escape(detail))
        operator.out.print(shown)
    wrong = sum(one.is_wrong for one in findings)
    operator.out.print(
        f"{count} mappings can be used; "
        + (f"[red]{wrong} things are wrong[/red]" if wrong else "[green]nothing is wrong[/green]")
        + f", {len(findings) - wrong} are good to know"
    )


def _grouped(findings: Iterable[Finding]) -> dict[tuple[bool, str, str, str], list[str]]:
    """Fields of which the same is said, what is wrong before the rest."""
    grouped: dict[tuple[bool, str, str, str], list[str]] = {}
    for one in sorted(findings, key=lambda one: (not one.is_wrong, one.table)):
        grouped.setdefault((one.is_wrong, one.table, one.kind, one.detail), []).append(one.field)
    return grouped
