import pytest

from cwp_fetcher.settings import FetcherSettings

ENVIRONMENT = {
    "STAGE": "local",
    "BUS_NAME": "bus",
    "BUCKET_NAME": "lake",
    "QUEUE_URL": "queue",
    "DLQ_URL": "dead-letters",
    "TENANT_SERVICES_TABLE": "TenantServices",
    "FETCHER_STATE_TABLE": "FetcherState",
}


@pytest.mark.parametrize(
    ("text", "hosts"),
    [("", ()), ("cw.example.com", ("cw.example.com",)), (" a.b , c.d,", ("a.b", "c.d"))],
)
def test_allowed_hosts_are_a_comma_list(text: str, hosts: tuple[str, ...]) -> None:
    assert FetcherSettings.from_environment(
        ENVIRONMENT | {"ALLOWED_HOSTS": text}
    ).allowed_hosts == (hosts)


def test_allowed_hosts_may_be_missing_and_the_version_is_pinned() -> None:
    settings = FetcherSettings.from_environment(ENVIRONMENT)
    assert settings.allowed_hosts == ()
    assert settings.api_version == "2025.8"
    assert settings.retry_after_floor_seconds == 30


def test_missing_and_wrong_variables_are_named() -> None:
    wrong = {k: v for k, v in ENVIRONMENT.items() if k != "QUEUE_URL"} | {"API_VERSION": "latest"}
    with pytest.raises(RuntimeError, match=r"QUEUE_URL.*API_VERSION"):
        FetcherSettings.from_environment(wrong)
