from typing import Any

from cwp_ops.paging import items


def test_pages_are_read_to_the_last_and_each_begins_where_the_one_before_ended() -> None:
    asked: list[dict[str, Any]] = []

    def scan(**request: Any) -> dict[str, Any]:
        asked.append(dict(request))
        number = len(asked)
        # A page may be empty and still not the last.
        found = [] if number == 2 else [{"n": number}]
        return {"Items": found} | ({"LastEvaluatedKey": {"pk": number}} if number < 3 else {})

    assert list(items(scan, ProjectionExpression="n")) == [{"n": 1}, {"n": 3}]
    assert [request.get("ExclusiveStartKey") for request in asked] == [None, {"pk": 1}, {"pk": 2}]
    assert all(r["ConsistentRead"] and r["ProjectionExpression"] == "n" for r in asked)
