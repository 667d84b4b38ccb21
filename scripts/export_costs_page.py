"""Write docs/costs.md: what a month costs, for workloads of three sizes.

    python -m scripts.export_costs_page

Made from config/prices.toml, config/cost-rates.toml and the code of `cwpipe costs`; a test compares
the committed page with what this makes.
"""

from collections.abc import Iterator
from pathlib import Path

from cwp_ops.commands.costs import alarms_of
from cwp_ops.costs.bill import ALWAYS_ASSUMED, Bill, bill
from cwp_ops.costs.prices import Prices, default_file, read
from cwp_ops.costs.rates import Rates
from cwp_ops.costs.workload import Workload, usage_of

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "costs.md"

SIZES = (
    Workload(tenants=1, tables=20, rows=5_000, stored_rows=500_000),
    Workload(tenants=10, tables=20, rows=5_000, stored_rows=500_000),
    Workload(tenants=50, tables=20, rows=5_000, stored_rows=500_000),
)
_DEAREST = 12

_OPENING = """\
# Costs

What a month on AWS costs, as `cwpipe costs` estimates it. This page is made from the code
(`make schemas`), so its numbers are those of the prices and rates below; they are an estimate, and
the bill is AWS's.

```
cwpipe costs --tenants 50 --tables 20            # of a stated workload; no cloud is asked
cwpipe --stage prod costs --days 7               # of a stage as it was used, by its meters
cwpipe costs                                     # of what this machine's cloud did, priced as AWS
```

`--rows` are the new and changed rows of a tenant on a day, `--stored-rows` the versions that are
kept of it, `--window` the load window in minutes, `--rpus` the warehouse's size; `--json` for
scripts. `cwpipe watch` shows the last hour of the same drivers.

## By size

"""

_MEASURED = """\
## Of a stage

Without `--tenants` the command counts what the stage used and says what it had to assume:

| what | on AWS, from | on one machine, from |
|---|---|---|
| function calls and times | CloudWatch `AWS/Lambda` | the `REPORT` lines of the functions' logs |
| messages, empty receives | CloudWatch `AWS/SQS` | the log lines `record handled` |
| DynamoDB units | CloudWatch `AWS/DynamoDB` | estimated for each message |
| log bytes | CloudWatch `AWS/Logs` | the log lines' lengths |
| the warehouse's time | CloudWatch `ComputeSeconds` of the workgroup | the loader's statements |
| bytes held, objects made | the bucket's listing, by the kind of prefix | the same |
| events | messages, and objects made | the same |

On AWS the span is multiplied to a month. On one machine the work of the span is priced as if it was
a month's, for a machine syncs for an hour and not for a month. Whoever asks needs
`cloudwatch:GetMetricData`, `ListMetrics` and `DescribeAlarms`, `lambda:ListFunctions`,
`s3:ListBucket`, and `dynamodb:Scan` on TenantServices.

"""


def page() -> str:
    """The page's text."""
    prices, rates = read(default_file(ROOT)), Rates.read(ROOT)
    alarms = alarms_of(ROOT)
    bills = [bill(usage_of(size, rates, alarms), prices) for size in SIZES]
    return _OPENING + "\n".join([*_by_size(bills), *_drivers(bills[-1]), *_prices(prices)])


def _by_size(bills: list[Bill]) -> Iterator[str]:
    yield "| dollars a month | " + " | ".join(map(_size, SIZES)) + " |"
    yield "|---|" + "---:|" * len(SIZES)
    for service in bills[-1].by_service():
        dollars = (f"{made.by_service().get(service, 0.0):,.2f}" for made in bills)
        yield f"| {service} | " + " | ".join(dollars) + " |"
    yield "| **all** | " + " | ".join(f"**{made.dollars:,.2f}**" for made in bills) + " |"
    per_tenant = (f"{m.dollars / size.tenants:,.2f}" for m, size in zip(bills, SIZES, strict=True))
    yield "| a tenant | " + " | ".join(per_tenant) + " |"
    yield ""
    yield "Assumed of the largest:"
    yield ""
    yield from (f"* {text}" for text in bills[-1].assumptions if text not in ALWAYS_ASSUMED)
    yield ""
    yield "and always:"
    yield ""
    yield from (f"* {text}" for text in ALWAYS_ASSUMED)
    yield ""
    yield (
        "The warehouse is the bill, and how often it is woken drives it: loads wait for windows "
        "([ADR 12](adr/0012-load-windows.md)). `cwpipe tenants set acme --load-minutes 60` makes a "
        "tenant's windows longer; `--load-now` wakes it for each commit of a table."
    )
    yield ""


def _size(workload: Workload) -> str:
    return "1 tenant" if workload.tenants == 1 else f"{workload.tenants} tenants"


def _drivers(made: Bill) -> Iterator[str]:
    yield f"## What drives it, {SIZES[-1].tenants} tenants"
    yield ""
    yield "| service | driver | quantity a month | unit | dollars |"
    yield "|---|---|---:|---|---:|"
    for line in made.lines[:_DEAREST]:
        quantity = f"{line.quantity:,.0f}"
        yield f"| {line.service} | {line.driver} | {quantity} | {line.unit} | {line.dollars:,.2f} |"
    rest = sum(line.dollars for line in made.lines[_DEAREST:])
    yield f"| | {len(made.lines) - _DEAREST} more | | | {rest:,.2f} |"
    yield ""
    yield _MEASURED.rstrip()
    yield ""


def _prices(prices: Prices) -> Iterator[str]:
    yield "## Prices"
    yield ""
    yield (
        f"[config/prices.toml](../config/prices.toml): {prices.region}, written down "
        f"{prices.as_of.isoformat()}. With `--prices FILE` the command takes your own."
    )
    yield ""
    yield "| price | dollars | for | source | seen twice |"
    yield "|---|---:|---|---|---|"
    for name, price in prices.prices.items():
        amount = f"{price.per:,.0f} {price.unit}" if price.per > 1 else price.unit
        seen = "yes" if price.confirmed else "no"
        cells = (f"`{name}`", f"{price.dollars:g}", amount, f"<{price.source}>", seen)
        yield "| " + " | ".join(cells) + " |"
    yield ""


def main() -> None:
    """Write the page."""
    TARGET.write_text(page())
    print(f"wrote {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
