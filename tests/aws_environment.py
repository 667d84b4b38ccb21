"""Environment for tests that talk to moto: never a real account, never a real endpoint."""

import pytest

REGION = "us-east-1"


def isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up credentials, one region, no endpoint or profile from the machine."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_REDSHIFT_DATA", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_REGION", REGION)
