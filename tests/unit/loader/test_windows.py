from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cwp_loader.windows import NOW, TenantWindows, opening
from tests.unit.loader.fakes import TABLE

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("arrived", "minutes", "opens"),
    [
        ("07:40:00", 15, "07:45:00"),
        ("07:44:59", 15, "07:45:00"),
        ("07:45:00", 15, "08:00:00"),
        ("07:40:00", 60, "08:00:00"),
        ("07:40:00", 0, "07:40:00"),
    ],
)
def test_a_window_opens_at_multiples_of_its_length(arrived: str, minutes: int, opens: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-23T{text}").replace(tzinfo=UTC)

    assert opening(moment(arrived), timedelta(minutes=minutes)) == moment(opens)


def item(**settings: Any) -> dict[str, Any]:
    return {"tenant_id": "acme", "site": "na.myconnectwise.net", "company": "acme", **settings}


@pytest.mark.parametrize(
    ("settings", "length"),
    [
        (item(), HOUR),
        (item(load_minutes=15), timedelta(minutes=15)),
        (item(load_minutes=15, load_now=["tickets"]), NOW),
        (item(load_now=["companies"]), HOUR),
        (item(load_minutes="often"), HOUR),
        (None, HOUR),
    ],
)
def test_a_tenant_may_want_another_window(settings: Any, length: timedelta) -> None:
    assert TenantWindows(HOUR, {"acme": settings}.get).length(TABLE) == length
