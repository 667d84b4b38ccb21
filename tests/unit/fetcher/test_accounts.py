import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from cwp_fetcher.accounts import Accounts
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.failures import JobFailed
from cwp_shared.settings import Stage
from tests.unit.shared.connectwise.fakes import CLIENT, PRIVATE, PUBLIC, SECRETS

ITEM: dict[str, Any] = {
    "tenant_id": "acme",
    "service": "connectwise",
    "site": "api-na.myconnectwise.net",
    "company": "ACME",
}
SECRET = {"public_key": PUBLIC, "private_key": PRIVATE, "client_id": CLIENT}


@dataclass
class Sources:
    item: dict[str, Any] | None = field(default_factory=lambda: dict(ITEM))
    secret: str | None = field(default_factory=lambda: json.dumps(SECRET))
    codebase: str | None = "v2025_1"
    secrets_read: list[str] = field(default_factory=list)
    codebases_read: list[tuple[str, str]] = field(default_factory=list)

    def accounts(self, stage: Stage = "prod", hosts: tuple[str, ...] = ()) -> Accounts:
        return Accounts(stage, hosts, lambda _: self.item, self._find_secret, self._find_codebase)

    def _find_secret(self, name: str) -> str | None:
        self.secrets_read.append(name)
        return self.secret

    def _find_codebase(self, site: str, company: str) -> str | None:
        self.codebases_read.append((site, company))
        return self.codebase


def current(accounts: Accounts) -> Account:
    return accounts.of(accounts.config("acme"))


def failure(sources: Sources, stage: Stage = "prod") -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        current(sources.accounts(stage))
    assert not [secret for secret in SECRETS if secret in str(caught.value)]
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def test_where_a_company_lives_is_known_once_it_was_asked() -> None:
    accounts = Sources().accounts()
    config = accounts.config("acme")
    assert not accounts.knows(config)
    accounts.of(config)
    assert accounts.knows(config)


def test_an_account_is_settings_keys_and_codebase() -> None:
    sources = Sources()
    account = current(sources.accounts())
    assert account.api_root == "https://api-na.myconnectwise.net/v2025_1/apis/3.0"
    assert account.login == (f"ACME+{PUBLIC}".encode(), PRIVATE.encode())
    assert sources.secrets_read == ["connectwise/prod/acme"]
    assert sources.codebases_read == [("https://api-na.myconnectwise.net", "ACME")]


def test_keys_and_codebase_are_remembered_settings_are_not() -> None:
    sources = Sources()
    accounts = sources.accounts()
    current(accounts)
    current(accounts)
    assert (len(sources.secrets_read), len(sources.codebases_read)) == (1, 1)
    sources.item = ITEM | {"enabled": False}
    with pytest.raises(JobFailed, match="disabled"):
        current(accounts)


def test_a_doubted_account_is_read_afresh() -> None:
    sources = Sources()
    accounts = sources.accounts()
    old = current(accounts)
    sources.secret = json.dumps(SECRET | {"public_key": "rotated"})
    sources.codebase = "v2026_1"
    assert current(accounts) == old
    assert accounts.doubt(old)
    assert not accounts.knows(accounts.config("acme"))
    new = current(accounts)
    assert new.login[0] == b"ACME+rotated"
    assert new.codebase == "v2026_1"
    assert accounts.doubt(new)


def test_an_account_that_stays_the_same_is_read_afresh_once_for_each_doubt() -> None:
    sources = Sources()
    accounts = sources.accounts()
    for read in (2, 3):
        assert accounts.doubt(current(accounts))
        assert not accounts.doubt(current(accounts))
        assert len(sources.secrets_read) == len(sources.codebases_read) == read
    assert accounts.doubt(current(accounts))
    accounts.settle(current(accounts))
    assert accounts.doubt(current(accounts))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (None, "not in TenantServices"),
        (ITEM | {"enabled": False}, "disabled"),
        (ITEM | {"company": "no spaces here"}, "company"),
        (ITEM | {"site": "evil.example.com"}, "allow-list"),
        (ITEM | {"site": "http://api-na.myconnectwise.net"}, "https"),
        (ITEM | {"site": "http://127.0.0.1:4580"}, "only stage local"),
    ],
)
def test_wrong_settings_fail_as_configuration(item: dict[str, Any] | None, words: str) -> None:
    found = failure(Sources(item=item))
    assert found.reason_class == "configuration"
    assert words in str(found)


def test_a_host_the_stage_allows_may_be_called() -> None:
    sources = Sources(item=ITEM | {"site": "cw.example.com"})
    account = current(sources.accounts(hosts=("cw.example.com",)))
    assert account.site == "https://cw.example.com"


def test_stage_local_may_call_this_machine() -> None:
    sources = Sources(item=ITEM | {"site": "http://127.0.0.1:4580"})
    assert current(sources.accounts("local")).site == "http://127.0.0.1:4580"


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (None, "missing"),
        ("not json " + PRIVATE, "JSON"),
        (json.dumps({"public_key": PUBLIC, "private_key": PRIVATE}), "client_id"),
        (json.dumps(SECRET | {"client_id": CLIENT + "\n"}), "client_id"),
        (json.dumps(SECRET | {"public_key": ""}), "public_key"),
        (json.dumps(SECRET | {"private_key": PRIVATE + "é"}), "private_key"),
    ],
)
def test_wrong_secrets_are_named_and_never_shown(secret: str | None, words: str) -> None:
    found = failure(Sources(secret=secret))
    assert found.reason_class == "configuration"
    assert "connectwise/prod/acme" in str(found)
    assert words in str(found)


def test_an_unknown_company_fails_as_credentials_and_is_named() -> None:
    found = failure(Sources(codebase=None))
    assert found.reason_class == "credentials"
    assert "ACME" in str(found)
