"""The function against moto: a real handler, bucket, table, bus and queues, no emulator."""

import io
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from cwp_shared import aws
from cwp_shared.errors import Terminal
from cwp_shared.events import CommitsRequested, RebuildRequested
from cwp_transformer import bootstrap
from cwp_transformer.commits import Commit, commits_after
from cwp_transformer.handler import transform
from cwp_transformer.lake import Part, S3Lake
from cwp_transformer.ledger import DynamoLedger, HistoryRef
from tests.aws_environment import isolate
from tests.lambda_queue import BUS, Queue, WatchedBus
from tests.unit.transformer.fakes import BUCKET, envelope, object_created, raw_body, ticket

TABLE = "CanonicalState-local"
HISTORY = HistoryRef("acme", "tickets")


class Cloud:
    """What the shared and the transformer's stack make, in moto."""

    def __init__(self) -> None:
        self.s3, self.dynamodb = aws.client("s3"), aws.client("dynamodb")
        self.s3.create_bucket(Bucket=BUCKET)
        self.make_table()
        self.files, self.dead_letters = Queue.make("files"), Queue.make("dead-letters")
        self.bus = WatchedBus.make()

    def make_table(self) -> None:
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )

    def land(self, number: int, *rows: dict[str, Any], body: bytes | None = None) -> str:
        key = f"acme/raw/connectwise/service_tickets/20260101T{number:012d}Z.parquet"
        content = raw_body(rows) if body is None else body
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return key

    def deliver(self, *bodies: str) -> list[dict[str, Any]]:
        """Give the function a batch; the messages that come back."""
        for body in bodies:
            self.files.send(body)
        return self.files.deliver(transform)

    def reasons(self) -> list[str]:
        """Why messages were given up on."""
        letters = self.dead_letters.take()
        return [letter["MessageAttributes"]["Reason"]["StringValue"] for letter in letters]

    def items(self) -> dict[str, dict[str, Any]]:
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        return {item["sk"]["S"]: item for item in items}

    def commits(self) -> list[Commit]:
        return commits_after(S3Lake(self.s3, BUCKET), *HISTORY, 0)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    isolate(monkeypatch)
    with mock_aws():
        aws.client.cache_clear()
        bootstrap.service.cache_clear()
        made = Cloud()
        for name, value in {
            "STAGE": "local",
            "BUS_NAME": BUS,
            "BUCKET_NAME": BUCKET,
            "QUEUE_URL": made.files.url,
            "DLQ_URL": made.dead_letters.url,
            "CANONICAL_STATE_TABLE": TABLE,
            "POWERTOOLS_SERVICE_NAME": "transformer",
        }.items():
            monkeypatch.setenv(name, value)
        yield made
        aws.client.cache_clear()
        bootstrap.service.cache_clear()


def test_a_raw_file_becomes_history_and_everybody_hears_of_it(cloud: Cloud) -> None:
    key = cloud.land(1, ticket(1, 10, board__name="Service", _info__dateEntered="2025-12-31"))
    assert cloud.deliver(object_created(key)) == []

    ((detail_type, detail),) = cloud.bus.take()
    assert detail_type == "CanonicalCommitted"
    body = cloud.s3.get_object(Bucket=BUCKET, Key=detail["key"])["Body"].read()
    (row,) = pq.read_table(io.BytesIO(body)).to_pylist()
    assert len(body) == detail["size_bytes"]
    assert [column["name"] for column in detail["columns"]] == list(row)
    assert (row["ticket_id"], row["board_name"], row["is_current"]) == (1, "Service", True)
    assert row["effective_from"].isoformat() == "2025-12-31T00:00:00"

    items = cloud.items()
    assert items["POINTER"]["sequence"] == {"N": "1"}
    assert {n: items["POINTER"][n]["N"] for n in ("keys", "versions", "current")} == {
        "keys": "1",
        "versions": "1",
        "current": "1",
    }
    assert items[f"FILE#{key}"]["revision"] == {"N": "1"}


def test_the_table_can_be_lost(cloud: Cloud) -> None:
    keys = [cloud.land(n, ticket(1, 10 * n, summary=str(n))) for n in (1, 2)]
    for key in keys:
        cloud.deliver(object_created(key))
    before = cloud.items()
    for item in before.values():
        cloud.dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})
    assert cloud.deliver(*map(object_created, keys)) == []
    assert cloud.items() == before
    assert len(cloud.commits()) == 2


def test_the_pointer_is_made_anew_from_s3_by_asking_for_commits(cloud: Cloud) -> None:
    """What `cwpipe recover` does for each history."""
    for n in (1, 2):
        cloud.deliver(object_created(cloud.land(n, ticket(1, 10 * n, summary=str(n)))))
    before = cloud.items()
    cloud.dynamodb.delete_table(TableName=TABLE)
    cloud.make_table()
    assert (
        cloud.deliver(
            envelope(
                CommitsRequested(tenant_id="acme", canonical_table="tickets", after_sequence=2)
            )
        )
        == []
    )
    assert cloud.items() == before
    assert len(cloud.commits()) == 2


def test_a_history_is_made_anew_by_the_function(cloud: Cloud) -> None:
    cloud.deliver(object_created(cloud.land(1, ticket(1, 10), ticket(2, 10))))
    request = RebuildRequested(tenant_id="acme", canonical_table="tickets", rebuild_id="r-1")
    assert cloud.deliver(envelope(request), envelope(request)) == []
    first, made = cloud.commits()
    assert (made.rebuild_id, made.canonical, made.totals) == ("r-1", None, first.totals)
    assert cloud.items()["POINTER"]["revision"] == {"N": "2"}


def test_a_bad_file_goes_to_the_dead_letters_with_its_reason(cloud: Cloud) -> None:
    bad, good = cloud.land(1, body=b"<html>"), cloud.land(2, ticket(1, 10))
    cloud.deliver(object_created(bad), object_created(good), '{"detail-type": "Other"}')
    reasons = cloud.reasons()
    assert len(reasons) == 2
    assert any(f"{bad} is not a Parquet file" in reason for reason in reasons)
    assert len(cloud.commits()) == 1


def test_a_fault_of_the_platform_comes_back(cloud: Cloud) -> None:
    key = cloud.land(1, ticket(1, 10))
    cloud.dynamodb.delete_table(TableName=TABLE)
    assert len(cloud.deliver(object_created(key))) == 1
    assert cloud.reasons() == []


def test_one_writer_wins_a_key(cloud: Cloud) -> None:
    lake = S3Lake(cloud.s3, BUCKET)
    assert lake.create("acme/state/tickets/x", b"one")
    assert not lake.create("acme/state/tickets/x", b"two")
    assert lake.read("acme/state/tickets/x") == b"one"


def test_keys_are_listed_past_a_page_and_after_a_key(cloud: Cloud) -> None:
    lake = S3Lake(cloud.s3, BUCKET)
    names = [f"acme/state/tickets/commits/{n:012d}.json" for n in range(1, 1004)]
    for name in names:
        lake.write(name, b"")
    lake.write("acme/state/tickets/runs/x", b"")
    assert lake.keys_after("acme/state/tickets/commits/", "") == names
    assert lake.keys_after("acme/state/tickets/commits/", names[-2]) == names[-1:]


def test_parts_of_objects_are_read_at_once_and_in_order(cloud: Cloud) -> None:
    lake = S3Lake(cloud.s3, BUCKET)
    large = bytes(range(256)) * 2**16
    lake.write("acme/state/tickets/runs/large", large)
    lake.write("acme/state/tickets/runs/small", b"0123456789")
    parts = [
        Part("acme/state/tickets/runs/small", 2, 5),
        Part("acme/state/tickets/runs/large", 1, len(large)),
        Part("acme/state/tickets/runs/small", 0, 10),
    ]
    assert lake.read_parts(parts) == [b"234", large[1:], b"0123456789"]
    assert lake.read_all([part.key for part in parts]) == [b"0123456789", large, b"0123456789"]
    with pytest.raises(Terminal, match="there is no object acme/none"):
        lake.read_parts([Part("acme/none", 0, 1)])


def test_objects_are_deleted_whether_they_are_there_or_not(cloud: Cloud) -> None:
    lake = S3Lake(cloud.s3, BUCKET)
    lake.write("acme/state/tickets/runs/a", b"")
    lake.delete([f"acme/state/tickets/runs/{name}" for name in ("a", *range(1001))])
    assert lake.keys_after("acme/state/tickets/runs/", "") == []


def test_the_ledger_answers_for_many_files_and_never_goes_back(cloud: Cloud) -> None:
    ledger = DynamoLedger(cloud.dynamodb, TABLE)
    keys = [f"file-{n}" for n in range(120)]
    ledger.mark(HISTORY, keys[:110], 1, 1)
    assert ledger.done(HISTORY, keys) == dict.fromkeys(keys[:110], 1)
    for n in (1, 2):
        cloud.deliver(object_created(cloud.land(n, ticket(n, 10))))
    first, second = cloud.commits()
    ledger.advance(first, 1)
    assert ledger.announced(HISTORY) == second.revision
    # What S3 has proven wrong may be put back.
    ledger.advance(first, second.revision)
    assert ledger.announced(HISTORY) == first.revision
