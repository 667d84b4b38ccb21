"""The API below /{codebase}/apis/3.0, and what is served without credentials beside it."""

import re
from dataclasses import dataclass

from cwp_local.sandbox import reading, writing
from cwp_local.sandbox.auth import authenticate
from cwp_local.sandbox.calls import (
    VERSION,
    Answer,
    Call,
    Refused,
    json_answer,
    no_endpoint,
    refused,
)
from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.tables import BY_PATH, Table
from cwp_shared.clock import Clock

#: The first routes to whatever version is current, the second is that version.
CODEBASES = ("v4_6_release", "v2025_1")
_API = re.compile(r"/(?P<codebase>[^/]+)/apis/3\.0(?P<path>/.*)?", re.IGNORECASE)
_ROW_ID = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Target:
    """What a path under the API means: a collection, its count, or one row."""

    table: Table
    row_id: int | None = None
    count: bool = False


def company_info(companies: Companies, name: str) -> Answer:
    """What a client asks first: which codebase to talk to. JSON null for an unknown company."""
    company = companies.find(name)
    if company is None:
        return json_answer(None)
    return json_answer(
        {
            "CompanyName": company.name,
            "Codebase": f"{CODEBASES[1]}/",
            "VersionCode": "v2025.1",
            "VersionNumber": VERSION,
            "CompanyID": company.name,
            "IsCloud": "True",
        }
    )


def system_info() -> Answer:
    """The health probe; it takes no credentials."""
    return json_answer(
        {
            "version": VERSION,
            "isCloud": True,
            "serverTimeZone": "UTC",
            "licenseBits": [{"name": "cwSandbox", "activeFlag": True}],
            "cloudRegion": "NA",
            "maxWorkFlowRecordsAllowed": 1000,
        }
    )


def answer(companies: Companies, clock: Clock, call: Call) -> Answer:
    """Serve a call to the API.

    Raises:
        Refused: with the answer the live service would give.
    """
    found = _API.fullmatch(call.path)
    if not found:
        raise no_endpoint()
    if found["codebase"].lower() not in CODEBASES:
        text = b"Cannot route. Codebase/company is invalid"
        raise Refused(Answer(400, text, content_type="text/plain; charset=utf-8"))
    path = (found["path"] or "").strip("/")
    if path.lower() == "system/info":
        return system_info()
    company = authenticate(companies, call)
    target = _target(path)
    spoiled = company.forecast.refusal(target.table.id)
    if spoiled:
        raise Refused(spoiled)
    return _serve(company, target, clock, call)


def _target(path: str) -> Target:
    """What `service/tickets/5` means.

    Raises:
        Refused: 404.
    """
    words = path.lower()
    if words in BY_PATH:
        return Target(BY_PATH[words])
    parent, _, last = words.rpartition("/")
    if parent in BY_PATH and last == "count":
        return Target(BY_PATH[parent], count=True)
    if parent in BY_PATH and _ROW_ID.fullmatch(last):
        return Target(BY_PATH[parent], row_id=int(last))
    raise no_endpoint()


def _serve(company: Company, target: Target, clock: Clock, call: Call) -> Answer:
    table, row_id = target.table, target.row_id
    match call.method:
        case "GET" if target.count:
            return reading.count_rows(company, table, call)
        case "GET" if row_id is None:
            return reading.list_rows(company, table, call)
        case "GET" if row_id is not None:
            return reading.one_row(company, table, row_id, call)
        case "POST" if row_id is None and not target.count:
            return writing.create(company, table, call, clock())
        case "PATCH" if row_id is not None:
            return writing.patch(company, table, row_id, call, clock())
        case "DELETE" if row_id is not None:
            return writing.delete(company, table, row_id, clock())
    raise refused(405, "ConnectWiseApi", f"{call.method} is not supported here.")
