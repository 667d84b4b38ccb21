import gzip
import json

import pytest
from botocore.exceptions import ClientError

from cwp_fetcher.landing import Landing, Quarantine
from cwp_shared.errors import Retriable
from tests.unit.fetcher.fakes import FakeS3, client_error

BODY = b' [ {"id":1 , "s":"\xc3\xa9"}]\n'


def test_a_body_lands_byte_for_byte_and_is_tagged_for_expiry() -> None:
    s3 = FakeS3()
    landing = Landing(s3, "lake")
    assert landing.get("k") is None
    assert landing.put("k", BODY) == BODY
    assert landing.get("k") == BODY
    assert s3.objects["k"]["Tagging"] == "kind=landing"
    assert gzip.decompress(s3.objects["k"]["Body"]) == BODY


def test_the_same_body_is_the_same_object() -> None:
    s3 = FakeS3()
    Landing(s3, "lake").put("a", BODY)
    Landing(s3, "lake").put("b", BODY)
    assert s3.objects["a"]["Body"] == s3.objects["b"]["Body"]
    assert s3.objects["a"]["Body"][4:8] == b"\0\0\0\0"  # gzip's mtime


def test_what_landed_first_stays() -> None:
    s3 = FakeS3()
    landing = Landing(s3, "lake")
    landing.put("k", b"first")
    assert landing.put("k", b"second") == b"first"
    assert landing.get("k") == b"first"


def test_a_landing_under_way_is_waited_for() -> None:
    s3 = FakeS3()
    s3.refusals = [client_error("ConditionalRequestConflict")]
    with pytest.raises(Retriable, match="k is being landed"):
        Landing(s3, "lake").put("k", BODY)


def test_a_missing_right_is_not_a_missing_page() -> None:
    s3 = FakeS3()
    s3.refusals = [client_error("AccessDenied")]
    with pytest.raises(ClientError, match="AccessDenied"):
        Landing(s3, "lake").put("k", BODY)


def test_quarantine_keeps_the_reason_beside_the_body() -> None:
    s3 = FakeS3()
    Quarantine(s3, "lake").put("q", b"<html>", {"reason": "not JSON"})
    assert s3.objects["q"]["Body"] == b"<html>"
    assert json.loads(s3.objects["q.reason.json"]["Body"]) == {"reason": "not JSON"}
