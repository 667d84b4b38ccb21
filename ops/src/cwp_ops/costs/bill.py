"""A month's bill: what is used, times prices, by service and by what drives it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from cwp_ops.costs.prices import PriceName, Prices
from cwp_ops.costs.usage import Usage

_GB: Final = 1024**3
#: A message is sent, received and deleted.
_REQUESTS_A_MESSAGE: Final = 3
#: Whatever is written is read once or twice: a page by the writer, a raw file by the transformer,
#: the history's index by every merge, a canonical file by COPY.
_GETS_AN_OBJECT: Final = 2

#: Told with every bill.
ALWAYS_ASSUMED: Final = (
    "list prices: no free tier, no discount, no tax",
    f"SQS: {_REQUESTS_A_MESSAGE} requests a message, none saved by batches",
    f"S3: {_GETS_AN_OBJECT} GETs for each object made",
    "left out, as cents: Scheduler, event archive, SNS, storage of logs and DynamoDB's items",
    "left out: what people ask of the warehouse",
)


@dataclass(frozen=True)
class Line:
    """Something that costs."""

    service: str
    driver: str
    quantity: float
    unit: str
    dollars: float


@dataclass(frozen=True)
class Bill:
    """A month."""

    region: str
    prices_as_of: str
    lines: tuple[Line, ...]
    assumptions: tuple[str, ...]

    @property
    def dollars(self) -> float:
        """Of all lines."""
        return sum(line.dollars for line in self.lines)

    def by_service(self) -> dict[str, float]:
        """Dollars of each service, the dearest first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.service] = sums.get(line.service, 0.0) + line.dollars
        return dict(sorted(sums.items(), key=lambda item: -item[1]))

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            **asdict(self),
            "dollars_a_month": self.dollars,
            "by_service": self.by_service(),
        }


def bill(usage: Usage, prices: Prices) -> Bill:
    """What a month of this usage costs."""
    priced = (
        Line(service, driver, quantity, prices.prices[name].unit, prices.dollars(name, quantity))
        for service, driver, name, quantity in _drivers(usage)
    )
    return Bill(
        region=prices.region,
        prices_as_of=prices.as_of.isoformat(),
        lines=tuple(sorted((x for x in priced if x.quantity), key=lambda line: -line.dollars)),
        assumptions=(*usage.assumptions, *ALWAYS_ASSUMED, *_unconfirmed(prices)),
    )


def _drivers(usage: Usage) -> Iterator[tuple[str, str, PriceName, float]]:
    """Service, what drives it, which price, how much."""
    for function in usage.functions:
        gb_seconds = function.seconds * function.memory_mb / 1024
        yield "Lambda", f"{function.name}, time", "lambda_gb_second", gb_seconds
        yield "Lambda", f"{function.name}, calls", "lambda_request", function.invocations
    requests = sum(usage.messages.values()) * _REQUESTS_A_MESSAGE
    yield "SQS", "messages", "sqs_request", requests
    yield "SQS", "waiting for messages", "sqs_request", usage.empty_receives
    yield "EventBridge", "events", "event", usage.events
    for kind, size in usage.stored_bytes.items():
        yield "S3", f"{kind}/, held", "s3_gb", size / _GB
    for kind, count in usage.objects.items():
        yield "S3", f"{kind}/, written", "s3_put", count
    yield "S3", "read", "s3_get", sum(usage.objects.values()) * _GETS_AN_OBJECT
    yield "DynamoDB", "writes", "dynamodb_write", usage.dynamodb_writes
    yield "DynamoDB", "reads", "dynamodb_read", usage.dynamodb_reads
    yield "CloudWatch", "logs", "log_gb", usage.log_bytes / _GB
    yield "CloudWatch", "alarms", "alarm", usage.alarms
    yield "CloudWatch", "metrics", "metric", usage.metrics
    yield "Secrets Manager", "API keys", "secret", usage.secrets
    yield "Redshift", "awake", "rpu_hour", usage.rpu_hours
    yield "Redshift", "tables, held", "warehouse_gb", usage.warehouse_bytes / _GB


def _unconfirmed(prices: Prices) -> Iterator[str]:
    names = [name for name, price in prices.prices.items() if not price.confirmed]
    if names:
        yield f"prices not confirmed by a second source: {', '.join(names)}"
