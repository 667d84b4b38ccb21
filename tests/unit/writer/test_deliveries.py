from itertools import permutations
from typing import Any

import pytest

from cwp_shared.errors import Terminal
from cwp_shared.events import RunFailed
from cwp_writer.deliveries import sort_messages
from tests.unit.writer.fakes import envelope, page

ROWS = [{"id": 1}]


def test_pages_are_grouped_by_tenant_table_and_run_in_order() -> None:
    pages = {
        "a": page(ROWS, 1, 0),
        "b": page(ROWS, 0, 1),
        "c": page(ROWS, 0, 0, run_id="run-2"),
        "d": page(ROWS, 0, 0, tenant_id="beta"),
        "e": page(ROWS, 0, 0, table="time_entries"),
        "f": page(ROWS, 0, 0),
    }
    groups, failures = sort_messages({id_: envelope(event) for id_, (event, _) in pages.items()})
    assert failures == {}
    assert {
        group: [delivery.message_ids for delivery in deliveries]
        for group, deliveries in groups.items()
    } == {
        ("acme", "service_tickets", "run-1", "full"): [("f",), ("b",), ("a",)],
        ("acme", "service_tickets", "run-2", "full"): [("c",)],
        ("beta", "service_tickets", "run-1", "full"): [("d",)],
        ("acme", "time_entries", "run-1", "full"): [("e",)],
    }


def test_a_page_sent_twice_is_one_delivery() -> None:
    text = envelope(page(ROWS)[0])
    groups, _ = sort_messages({"a": text, "b": text})
    ((delivery,),) = groups.values()
    assert delivery.message_ids == ("a", "b")


LAST = {"is_last": True, "counted": 1}


@pytest.mark.parametrize("order", list(permutations([{}, {"is_last": True}, LAST])))
def test_of_several_accounts_of_a_page_the_one_that_closes_its_window_stays(
    order: tuple[dict[str, Any], ...],
) -> None:
    texts = {str(at): envelope(page(ROWS, **changes)[0]) for at, changes in enumerate(order)}
    ((delivery,),) = sort_messages(texts)[0].values()
    assert (delivery.page.is_last, delivery.page.counted) == (True, 1)
    assert delivery.message_ids == ("0", "1", "2")


def test_two_contents_of_one_job_are_two_deliveries() -> None:
    texts = [envelope(page(rows)[0]) for rows in (ROWS, [{"id": 2}])]
    groups, _ = sort_messages(dict(zip("ab", texts, strict=True)))
    assert [len(deliveries) for deliveries in groups.values()] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "{}",
        '{"detail-type": "PageFetched", "detail": {}}',
        envelope(
            RunFailed(
                tenant_id="acme",
                run_id="r",
                table="t",
                mode="full",
                reason_class="x",
                reason="y",
            )
        ),
    ],
)
def test_what_is_no_fetched_page_fails_alone(text: str) -> None:
    groups, failures = sort_messages({"bad": text, "good": envelope(page(ROWS)[0])})
    assert list(failures) == ["bad"]
    assert isinstance(failures["bad"], Terminal)
    assert len(groups) == 1
