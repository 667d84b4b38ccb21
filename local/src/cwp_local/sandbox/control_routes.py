"""What steers the sandbox, under /_sandbox: no credentials, this machine only."""

from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from cwp_local.sandbox.calls import Answer, Call, Refused, Row, json_text
from cwp_local.sandbox.changes import play
from cwp_local.sandbox.companies import OtherSpecError, UnknownCompanyError
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.edits import Edit
from cwp_local.sandbox.models import ChangesAsked, CompanySpec, Weather, problems
from cwp_local.sandbox.state import Sandbox
from cwp_local.sandbox.tables import TABLES, Table

M = TypeVar("M", bound=BaseModel)
Path = dict[str, str]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BY = "sandbox"


def health(sandbox: Sandbox, _: Call, __: Path) -> Answer:
    """Answers as soon as the sandbox serves."""
    return _answer({"status": "ok", "companies": len(list(sandbox.companies))})


def make_company(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    """Make a company, or find it: 201 or 200 with its keys, 409 if it has another spec."""
    spec = _body(CompanySpec, call)
    try:
        company, made = sandbox.companies.make(spec)
    except OtherSpecError as error:
        raise _refused(409, str(error)) from None
    except ValueError as error:
        raise _refused(400, str(error)) from None
    access = {
        "company": company.name,
        "site": call.base_url,
        "public_key": company.keys.public_key,
        "private_key": company.keys.private_key,
        "client_id": company.keys.client_id,
        "counts": dict(company.counts()),
    }
    return _answer(access, 201 if made else 200)


def list_companies(sandbox: Sandbox, _: Call, __: Path) -> Answer:
    """All companies, without keys."""
    return _answer([company.state().model_dump(mode="json") for company in sandbox.companies])


def get_company(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """One company, without keys."""
    return _answer(_company(sandbox, path).state().model_dump(mode="json"))


def delete_company(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """Remove a company with all it has."""
    _company(sandbox, path)
    sandbox.companies.delete(path["company"])
    return Answer(204)


def play_changes(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Update, add and delete so many rows; answers with their ids."""
    company, asked = _company(sandbox, path), _body(ChangesAsked, call)
    return _answer(play(company, asked, sandbox.clock).model_dump(mode="json"))


def get_row(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """A row, past credentials and weather."""
    company, table, row_id = _row_path(sandbox, path)
    body = company.store.body(table, row_id)
    if body is None:
        raise _no_row(company, table, row_id)
    return Answer(200, body, content_type="application/json")


def patch_row(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Merge the body into a row (null takes a field away), unchecked; lastUpdated moves on."""
    company, table, row_id = _row_path(sandbox, path)
    partial = _json(call)
    if not isinstance(partial, dict):
        raise _refused(400, "the body must be a JSON object: the fields to change")
    with company.store.writing() as writing:
        old = writing.get(table, row_id)
        if old is None:
            raise _no_row(company, table, row_id)
        fields = {key: value for key, value in partial.items() if key not in ("id", "_info")}
        Edit(writing, sandbox.clock(), _BY).update(table, _merged(old, fields), touch=True)
    return get_row(sandbox, call, path)


def set_weather(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Replace what is to come; `{}` clears. Answers with what is now to come."""
    company, weather = _company(sandbox, path), _body(Weather, call)
    company.forecast.set(weather)
    return get_weather(sandbox, call, path)


def get_weather(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """What is still to come."""
    return _answer(_company(sandbox, path).forecast.current().model_dump(mode="json"))


def get_log(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    """Requests after the `seq` given as `since`."""
    text = call.parameter("since", "0")
    if not text.isdecimal():
        raise _refused(400, f"since={text!r} is not a number; it takes the `last` of an answer")
    return _answer(sandbox.log.since(int(text)).model_dump(mode="json"))


def check_local(call: Call) -> None:
    """Refuse a page in a browser that reached us under a foreign name.

    Raises:
        Refused: 403.
    """
    host = urlsplit(call.base_url).hostname
    if host not in _LOOPBACK:
        raise _refused(403, f"/_sandbox answers to 127.0.0.1 and localhost only, not to {host}")


def _answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, json_text(value).encode(), content_type="application/json")


def _refused(status: int, text: str) -> Refused:
    return Refused(_answer({"error": text}, status))


def _json(call: Call) -> Any:
    try:
        return call.json()
    except Refused:
        raise _refused(400, "the body is not valid JSON") from None


def _body(model: type[M], call: Call) -> M:
    try:
        return model.model_validate(_json(call))
    except ValidationError as error:
        raise _refused(400, problems(error)) from None


def _company(sandbox: Sandbox, path: Path) -> Company:
    try:
        return sandbox.companies.get(path["company"])
    except UnknownCompanyError as error:
        raise _refused(404, str(error.args[0])) from None


def _row_path(sandbox: Sandbox, path: Path) -> tuple[Company, Table, int]:
    company, table = _company(sandbox, path), TABLES.get(path["table"])
    if table is None:
        raise _refused(404, f"no table {path['table']!r}; tables: {', '.join(TABLES)}")
    return company, table, int(path["row_id"])


def _no_row(company: Company, table: Table, row_id: int) -> Refused:
    return _refused(404, f"company {company.name}: {table.id} has no row {row_id}")


def _merged(row: Row, partial: Row) -> Row:
    """JSON merge patch (RFC 7396)."""
    merged = dict(row)
    for key, value in partial.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            inner = merged.get(key)
            merged[key] = _merged(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[key] = value
    return merged
