"""The API below /{codebase}/apis/3.0."""

import re
from dataclasses import replace

import msgspec

from cwp_local.sandbox import reading
from cwp_local.sandbox.auth import authenticate, company_named
from cwp_local.sandbox.calls import Answer, Asked, Call, Refused, Row, no_endpoint, refused
from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import EVERY_ROW, Clause, linked
from cwp_local.sandbox.paging import page_size_asked
from cwp_local.sandbox.pointing import parent_table
from cwp_local.sandbox.routing import check_codebase, system_info, weather_of
from cwp_local.sandbox.targets import Target, target_of
from cwp_local.sandbox.writing import Writer
from cwp_shared.clock import Clock

_API = re.compile(r"/(?P<codebase>[^/]+)/apis/3\.0(?P<path>/.*)?", re.IGNORECASE)


def answer(companies: Companies, clock: Clock, call: Call) -> Answer:
    """Serve a call to the API.

    Raises:
        Refused: with the answer the live service would give.
    """
    found = _API.fullmatch(call.path)
    if not found:
        raise no_endpoint()
    weather = weather_of(companies, company_named(call))
    check_codebase(weather, found["codebase"])
    path = (found["path"] or "").strip("/")
    if path.lower() == "system/info":
        _check_method(call, frozenset({"GET"}))
        return system_info(weather)
    company = authenticate(companies, call)
    target = target_of(path)
    own_clock = company.clock(clock)
    return company.forecast.serve(
        _asked(target, call), call, clock(), lambda: _serve(company, target, own_clock, call)
    )


def _asked(target: Target, call: Call) -> Asked:
    """What the call wants, for the weather and the log."""
    table = target.table.id
    if target.kind == "search" or (target.kind == "list" and call.method == "GET"):
        return Asked(table, "page", page_size_asked(call))
    if call.method != "GET":
        return Asked(table, "write")
    return Asked(table, "count" if target.kind == "count" else "row")


def _serve(company: Company, target: Target, clock: Clock, call: Call) -> Answer:
    _check_method(call, target.methods)
    parent = _parent(company, target)
    if call.method == "GET" or target.kind == "search":
        answer = _read(company, target, call)
        company.life.served(clock, page=target.kind in ("list", "search"))
        return answer
    if target.row_id in company.forecast.hidden(target.table):
        raise refused(404, "NotFound", f"{target.table.noun} {target.row_id} not found")
    writer = Writer(company, target.table, clock(), parent)
    match call.method:
        case "POST":
            return writer.create(call)
        case "PUT":
            return writer.replace(target.row_id, call)
        case "PATCH":
            return writer.patch(target.row_id, call)
    return writer.delete(target.row_id)


def _check_method(call: Call, methods: frozenset[str]) -> None:
    """Let only these methods pass.

    Raises:
        Refused: 405.
    """
    if call.method not in methods:
        answer = refused(405, "ConnectWiseApi", f"{call.method} is not supported here.").answer
        raise Refused(replace(answer, headers={"Allow": ", ".join(sorted(methods))}))


def _read(company: Company, target: Target, call: Call) -> Answer:
    table, within = target.table, _within(target)
    match target.kind:
        case "count":
            return reading.count_rows(company, table, call, within)
        case "row":
            return reading.one_row(company, table, target.row_id, call, within)
    return reading.list_rows(company, table, call, within)


def _within(target: Target) -> Clause:
    """The rows under the path's parent."""
    if target.table.parent is None or target.parent_id is None:
        return EVERY_ROW
    return linked(target.table, target.table.parent.link, target.parent_id)


def _parent(company: Company, target: Target) -> Row | None:
    """The row that a nested collection hangs under.

    Raises:
        Refused: 404, if it is not there.
    """
    owner = parent_table(target.table)
    if owner is None or target.parent_id is None:
        return None
    body = company.store.body(owner, target.parent_id)
    if body is None:
        raise refused(404, "NotFound", f"{owner.noun} {target.parent_id} not found")
    parent: Row = msgspec.json.decode(body)
    return parent
