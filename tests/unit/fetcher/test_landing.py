import gzip
import json

import pytest
from botocore.exceptions import ClientError

from cwp_fetcher.landing import Landing, PageFacts, Quarantine
from cwp_shared.errors import Retriable
from tests.unit.fetcher.fakes import UPPER, FakeS3, client_error

BODY = b' [ {"id":1 , "s":"\xc3\xa9"}]\n'
FACTS = PageFacts(
    sha256="ab",
    rows=1,
    first_id=1,
    last_id=1,
    is_last=True,
    quarantined=2,
    counted=3,
    server_time=UPPER,
)


def test_a_page_lands_byte_for_byte_with_its_facts_and_is_tagged_for_expiry() -> None:
    s3 = FakeS3()
    landing = Landing(s3, "lake")
    assert landing.find("k") is None
    assert landing.put("k", BODY, FACTS) == FACTS
    assert landing.find("k") == FACTS
    assert s3.objects["k"]["Tagging"] == "kind=landing"
    assert gzip.decompress(s3.objects["k"]["Body"]) == BODY


def test_facts_fit_into_the_metadata_that_s3_allows() -> None:
    s3 = FakeS3()
    Landing(s3, "lake").put("k", BODY, FACTS)
    ((name, value),) = s3.objects["k"]["Metadata"].items()
    assert value.isascii()
    assert len(name) + len(value) < 2048


def test_the_same_body_is_the_same_object() -> None:
    s3 = FakeS3()
    Landing(s3, "lake").put("a", BODY, FACTS)
    Landing(s3, "lake").put("b", BODY, FACTS)
    assert s3.objects["a"]["Body"] == s3.objects["b"]["Body"]
    assert s3.objects["a"]["Body"][4:8] == b"\0\0\0\0"  # gzip's mtime


def test_what_landed_first_stays() -> None:
    s3 = FakeS3()
    landing = Landing(s3, "lake")
    landing.put("k", BODY, FACTS)
    assert landing.put("k", b"[]", FACTS.model_copy(update={"rows": 0})) == FACTS
    assert gzip.decompress(s3.objects["k"]["Body"]) == BODY


def test_a_landing_under_way_is_waited_for() -> None:
    s3 = FakeS3()
    s3.refusals = [client_error("ConditionalRequestConflict")]
    with pytest.raises(Retriable, match="k is being landed"):
        Landing(s3, "lake").put("k", BODY, FACTS)


def test_a_missing_right_is_not_a_missing_page() -> None:
    s3 = FakeS3()
    s3.refusals = [client_error("AccessDenied")]
    with pytest.raises(ClientError, match="AccessDenied"):
        Landing(s3, "lake").put("k", BODY, FACTS)


def test_quarantine_keeps_the_reason_beside_the_body() -> None:
    s3 = FakeS3()
    Quarantine(s3, "lake").put("q", b"<html>", {"reason": "not JSON"})
    assert s3.objects["q"]["Body"] == b"<html>"
    assert json.loads(s3.objects["q.reason.json"]["Body"]) == {"reason": "not JSON"}


def test_quarantine_keeps_a_reason_alone() -> None:
    s3 = FakeS3()
    Quarantine(s3, "lake").note("q-17.json", {"row_id": 17})
    assert json.loads(s3.objects["q-17.json"]["Body"]) == {"row_id": 17}
