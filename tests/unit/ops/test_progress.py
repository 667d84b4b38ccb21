from typing import Any

import pytest

from cwp_ops.progress import History, Observation, Progress, progress

RUN: dict[str, Any] = {
    "run_id": "r1",
    "status": "OPEN",
    "mode": "full",
    "windows": [{"after_id": 0, "high_id": None}],
    "expected_rows": 4000,
}
DONE = {**RUN, "status": "COMPLETED", "rows": 4000, "pages": 5, "raw_keys": ["a", "b"]}


def history(
    files: dict[str, Any], head: dict[str, Any] | None, pointer: dict[str, Any] | None = None
) -> History:
    return History("tickets", files, pointer, head)


def test_without_a_run_it_waits() -> None:
    assert progress(Observation()).stage == "waiting"


def test_before_the_survey_answers_nobody_knows_how_large_it_is() -> None:
    run = {key: value for key, value in RUN.items() if key not in {"windows", "expected_rows"}}
    found = progress(Observation(run=run))
    assert (found.stage, found.expected) == ("surveying", None)


def test_while_fetching_durable_pages_count() -> None:
    found = progress(Observation(run=RUN, receipts=[{"rows": 1000}, {"rows": 1000}]))
    assert (found.stage, found.rows, found.expected, found.pages) == ("fetching", 2000, 4000, 2)
    assert 0 < found.share < 1


def test_more_rows_than_expected_do_not_overfill_the_bar() -> None:
    assert progress(Observation(run=RUN, receipts=[{"rows": 9000}])).share < 1


def test_an_incremental_run_knows_no_expected_rows() -> None:
    run = {key: value for key, value in RUN.items() if key != "expected_rows"}
    found = progress(Observation(run=run, receipts=[{"rows": 10}]))
    assert (found.stage, found.rows, found.expected) == ("fetching", 10, None)


def test_a_failed_run_says_why() -> None:
    run = {**RUN, "status": "FAILED", "reason_class": "credentials", "reason": "401 for acme"}
    assert progress(Observation(run=run)) == Progress(
        "failed", share=1.0, detail="credentials: 401 for acme"
    )


def test_files_that_are_in_no_history_yet_are_waited_for() -> None:
    seen = Observation(run=DONE, histories=(history({"a": {"sequence": 1}, "b": None}, None),))
    assert progress(seen).stage == "merging"


@pytest.mark.parametrize("head", [None, {"phase": "loading", "loaded_sequence": 1}])
def test_commits_that_the_warehouse_lacks_are_waited_for(head: dict[str, Any] | None) -> None:
    files = {"a": {"sequence": 1}, "b": {"sequence": 2}}
    assert progress(Observation(run=DONE, histories=(history(files, head),))).stage == "loading"


def test_done_when_the_ledger_has_the_last_commit() -> None:
    files = {"a": {"sequence": 1}, "b": {"sequence": 2}}
    head = {"phase": "idle", "loaded_sequence": 2}
    found = progress(Observation(run=DONE, histories=(history(files, head),)))
    assert (found.stage, found.rows, found.share) == ("done", 4000, 1.0)


def test_files_that_changed_nothing_have_no_sequence_and_nothing_to_load() -> None:
    files = {"a": {"revision": 3}, "b": {"sequence": None}}
    assert progress(Observation(run=DONE, histories=(history(files, None),))).stage == "done"


def test_commits_from_before_are_waited_for_too() -> None:
    behind = history({}, {"loaded_sequence": 2}, pointer={"sequence": 3})
    assert progress(Observation(run={**DONE, "raw_keys": []}, histories=(behind,))).stage == (
        "loading"
    )


def test_a_run_without_rows_is_done() -> None:
    seen = Observation(run={**DONE, "raw_keys": []}, histories=(history({}, None),))
    assert progress(seen).stage == "done"


def test_a_blocked_load_fails_with_the_warehouses_words() -> None:
    files = {"a": {"sequence": 2}, "b": {"sequence": 2}}
    head = {"phase": "blocked", "loaded_sequence": 1, "last_error": "value too long"}
    found = progress(Observation(run=DONE, histories=(history(files, head),)))
    assert found.stage == "failed"
    assert "value too long" in found.detail


def test_a_load_that_is_blocked_behind_our_commits_is_not_our_trouble() -> None:
    files = {"a": {"sequence": 2}, "b": {"sequence": 2}}
    head = {"phase": "blocked", "loaded_sequence": 2, "last_error": "value too long"}
    assert progress(Observation(run=DONE, histories=(history(files, head),))).stage == "done"


def test_each_history_that_the_table_feeds_must_be_there() -> None:
    files = {"a": {"sequence": 1}, "b": {"sequence": 1}}
    ready = history(files, {"loaded_sequence": 1})
    seen = Observation(run=DONE, histories=(ready, history(files, None)))
    assert progress(seen).stage == "loading"
