from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cwp_local.redshift.objects import S3Failure, S3Objects


class FailingS3:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_object(self, **_: str) -> dict[str, Any]:
        raise self._error

    def download_file(self, *_: str) -> None:
        raise self._error


def _client_error(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "Access Denied"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "GetObject")


@pytest.mark.parametrize("code", ["NoSuchKey", "404"])
def test_a_missing_object(code: str, tmp_path: Path) -> None:
    objects = S3Objects(FailingS3(_client_error(code, 404)))
    with pytest.raises(S3Failure, match="Status 404,Error NoSuchKey") as failed:
        objects.fetch("b", "k", tmp_path / "x")
    assert failed.value.missing


def test_a_refusal() -> None:
    objects = S3Objects(FailingS3(_client_error("AccessDenied", 403)))
    with pytest.raises(S3Failure) as failed:
        objects.read("b", "k")
    assert str(failed.value) == "S3ServiceException:Access Denied,Status 403,Error AccessDenied"
    assert not failed.value.missing


def test_no_s3_at_all() -> None:
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
    with pytest.raises(S3Failure, match="S3ServiceException:Could not connect"):
        S3Objects(FailingS3(gone)).read("b", "k")
