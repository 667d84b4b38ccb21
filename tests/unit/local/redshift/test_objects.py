from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.objects import AssumedRoles, S3Failure, S3Objects


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


class Sts:
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def assume_role(self, **asked: str) -> dict[str, Any]:
        if self._error:
            raise self._error
        return {"Credentials": {"AccessKeyId": f"key of {asked['RoleArn']}"}}


def test_objects_are_read_with_the_roles_own_keys() -> None:
    connected: list[Any] = []
    AssumedRoles(Sts(), connected.append).reader("arn:copy")
    assert connected == [{"AccessKeyId": "key of arn:copy"}]


def test_a_role_that_may_not_be_assumed() -> None:
    roles = AssumedRoles(Sts(_client_error("AccessDenied", 403)), list)
    with pytest.raises(SqlError, match="is not authorized to assume IAM Role arn:copy"):
        roles.reader("arn:copy")


def test_there_is_no_default_role() -> None:
    with pytest.raises(SqlError, match="has no default role"):
        AssumedRoles(Sts(), list).reader("default")
