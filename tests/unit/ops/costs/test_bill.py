from pathlib import Path

import pytest

from cwp_ops.costs.bill import ALWAYS_ASSUMED, bill
from cwp_ops.costs.prices import Prices, default_file, read
from cwp_ops.costs.usage import FunctionUse, Usage
from cwp_ops.errors import OperatorError

ROOT = Path(__file__).resolve().parents[4]
PRICES = read(default_file(ROOT))


def dollars(usage: Usage) -> dict[tuple[str, str], float]:
    return {(line.service, line.driver): line.dollars for line in bill(usage, PRICES).lines}


def test_a_function_is_charged_for_calls_and_for_memory_times_time() -> None:
    used = Usage(functions=(FunctionUse("fetcher fetch", 512, 1_000_000, 2_000_000),))
    assert dollars(used) == {
        ("Lambda", "fetcher fetch, time"): pytest.approx(1_000_000 * 0.0000133334),
        ("Lambda", "fetcher fetch, calls"): pytest.approx(0.20),
    }


def test_each_driver_has_its_price() -> None:
    used = Usage(
        messages={"fetcher-jobs": 1_000_000},
        empty_receives=1_000_000,
        events=1_000_000,
        stored_bytes={"raw": 1024**3},
        objects={"raw": 1_000},
        dynamodb_writes=1_000_000,
        dynamodb_reads=1_000_000,
        log_bytes=1024**3,
        rpu_hours=1,
        warehouse_bytes=1024**3,
        secrets=1,
        alarms=1,
        metrics=1,
    )
    assert dollars(used) == pytest.approx(
        {
            ("SQS", "messages"): 3 * 0.40,
            ("SQS", "waiting for messages"): 0.40,
            ("EventBridge", "events"): 1.00,
            ("S3", "raw/, held"): 0.023,
            ("S3", "raw/, written"): 0.005,
            ("S3", "read"): 2 * 0.0004,
            ("DynamoDB", "writes"): 0.625,
            ("DynamoDB", "reads"): 0.125,
            ("CloudWatch", "logs"): 0.50,
            ("CloudWatch", "alarms"): 0.10,
            ("CloudWatch", "metrics"): 0.30,
            ("Secrets Manager", "API keys"): 0.40,
            ("Redshift", "awake"): 0.375,
            ("Redshift", "tables, held"): 0.024,
        }
    )


def test_lines_and_services_are_the_dearest_first_and_sum_up() -> None:
    made = bill(Usage(rpu_hours=2, secrets=3, events=1), PRICES)
    assert [line.service for line in made.lines] == ["Secrets Manager", "Redshift", "EventBridge"]
    assert list(made.by_service()) == ["Secrets Manager", "Redshift", "EventBridge"]
    assert made.dollars == pytest.approx(sum(made.by_service().values()))
    assert made.as_json()["dollars_a_month"] == made.dollars


def test_what_is_assumed_is_told() -> None:
    made = bill(Usage(assumptions=("the sky is blue",)), PRICES)
    assert made.assumptions == ("the sky is blue", *ALWAYS_ASSUMED)


def test_prices_that_were_seen_once_only_are_named() -> None:
    guessed = PRICES.prices["alarm"].model_copy(update={"confirmed": False})
    prices = PRICES.model_copy(update={"prices": {**PRICES.prices, "alarm": guessed}})
    assert bill(Usage(), prices).assumptions[-1].endswith("second source: alarm")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("region = 1", "region"),
        ('region = "x"\nas_of = 2026-01-01\nprices = {}', "missing: alarm"),
        ("= =", "not TOML"),
    ],
)
def test_prices_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(OperatorError, match=said):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_every_price_names_its_source() -> None:
    assert isinstance(PRICES, Prices)
    for name, price in PRICES.prices.items():
        assert price.source.startswith("https://aws.amazon.com/"), name
