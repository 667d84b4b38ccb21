"""Who calls: `Authorization: Basic base64(Company+public:private)` and the clientId header."""

import base64
import binascii
import hmac

from cwp_local.sandbox.calls import Call, Refused, no_endpoint, refused
from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.company import Company

_FORBIDDEN, _NOT_FOUND = 403, 404


def company_named(call: Call) -> str | None:
    """The company the credentials name, true or not; for the log."""
    user = _user_and_password(call)[0]
    return user.partition("+")[0] or None


def authenticate(companies: Companies, call: Call) -> Company:
    """The company that the caller has the keys of.

    Raises:
        Refused: 401 for missing or wrong credentials, 400 for a missing or unknown clientId;
            404 and 403 where the company's weather says so.
    """
    if "authorization" not in call.headers:
        raise refused(401, "ConnectWiseApi", "UserNotAuthenticated")
    user, private_key = _user_and_password(call)
    name, plus, public_key = user.partition("+")
    company = companies.find(name) if plus else None
    if company is None or not company.keys.match(public_key, private_key):
        raise _keys_refused(company)
    _check_client_id(company, call.headers.get("clientid", ""))
    return company


def _keys_refused(company: Company | None) -> Refused:
    if company is not None and company.forecast.weather.wrong_keys == _NOT_FOUND:
        return no_endpoint()
    return refused(401, "Unauthorized", "The credentials are not valid.")


def _check_client_id(company: Company, sent: str) -> None:
    if not sent:
        raise _client_id_refused(company, "The clientId header is missing.")
    if not hmac.compare_digest(sent.lower().encode(), company.keys.client_id.encode()):
        raise _client_id_refused(company, "The clientId is not registered.")


def _client_id_refused(company: Company, message: str) -> Refused:
    status = company.forecast.weather.wrong_client_id
    return refused(status, "Security" if status == _FORBIDDEN else "clientId", message)


def _user_and_password(call: Call) -> tuple[str, str]:
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, password = text.partition(":")
    return user, password
