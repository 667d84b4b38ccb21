"""What stands in the log is what CloudWatch's embedded metric format asks for."""

import pytest

from cwp_shared import metrics
from tests.counted import counted, data_points, values


def test_a_line_counts_by_service_and_says_whose_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    both = {metrics.TABLES_HELD_UP: 2, metrics.TABLES_INCOMPLETE: 0}
    metrics.put(both, {"tenant_id": "acme"})
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"TablesHeldUp": 2, "TablesIncomplete": 0}
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "connectwise-test"
    assert directive["Dimensions"] == [["service"]], "each other dimension costs"
    assert (line["service"], line["tenant_id"]) == ("loader", "acme")


def test_a_value_is_counted_by_more_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.put({metrics.MISSING_ROWS: 3}, {"table": "members"}, {"tenant_id": "acme"})
    (line,) = counted(capsys.readouterr().out)
    assert [point["Dimensions"] for point in data_points(line)] == [
        [{"Name": "service", "Value": "scheduler"}],
        [{"Name": "service", "Value": "scheduler"}, {"Name": "tenant_id", "Value": "acme"}],
    ]


def test_one_line_after_another_keeps_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.put({metrics.MISSING_ROWS: 3}, {"table": "members"}, {"tenant_id": "acme"})
    metrics.put({metrics.HELD_DELETES: 1})
    line = counted(capsys.readouterr().out)[-1]
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert set(line) == {"_aws", "service", "HeldDeletes"}


def test_a_line_is_of_one_service() -> None:
    with pytest.raises(ValueError, match="unpack"):
        metrics.put({metrics.MISSING_ROWS: 1, metrics.HELD_DELETES: 1})


def test_no_two_metrics_share_a_name() -> None:
    assert len({metric.name for metric in metrics.METRICS}) == len(metrics.METRICS)
