from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from scripts import export_costs_page

from cwp_ops.costs.bill import bill
from cwp_ops.costs.prices import default_file, read
from cwp_ops.costs.rates import Rates
from cwp_ops.costs.workload import Workload, usage_of
from cwp_ops.names import QUEUE_OF, QUEUES

ROOT = Path(__file__).resolve().parents[4]
RATES = Rates.read(ROOT)
PRICES = read(default_file(ROOT))
USUAL = Workload(tenants=10)


def dollars(workload: Workload) -> float:
    return bill(usage_of(workload, RATES), PRICES).dollars


def test_every_function_has_a_rate_with_the_memory_it_is_deployed_with() -> None:
    deployed = {}
    for path in ROOT.glob("services/*/serverless.yml"):
        # CloudFormation's short forms are of no interest here.
        loader = type("Loader", (yaml.SafeLoader,), {})
        loader.add_multi_constructor("!", lambda *_: None)  # type: ignore[attr-defined]
        template = yaml.load(path.read_text(), loader)  # noqa: S506 - a SafeLoader
        for name, function in template["functions"].items():
            deployed[f"{path.parent.name} {name}"] = function["memorySize"]
    assert {name: rate.memory_mb for name, rate in RATES.functions.items()} == deployed
    assert set(QUEUE_OF) == set(deployed)
    assert set(QUEUE_OF.values()) == {f"{service}-{noun}" for service, noun in QUEUES}


@pytest.mark.parametrize(
    "more",
    [
        {"tenants": 20},
        {"tables": 40},
        {"rows": 50_000},
        {"stored_rows": 5_000_000},
        {"window_minutes": 5},
        {"rpus": 16},
    ],
)
def test_more_costs_more(more: dict[str, int]) -> None:
    assert dollars(replace(USUAL, **more)) > dollars(USUAL)


def test_tenants_share_the_warehouse_but_little_else() -> None:
    ten, twenty = (usage_of(replace(USUAL, tenants=n), RATES) for n in (10, 20))
    assert twenty.messages["fetcher-jobs"] == pytest.approx(2 * ten.messages["fetcher-jobs"])
    assert twenty.rpu_hours < 1.2 * ten.rpu_hours


def test_messages_are_those_that_runs_make() -> None:
    """One tenant with the usual 20 tables and no rows: 5 of 15 minutes, 7 hourly, 8 daily."""
    used = usage_of(Workload(tenants=1, rows=0, stored_rows=0), RATES)
    runs, month = 5 * 96 + 7 * 24 + 8, 365 / 12
    assert used.messages["fetcher-jobs"] == pytest.approx((runs + 2 * 20) * month)
    assert used.messages["scheduler-requests"] == pytest.approx(288 * 2 * month)
    assert used.messages["writer-sweeps"] == pytest.approx(20 * month)


def test_the_page_says_what_the_code_says() -> None:
    assert export_costs_page.TARGET.read_text() == export_costs_page.page(), "run: make schemas"
