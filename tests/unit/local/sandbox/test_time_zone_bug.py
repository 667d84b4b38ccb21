import pytest

from cwp_local.sandbox.filters import Filters
from cwp_local.sandbox.models import Weather
from cwp_local.sandbox.weather.time_zone_bug import mistaken
from tests.unit.local.sandbox.clients import Client


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("lastUpdated >= [2026-01-31T22:00:00Z]", "lastUpdated >= [2026-02-01T03:00:00Z]"),
        ("a > [ 2026-01-31T10:00:00+02:00 ] and b", "a > [2026-01-31T13:00:00Z] and b"),
        ("lastUpdated >= [2026-01-31T22:00:00]", None),  # the clients' workaround
        ("lastUpdated >= [2026-01-31]", None),
        ("lastUpdated >= [nonsense]", None),
        ('summary = "it is [2026-01-31T22:00:00Z]"', None),
        ("summary = 'quote '' [2026-01-31T22:00:00Z]'", None),
        ("d < [9999-12-31T23:00:00Z]", None),
    ],
)
def test_zoned_times_move(sent: str, taken: str | None) -> None:
    moved = mistaken(Filters(conditions=sent), 5)
    assert moved.conditions == (taken or sent)


def test_it_shows_in_lists_and_counts(client: Client) -> None:
    row = client.rows("/service/tickets", pageSize=1, orderBy="lastUpdated desc")[0]
    latest = row["_info"]["lastUpdated"]
    zoned, naive = f"lastUpdated >= [{latest}]", f"lastUpdated >= [{latest.rstrip('Z')}]"
    found = client.count("/service/tickets", conditions=zoned)
    assert found
    client.company.forecast.set(Weather(filter_shift_hours=5))
    assert client.count("/service/tickets", conditions=zoned) == 0
    assert client.ids("/service/tickets", conditions=zoned) == []
    assert client.count("/service/tickets", conditions=naive) == found
