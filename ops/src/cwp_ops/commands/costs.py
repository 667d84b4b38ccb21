"""costs: dollars a month, measured on a stage or reckoned from a workload."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cwp_ops import wiring
from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.costs.bill import Bill, bill
from cwp_ops.costs.measured import lake
from cwp_ops.costs.measured import usage_of as measured_usage
from cwp_ops.costs.prices import default_file, read
from cwp_ops.costs.rates import Rates
from cwp_ops.costs.span import Span, functions
from cwp_ops.costs.usage import Usage
from cwp_ops.costs.waking import RPUS
from cwp_ops.costs.workload import Workload, usage_of
from cwp_shared.clock import utc_now

_CENT = 0.01


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: cwpipe costs --tenants 50 --tables 20   "
        "cwpipe --stage prod costs --days 7   cwpipe costs --tenants 5 --rows 20000 --json"
    )(costs)


def costs(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    tenants: Annotated[
        int | None,
        typer.Option(min=1, help="Reckon for so many tenants, instead of measuring the stage."),
    ] = None,
    tables: Annotated[int, typer.Option(min=1, max=100, help="Tables of each tenant.")] = 20,
    rows: Annotated[
        int, typer.Option(min=0, help="New or changed rows of each tenant on a day.")
    ] = 5_000,
    stored_rows: Annotated[
        int, typer.Option(min=0, help="Versions of records kept of each tenant.")
    ] = 500_000,
    window: Annotated[int, typer.Option(min=1, max=1440, help="The load window, minutes.")] = 30,
    days: Annotated[int, typer.Option(min=1, max=60, help="Measure so many days back.")] = 7,
    rpus: Annotated[int, typer.Option(min=4, help="The warehouse's size.")] = RPUS,
    prices: Annotated[
        Path | None, typer.Option(help="Prices of your own; default: config/prices.toml.")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Estimate what a month costs on AWS, by service and by what drives it.

    With --tenants: of a stated workload. Without: of the stage as it was used in the last days, by
    CloudWatch's meters and the bucket's listing. On one machine the same work is priced as if
    Lambda had done it, once a month. Everything assumed is printed.
    """
    operator = operator_of(context)
    chosen = read(prices or default_file(operator.root))
    rates = Rates.read(operator.root)
    if tenants:
        workload = Workload(tenants, tables, rows, stored_rows, window, rpus=rpus)
        usage = usage_of(workload, rates, alarms_of(operator.root))
    else:
        usage = _measured(operator, rates, days, rpus)
    made = bill(usage, chosen)
    if as_json:
        operator.out.print_json(json.dumps(made.as_json()))
    else:
        show(operator, made)


def show(operator: Operator, made: Bill) -> None:
    """Print a bill for people."""
    out = operator.out
    out.print(_table(made))
    out.print(_sums(made))
    out.print("assumed:")
    for text in made.assumptions:
        out.print(f"  {escape(text)}", soft_wrap=True)


def _table(made: Bill) -> Table:
    title = f"a month in {made.region}, prices of {made.prices_as_of}"
    table = Table("service", "driver", title=title, title_justify="left")
    table.add_column("quantity", justify="right")
    table.add_column("unit")
    table.add_column("$", justify="right")
    for line in made.lines:
        table.add_row(
            line.service,
            line.driver,
            f"{line.quantity:,.0f}" if line.quantity >= 100 else f"{line.quantity:.3g}",  # noqa: PLR2004
            line.unit,
            _dollars(line.dollars),
        )
    return table


def _dollars(dollars: float) -> str:
    return f"{dollars:,.2f}" if dollars >= _CENT else f"{dollars:.5f}"


def _sums(made: Bill) -> Table:
    table = Table("service", title_justify="left", show_footer=True)
    table.columns[0].footer = "a month"
    table.add_column("$", justify="right", footer=f"{made.dollars:,.2f}")
    for service, dollars in made.by_service().items():
        table.add_row(service, _dollars(dollars))
    return table


def _measured(operator: Operator, rates: Rates, days: int, rpus: int) -> Usage:
    cloud, end = operator.cloud, utc_now()
    span = Span.of(end - timedelta(days=days), end)
    if operator.stage == "local":
        # A machine does not run for a month: what it did is a month's work.
        span = replace(span, times_a_month=1.0)
    operator.say("reading meters and listing the bucket")
    deployed = functions(cloud.client("lambda"), operator.stage)
    counts = wiring.meter(operator, deployed, rpus).counted(span)
    found = lake(cloud.s3, cloud.bucket, span)
    usage = measured_usage(deployed, counts, found, rates, span)
    cloudwatch = cloud.client("cloudwatch")
    return replace(
        usage,
        secrets=sum(1 for _ in operator.book.items()),
        alarms=_alarms(cloudwatch, operator.stage),
        metrics=_custom_metrics(cloudwatch, operator.stage),
        assumptions=(_of_span(operator.stage, days), *usage.assumptions),
    )


def _of_span(stage: str, days: int) -> str:
    if stage == "local":
        return (
            f"the work of the last {days} days on this machine, at its own speed, done once a "
            "month; the warehouse is charged for its loads since it was started, at least a minute"
        )
    return f"all months are like the last {days} days"


def alarms_of(root: Path) -> int:
    """The alarms that the templates have."""
    templates = [*root.glob("services/*/resources/*.yml"), *root.glob("shared/resources/*.yml")]
    return sum(path.read_text("utf-8").count("AWS::CloudWatch::Alarm") for path in templates)


def _alarms(cloudwatch: Any, stage: str) -> int:
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix="connectwise-")
    return sum(a["AlarmName"].endswith(f"-{stage}") for page in pages for a in page["MetricAlarms"])


def _custom_metrics(cloudwatch: Any, stage: str) -> int:
    namespace = f"connectwise-{stage}"
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace)
    return sum(len(page["Metrics"]) for page in pages)
