import json
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from cwp_ops.recover import Recovery, S3Lake
from cwp_ops.tenants import Sites, TenantBook, checked
from cwp_shared.events import CommitsRequested
from cwp_shared.tenants import ApiKeys, TenantConfig
from tests.unit.ops.fakes import FakeBus, FakeS3, FakeSecrets, FakeTable
from tests.unit.ops.test_recovery_plan import record

KEYS = ApiKeys(public_key=SecretStr("p"), private_key=SecretStr("q"), client_id=SecretStr("c"))
RAW = "acme/raw/connectwise/service_tickets"


@dataclass
class Stage:
    s3: FakeS3 = field(default_factory=FakeS3)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    tenants: FakeTable = field(default_factory=lambda: FakeTable(("tenant_id", "service")))
    watermarks: FakeTable = field(default_factory=lambda: FakeTable(("tenant_id", "table")))
    bus: FakeBus = field(default_factory=FakeBus)
    sent: list[tuple[str, str]] = field(default_factory=list)
    near: dict[str, ApiKeys] = field(default_factory=dict)

    @property
    def book(self) -> TenantBook:
        return TenantBook("local", self.tenants, self.secrets, self.s3, "bucket")

    def recovery(self) -> Recovery:
        def find(tenant: TenantConfig) -> ApiKeys | None:
            return self.near.get(tenant.tenant_id)

        return Recovery(
            lake=S3Lake(self.s3, "bucket"),
            bucket="bucket",
            book=self.book,
            watermarks=self.watermarks,
            bus=self.bus,
            send_files=self.sent.extend,
            loaded_sequences=lambda _: {"tickets": 2},
            find_keys=find,
        )


@pytest.fixture
def crashed() -> Stage:
    """A stage of which only S3 and the warehouse are left."""
    stage = Stage()
    stage.book.keep_record(checked(Sites("local"), "acme", "http://127.0.0.1:4580", "acme"))
    stage.s3.objects |= {
        "acme/runs/connectwise/service_tickets/r1.json": record(
            "service_tickets", "r1", "2026-11-23T08:00:00Z"
        ).encode(),
        "acme/state/tickets/commits/000000000001.json": json.dumps(
            {"raw_keys": [f"{RAW}/1Z.parquet"]}
        ).encode(),
        "acme/state/tickets/runs/x.arrow": b"",
        f"{RAW}/1Z.parquet": b"one",
        f"{RAW}/2Z.parquet": b"two!",
    }
    return stage


def test_everything_that_s3_knows_is_made_anew(crashed: Stage) -> None:
    crashed.near["acme"] = KEYS
    done = crashed.recovery().run(lambda _: None)
    assert done.tenants == ["acme"]
    assert crashed.book.get("acme").company == "acme"
    assert crashed.watermarks.items["acme", "service_tickets"]["watermark"] == (
        "2026-11-23T08:00:00Z"
    )
    assert crashed.bus.published == [
        CommitsRequested(tenant_id="acme", canonical_table="tickets", after_sequence=2)
    ]
    ((tenant_id, body),) = crashed.sent
    assert tenant_id == "acme"
    assert json.loads(body)["detail"]["object"] == {"key": f"{RAW}/2Z.parquet", "size": 4}
    assert (done.watermarks, done.histories, done.files) == (1, 1, 1)


def test_keys_that_nobody_knows_must_be_entered_again(crashed: Stage) -> None:
    done = crashed.recovery().run(lambda _: None)
    assert done.keys_missing == ["acme"]
    assert done.keys_restored == []


def test_keys_that_are_there_are_left_alone(crashed: Stage) -> None:
    crashed.book.keep_keys("acme", KEYS)
    done = crashed.recovery().run(lambda _: None)
    assert (done.keys_missing, done.keys_restored) == ([], [])


def test_repeating_it_changes_nothing(crashed: Stage) -> None:
    crashed.recovery().run(lambda _: None)
    newer = {"tenant_id": "acme", "table": "service_tickets", "watermark": "2026-11-24T08:00:00Z"}
    crashed.watermarks.put(newer)
    changed = crashed.book.get("acme").model_copy(update={"company": "changed"})
    crashed.tenants.put(changed.to_item())
    done = crashed.recovery().run(lambda _: None)
    assert (done.tenants, done.watermarks) == ([], 0)
    assert crashed.watermarks.items["acme", "service_tickets"] == newer
    assert crashed.book.get("acme").company == "changed"


def test_a_damaged_record_is_reported_and_the_rest_goes_on(crashed: Stage) -> None:
    crashed.s3.objects["acme/tenant.json"] = b"{"
    done = crashed.recovery().run(lambda _: None)
    assert done.unreadable == ["acme/tenant.json"]
    assert done.watermarks == 1


def test_an_empty_bucket_needs_nothing() -> None:
    stage = Stage()
    done = stage.recovery().run(lambda _: None)
    assert (done.tenants, stage.bus.published, stage.sent) == ([], [], [])
