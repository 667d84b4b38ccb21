import pytest

from cwp_shared.letters import Failure, History, values_of


def failure(number: int) -> Failure:
    return Failure(f"reason {number} {'x' * 2000}", "Terminal", f"2026-11-{number:02}", "1")


def test_a_history_reads_back_from_its_attributes() -> None:
    one = Failure("no table", "Terminal", "2026-11-01T00:00:00+00:00", "1")
    two = Failure("no tenant", "Terminal", "2026-11-02T00:00:00+00:00", "1")
    history = History().after(one).after(two)
    assert History.read(values_of(history.attributes(), "StringValue")) == history


@pytest.mark.parametrize("times", [1, 2, 30])
def test_attributes_stay_few_and_small_however_often_it_fails(times: int) -> None:
    history = History()
    for number in range(1, times + 1):
        history = History.read(
            values_of(history.after(failure(number)).attributes(), "StringValue")
        )
    attributes = history.attributes()
    assert len(attributes) <= 7
    assert sum(len(value["StringValue"]) for value in attributes.values()) < 4_000
    assert (history.count, history.first_failed_at) == (times, "2026-11-01")


@pytest.mark.parametrize("earlier", ["", "not JSON", "[1]", '[{"other": 1}]', "{}", "null"])
def test_strange_attributes_are_no_error(earlier: str) -> None:
    values = {"Reason": "r", "Earlier": earlier, "Failures": "many"}
    assert History.read(values).failures[-1].reason == "r"


def test_a_message_that_never_failed_has_no_history() -> None:
    assert History.read({"Other": "x"}) == History()
