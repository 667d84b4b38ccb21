from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from cwp_shared import keys
from cwp_shared.errors import Retriable, Terminal
from cwp_writer.lake import Landed, RawFiles
from tests.unit.writer.fakes import UPPER, FakeS3, client_error, page

ROWS = [{"id": 1}]


def test_a_landed_page_is_read_as_it_was_received() -> None:
    s3, (event, body) = FakeS3(), page(ROWS)
    s3.land(event.landing_key, body)
    assert Landed(s3, "lake").read(event) == body


def test_a_missing_page_is_named() -> None:
    event, _ = page(ROWS)
    with pytest.raises(Terminal, match=rf"{event.landing_key} is missing"):
        Landed(FakeS3(), "lake").read(event)


def test_a_page_that_is_not_what_was_fetched_is_named() -> None:
    s3, (event, body) = FakeS3(), page(ROWS)
    s3.land(event.landing_key, body + b" ")
    with pytest.raises(Terminal, match=rf"{event.landing_key} is not what was fetched"):
        Landed(s3, "lake").read(event)


@pytest.mark.parametrize("cut", [slice(0, 12), slice(0, 0), slice(5, None)])
def test_a_page_that_is_no_gzip_is_named(cut: slice) -> None:
    s3, (event, body) = FakeS3(), page(ROWS)
    s3.land(event.landing_key, body)
    s3.objects[event.landing_key] = s3.objects[event.landing_key][cut]
    with pytest.raises(Terminal, match=event.landing_key):
        Landed(s3, "lake").read(event)


@pytest.mark.parametrize(
    "key",
    [
        "acme/landing/connectwise/service_tickets/run-1/w000-p00001.json.gz",
        "acme/landing/connectwise/service_tickets/run-2/w000-p00000.json.gz",
        # Its rows have fields that are sensitive there, and not in the table named.
        "acme/landing/connectwise/company_contacts/run-1/w000-p00000.json.gz",
        "acme/quarantine/service_tickets/run-1/w000-p00000.body",
        "acme/raw/connectwise/service_tickets/20261123T074055123456Z.parquet",
    ],
)
def test_only_the_page_that_an_event_is_about_is_read(key: str) -> None:
    s3 = FakeS3()
    event, body = page(ROWS, landing_key=key)
    s3.land(key, body)
    with pytest.raises(Terminal, match=f"{key} is no landed page of acme/service_tickets, run run"):
        Landed(s3, "lake").read(event)


def test_a_page_of_another_tenant_is_not_read() -> None:
    s3 = FakeS3()
    event, body = page(ROWS)
    forged = event.model_copy(update={"landing_key": event.landing_key.replace("acme", "rival")})
    s3.land(forged.landing_key, body)
    with pytest.raises(Terminal, match="is no landed page of acme/"):
        Landed(s3, "lake").read(forged)


def test_a_missing_right_is_not_a_missing_page() -> None:
    s3 = FakeS3()
    s3.refusals = [client_error("AccessDenied")]
    with pytest.raises(ClientError):
        Landed(s3, "lake").read(page(ROWS)[0])


KEY = "acme/raw/connectwise/service_tickets/20261123T074055123456Z.parquet"


def test_a_raw_file_is_named_by_the_moment() -> None:
    s3 = FakeS3()
    assert RawFiles(s3, "lake", lambda: UPPER).put("acme", "service_tickets", b"x") == KEY
    assert s3.objects == {KEY: b"x"}


def test_the_ids_that_a_sweep_listed_expire_and_raw_files_stay() -> None:
    s3 = FakeS3()
    files = RawFiles(s3, "lake", lambda: UPPER)
    raw = files.put("acme", "service_tickets", b"x")
    swept = files.put("acme", "service_tickets", b"x", keys.sweep)
    # As shared/resources/bucket.yml asks for.
    assert s3.tags == {raw: None, swept: "kind=landing"}


def test_a_moment_that_is_taken_is_left_for_the_next() -> None:
    s3 = FakeS3()
    s3.objects[KEY] = b"theirs"
    s3.refusals = [client_error("ConditionalRequestConflict")]
    moments = iter([UPPER, UPPER, UPPER + timedelta(microseconds=1)])
    key = RawFiles(s3, "lake", lambda: next(moments)).put("acme", "service_tickets", b"ours")
    assert key.endswith("/20261123T074055123457Z.parquet")
    assert s3.objects == {KEY: b"theirs", key: b"ours"}


def test_a_clock_that_stands_still_ends_in_a_retry() -> None:
    s3 = FakeS3()
    s3.objects[KEY] = b"theirs"
    with pytest.raises(Retriable, match="service_tickets of 'acme'"):
        RawFiles(s3, "lake", lambda: UPPER).put("acme", "service_tickets", b"ours")


def test_other_refusals_are_not_hidden() -> None:
    s3 = FakeS3()
    s3.refusals = [client_error("AccessDenied")]
    with pytest.raises(ClientError):
        RawFiles(s3, "lake", lambda: UPPER).put("acme", "service_tickets", b"ours")
