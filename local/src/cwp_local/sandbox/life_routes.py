"""The control endpoints for what goes on in a company: working days, and the log of changes."""

import msgspec

from cwp_local.sandbox.calls import Answer, Call
from cwp_local.sandbox.control_calls import Path, body_as, company_at, refusal, told
from cwp_local.sandbox.history import Change
from cwp_local.sandbox.models import TickAsked
from cwp_local.sandbox.state import Sandbox

_DEFAULT_LIMIT, _LARGEST_LIMIT = 1000, 10_000
_LARGEST_SEQ = 2**63 - 1


def tick(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Play a working day: now, answering with what changed, or from now on, with its state."""
    company, asked = company_at(sandbox, path), body_as(TickAsked, call)
    clock = company.clock(sandbox.clock)
    if asked.at_once:
        return told(company.life.tick(asked, clock).model_dump(mode="json"))
    return told(company.life.start(asked, clock).model_dump(mode="json"), 202)


def get_tick(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    """What is being played by itself, and what changed since it began."""
    company = company_at(sandbox, path)
    return told(company.life.state(company.clock(sandbox.clock)).model_dump(mode="json"))


def stop_tick(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Play no more by itself; answers like `get_tick`."""
    company_at(sandbox, path).life.stop()
    return get_tick(sandbox, call, path)


def get_history(sandbox: Sandbox, call: Call, path: Path) -> Answer:
    """Changes of rows after `since`, at most `limit`."""
    since = _number(call, "since", 0, _LARGEST_SEQ)
    limit = _number(call, "limit", _DEFAULT_LIMIT, _LARGEST_LIMIT)
    entries = company_at(sandbox, path).store.history(since, limit)
    last = entries[-1].seq if entries else since
    return told({"entries": [_entry(change) for change in entries], "last": last})


def get_making(sandbox: Sandbox, _: Call, __: Path) -> Answer:
    """How far the company is that is being made; null if none is."""
    making = sandbox.companies.making()
    return told(making and making.model_dump(mode="json"))


def _entry(change: Change) -> dict[str, object]:
    return {
        "seq": change.seq,
        "time": change.time,
        "kind": change.kind,
        "table": change.table,
        "id": change.row_id,
        "body": None if change.body is None else msgspec.Raw(change.body),
    }


def _number(call: Call, name: str, default: int, largest: int) -> int:
    text = call.parameter(name, str(default))
    if not text.isdecimal() or int(text) > largest:
        raise refusal(400, f"{name}={text!r} is not a number from 0 to {largest}")
    return int(text)
