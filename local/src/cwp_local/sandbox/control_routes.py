"""What steers the sandbox, under /_sandbox: no credentials, this machine only."""

from urllib.parse import urlsplit

from pydantic import ValidationError

from cwp_local.sandbox.build import BuildError
from cwp_local.sandbox.calls import Answer, Call, Refused, Row
from cwp_local.sandbox.changes import play
from cwp_local.sandbox.companies import OtherSpecError
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.control_calls import (
    Path,
    body_as,
    company_at,
    json_body,
    refusal,
    told,
)
from cwp_local.sandbox.edits import Edit
from cwp_local.sandbox.models import ChangesAsked, CompanySpec, Weather, problems
from cwp_local.sandbox.request_log import RETRY_WITHIN_S
from cwp_local.sandbox.state import Sandbox
from cwp_local.sandbox.tables import TABLES, Table

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BY = "sandbox"


def health(sandbox: Sandbox, _: Call, __: Path) -> Answer:
    """Answers as soon as the sandbox serves."""
    return told({"status": "ok", "companies": len(list(sandbox.companies))})


def make_company(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    """Make a company, or find it: 201 or 200 with its keys, 409 if it has another spec.

    500 if a worker failed, with what it said.
    """
    spec = body_as(CompanySpec, call)
    try:
        company, made = sandbox.companies.make(spec)
    except OtherSpecError as error:
        raise refusal(409, str(error)) from None
    except ValueError as error:
        raise refusal(400, str(error)) from None
    except BuildError as error:
        raise refusal(500, str(error)) from None
    access = {
        "company": company.name,
        "site": call.base_url,
        "public_key": company.keys.public_key,
        "private_key": company.keys.private_key,
        "client_id": company.keys.client_id,
        "counts": dict(company.counts()),
    }
    return told(access, 201 if made else 200)


def list_companies(sandbox: Sandbox, _: Call, __: Path) -> Answer:
    """All companies, without keys."""
    return told([company.state().model_dump(mode="json") for company in sandbox.companies])


def get_company(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """One company, without keys."""
    return told(company_at(sandbox, path).state().model_dump(mode="json"))


def delete_company(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """Remove a company with all it has."""
    company_at(sandbox, path)
    sandbox.companies.delete(path["company"])
    return Answer(204)


def play_changes(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Update, add and delete so many rows; answers with their ids."""
    company, asked = company_at(sandbox, path), body_as(ChangesAsked, call)
    return told(play(company, asked, company.clock(sandbox.clock)).model_dump(mode="json"))


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
    partial = json_body(call)
    if not isinstance(partial, dict):
        raise refusal(400, "the body must be a JSON object: the fields to change")
    with company.store.writing() as writing:
        old = writing.get(table, row_id)
        if old is None:
            raise _no_row(company, table, row_id)
        fields = {key: value for key, value in partial.items() if key not in ("id", "_info")}
        Edit(writing, company.clock(sandbox.clock)(), _BY).update(
            table, _merged(old, fields), touch=True
        )
    return get_row(sandbox, call, path)


def set_weather(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Replace the weather; `{}` clears. Answers with it."""
    company, weather = company_at(sandbox, path), body_as(Weather, call)
    company.forecast.set(weather)
    return get_weather(sandbox, call, path)


def change_weather(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Replace the fields that the body has; null sets one back. Answers with the whole weather."""
    company, given = company_at(sandbox, path), json_body(call)
    if not isinstance(given, dict):
        raise refusal(400, "the body must be a JSON object: the fields to change")
    try:
        company.forecast.change(given)
    except ValidationError as error:
        raise refusal(400, problems(error)) from None
    return get_weather(sandbox, call, path)


def get_weather(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """Switches that are not as usual, and faults still to come."""
    weather = company_at(sandbox, path).forecast.current()
    return told(weather.model_dump(mode="json", exclude_defaults=True))


def get_log(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    """Requests after the `seq` given as `since`."""
    page = sandbox.log.since(_number(call, "since", 0))
    return told(page.model_dump(mode="json"))


def get_log_summary(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    """What the requests after `since` add up to, those of `company` if it is given."""
    summary = sandbox.log.summary(
        call.parameter("company") or None,
        _number(call, "since", 0),
        _number(call, "retry_within", RETRY_WITHIN_S),
    )
    return told(summary.model_dump(mode="json"))


def check_local(call: Call) -> None:
    """Refuse a page in a browser that reached us under a foreign name.

    Raises:
        Refused: 403.
    """
    host = urlsplit(call.base_url).hostname
    if host not in _LOOPBACK:
        raise refusal(403, f"/_sandbox answers to 127.0.0.1 and localhost only, not to {host}")


def _number(call: Call, name: str, default: int) -> int:
    text = call.parameter(name, str(default))
    if not text.isdecimal():
        takes = "the `last` of an answer" if name == "since" else "seconds"
        raise refusal(400, f"{name}={text!r} is not a number; it takes {takes}")
    return int(text)


def _row_path(sandbox: Sandbox, path: Path) -> tuple[Company, Table, int]:
    company, table = company_at(sandbox, path), TABLES.get(path["table"])
    if table is None:
        raise refusal(404, f"no table {path['table']!r}; tables: {', '.join(TABLES)}")
    return company, table, int(path["row_id"])


def _no_row(company: Company, table: Table, row_id: int) -> Refused:
    return refusal(404, f"company {company.name}: {table.id} has no row {row_id}")


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
