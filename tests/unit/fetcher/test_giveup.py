import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

import cwp_fetcher.giveup as giveup_module
from cwp_fetcher.giveup import LastWord
from cwp_shared.connectwise.failures import BadAnswer
from cwp_shared.errors import Retriable, Terminal
from tests.unit.fetcher.fakes import UPPER, FakeBus, job

QUARANTINE_KEY = "acme/quarantine/service_tickets/run-1/w000-p00000.body"


@dataclass
class FakeQuarantine:
    stored: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)

    def put(self, key: str, body: bytes, reason: dict[str, Any]) -> None:
        self.stored[key] = (body, reason)


def say(error: Exception, message: str | None = None) -> tuple[list[Any], FakeQuarantine]:
    bus, quarantine = FakeBus(), FakeQuarantine()
    text = job().model_dump_json() if message is None else message
    LastWord(quarantine, bus, lambda: UPPER).say(text, error)
    return bus.events, quarantine


def test_a_bad_page_is_set_aside_with_its_reason_and_the_run_is_told() -> None:
    (event,), quarantine = say(BadAnswer("ids do not rise", b"<html>"))
    assert (event.reason_class, event.job_id, event.run_id) == ("bad_page", "w000-p00000", "run-1")
    assert "ids do not rise" in event.reason
    assert QUARANTINE_KEY in event.reason
    body, reason = quarantine.stored[QUARANTINE_KEY]
    assert body == b"<html>"
    assert reason["reason"] == "ids do not rise"
    assert reason["at"] == "2026-11-23T07:40:55Z"
    assert reason["body_sha256"] == hashlib.sha256(b"<html>").hexdigest()


def test_a_large_bad_body_is_kept_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giveup_module, "MAX_QUARANTINED_BYTES", 4)
    _, quarantine = say(BadAnswer("bad", b"123456"))
    body, reason = quarantine.stored[QUARANTINE_KEY]
    assert body == b"1234"
    assert (reason["body_bytes"], reason["stored_bytes"]) == (6, 4)


CUSTOM = b'[{"id": 2, "customFields": [{"type": "Password", "value": "s3cret"}]}, {"id": 1}]'


@pytest.mark.parametrize(
    ("table", "bad", "kept"),
    [
        ("service_tickets", CUSTOM, b'[{"id":2,"customFields":[{"type":"Password"}]},{"id": 1}]'),
        ("service_tickets", CUSTOM[:-1], b"(not stored: it names sensitive fields, "),
        ("company_contacts", b'[{"id": 1, "portalPassword": "s3cret"}', b"(not stored: "),
        ("company_contacts", b"<html>", b"<html>"),
    ],
)
def test_of_a_bad_body_nothing_sensitive_is_kept(table: str, bad: bytes, kept: bytes) -> None:
    message = job(table=table).model_dump_json()
    _, quarantine = say(BadAnswer("ids do not rise", bad), message)
    ((body, reason),) = quarantine.stored.values()
    assert body.startswith(kept)
    assert b"s3cret" not in body
    assert reason["body_sha256"] == hashlib.sha256(bad).hexdigest()


@pytest.mark.parametrize(
    ("error", "reason_class"),
    [
        (Terminal("HTTP 400: ApiFindCondition"), "refused"),
        (Retriable("HTTP 503"), "exhausted"),
        (KeyError("a bug"), "exhausted"),
    ],
)
def test_the_run_is_told_why(error: Exception, reason_class: str) -> None:
    (event,), quarantine = say(error)
    assert event.reason_class == reason_class
    assert str(error) in event.reason
    assert quarantine.stored == {}


@pytest.mark.parametrize("message", ["", "not json", "{}", '{"tenant_id": "acme"}'])
def test_a_message_that_is_no_job_has_no_run_to_tell(message: str) -> None:
    events, quarantine = say(Terminal("malformed"), message)
    assert events == []
    assert quarantine.stored == {}


def test_a_long_reason_is_bounded() -> None:
    (event,), _ = say(Terminal("x" * 100_000))
    assert len(event.reason) == 1000
