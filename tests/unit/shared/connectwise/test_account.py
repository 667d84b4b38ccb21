import base64

from tests.unit.shared.connectwise.fakes import CLIENT, PRIVATE, PUBLIC, SECRETS, account, keys


def test_api_root_goes_through_the_codebase() -> None:
    assert account().api_root == "https://api-na.myconnectwise.net/v2025_1/apis/3.0"


def test_login_is_company_plus_public_key() -> None:
    assert account().login == (f"ACME+{PUBLIC}".encode(), PRIVATE.encode())


def test_its_repr_shows_no_key() -> None:
    assert not [secret for secret in SECRETS if secret in f"{account()!r} {keys()!r}"]


def test_redact_hides_each_key_and_the_basic_token() -> None:
    token = base64.b64encode(f"ACME+{PUBLIC}:{PRIVATE}".encode()).decode()
    text = account().redact(f"echo: Basic {token}, clientId {CLIENT}, {PUBLIC} {PRIVATE}")
    assert text == "echo: Basic ***, clientId ***, *** ***"
    assert account("abc").redact("abc is too short to be a key") == "abc is too short to be a key"
