"""The rules of scd2.md once more, slow and obvious, in plain Python and nothing of the service."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.unit.transformer.fakes import TENANT, ZERO, at, moment

#: R14
TOLERANCE = 300


#: Key, and place in its run: window, page and row.
Identity = tuple[int, tuple[int, int, int]]


@dataclass(frozen=True)
class Observation:
    """A record fact (k, u, T, o, A); seconds are counted from ZERO."""

    key: int
    u: int
    upper: int
    run: int
    place: tuple[int, int, int]
    summary: str | None
    hours: Decimal | None
    updated_by: str | None
    created: int | None
    po_number: str | None = None

    @property
    def order(self) -> tuple[Any, ...]:
        return self.upper, f"run-{self.run}", self.place

    @property
    def identity(self) -> "Identity":
        """No other observation of a test has it."""
        return self.key, self.place

    @property
    def is_taken(self) -> bool:
        return self.u <= self.upper + TOLERANCE

    @property
    def attributes(self) -> tuple[Any, ...]:
        return self.summary, self.hours

    def row(self) -> dict[str, Any]:
        return {
            "id": self.key,
            "_info__lastUpdated": at(self.u),
            "_info__dateEntered": None if self.created is None else at(self.created),
            "_info__updatedBy": self.updated_by,
            "summary": self.summary,
            "budgetHours": None if self.hours is None else float(self.hours),
            "poNumber": self.po_number,
        }

    def timeless(self) -> "Observation":
        """The same of a source without lastUpdated: as of the run that saw it (R14)."""
        return replace(self, u=self.upper)


@dataclass(frozen=True)
class Absence:
    """A tombstone (k, t), told by a file of one run."""

    key: int
    t: int


def history(facts: Iterable[Observation | Absence]) -> list[dict[str, Any]]:
    """All versions, by key and start; system columns left out (R1)."""
    of_key: dict[int, list[Observation]] = defaultdict(list)
    gone: dict[int, set[int]] = defaultdict(set)
    for fact in facts:
        if isinstance(fact, Absence):
            gone[fact.key].add(fact.t)
        elif fact.is_taken:
            of_key[fact.key].append(fact)
    return [version for key in sorted(of_key) for version in _versions(of_key[key], gone[key])]


def _starts(facts: list[Observation], gone: set[int]) -> dict[int, Observation]:
    """When which fact begins to hold, runs of equal ones not collapsed yet."""
    # R6: of one second the greatest o counts.
    seconds = {fact.u: fact for fact in sorted(facts, key=lambda fact: fact.order)}
    starts: dict[int, Observation] = {}
    for u in sorted(seconds):
        uppers = [fact.upper for fact in facts if fact.u == u]
        # Plain history: some run saw it, and no tombstone lies between.
        if any(not any(u <= t < upper for t in gone) for upper in uppers):
            starts[u] = seconds[u]
        # R12: after each tombstone it came back when the first later run saw it.
        for t in gone:
            if u <= t and (later := [upper for upper in uppers if upper > t]):
                starts[min(later)] = seconds[u]
    return starts


def _versions(facts: list[Observation], gone: set[int]) -> list[dict[str, Any]]:
    starts = _starts(facts, gone)
    rows: list[dict[str, Any]] = []
    holding: Observation | None = None
    # R11: at one instant the tombstone comes first.
    for moment_, fact in sorted(
        [*((t, None) for t in gone), *starts.items()], key=lambda item: (item[0], bool(item[1]))
    ):
        if fact is None:
            _end(rows, holding, moment_, deleted=True)
            holding = None
        # R7: equal neighbours are one version, which begins with the first.
        elif holding is None or holding.attributes != fact.attributes:
            _end(rows, holding, moment_, deleted=False)
            untold = not rows and not any(t <= moment_ for t in gone)
            # R9: the first version begins with the record itself.
            floor = min(moment_, fact.created) if untold and fact.created is not None else moment_
            rows.append(_row(fact, moment_, floor))
            holding = fact
    # Type 1: every version shows what the fact says that began to hold last.
    return [row | {"po_number": starts[max(starts)].po_number} for row in rows]


def _end(
    rows: list[dict[str, Any]], holding: Observation | None, moment_: int, *, deleted: bool
) -> None:
    if holding is not None:
        rows[-1] |= {"effective_to": moment(moment_), "is_current": False, "is_deleted": deleted}


def _row(fact: Observation, start: int, effective_from: int) -> dict[str, Any]:
    return {
        "sk": _surrogate_key(fact.key, start),
        "tenant_id": TENANT,
        "ticket_id": fact.key,
        "effective_from": moment(effective_from),
        "effective_to": None,
        "is_current": True,
        "is_deleted": False,
        "source_updated_at": moment(fact.u),
        "attr_hash": _change_hash(fact),
        "summary": fact.summary,
        "status_name": None,
        "budget_hours": fact.hours,
        "is_closed": None,
        "closed_at": None,
        "custom_fields": None,
        "updated_by": fact.updated_by,
        "load_notes": None,
    }


def _surrogate_key(key: int, start: int) -> str:
    named = "".join(f"{len(part)}:{part}," for part in (TENANT, "tickets", str(key)))
    return _md5(f"{named}{int((ZERO.timestamp() + start) * 1_000_000)}")


def _change_hash(fact: Observation) -> str:
    hours = None if fact.hours is None else format(fact.hours.normalize(), "f")
    told = {"budget_hours": hours, "summary": fact.summary}
    return _md5("".join(f"\0{name}={text}" for name, text in told.items() if text is not None))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def as_reader_sees(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a history without the system columns, in the order of `history`."""
    system = {"recorded_at", "run_id", "mapping_version", "sequence"}
    kept = [{n: v for n, v in row.items() if n not in system} for row in rows]
    return sorted(kept, key=lambda row: (row["ticket_id"], row["effective_from"]))


def serialised(rows: Iterable[dict[str, Any]]) -> bytes:
    """A history as bytes, which are the same for two exactly if the histories are.

    A line a version, by key and begin: a JSON object in UTF-8, its members by name; what
    JSON has no word for is `{"is": text, "type": name}`. System columns are left out (R1).
    """
    lines = (
        json.dumps(row, sort_keys=True, ensure_ascii=False, default=_spelled)
        for row in as_reader_sees(list(rows))
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _spelled(value: Any) -> dict[str, str]:
    return {"type": type(value).__name__, "is": str(value)}


def broken_accounts(
    facts: Iterable[Observation | Absence],
    rows: Iterable[dict[str, Any]],
    set_aside: Collection[Identity],
) -> list[str]:
    """What breaks I9 in a whole history; `set_aside` are the observations that quarantine has.

    An observation is exactly one of: set aside; replaced in its second (R6), or in the instant in
    which it would have come back, by a later state (R12); shown. What is shown is, wherever it
    begins to hold, exactly one of: start of a version, inside a run. Every version has one start.
    """
    wrong: list[str] = []
    known = set(facts)
    versions: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        versions[row["ticket_id"]][row["sk"]] = row
    for key in {fact.key for fact in known if isinstance(fact, Observation)}:
        told = [f for f in known if isinstance(f, Observation) and f.key == key]
        gone = {fact.t for fact in known if isinstance(fact, Absence) and fact.key == key}
        starts = _starts([fact for fact in told if fact.is_taken], gone)
        for fact in told:
            roles = (
                fact.identity in set_aside,
                fact.is_taken and _is_replaced(fact, told, starts),
                fact in starts.values(),
            )
            wrong += [f"I9: {fact} is {roles}"] * (sum(roles) != 1)
        begun = {_surrogate_key(key, start): fact for start, fact in starts.items()}
        wrong += [f"I9: {sk} begins with no fact" for sk in versions[key].keys() - begun.keys()]
        for start, fact in starts.items():
            own = _surrogate_key(key, start)
            is_start = own in versions[key]
            if is_start == _is_inside(start, fact, own, versions[key]):
                wrong.append(f"I9: {fact} from {start} is a start and inside a run, or neither")
    return wrong


def _is_replaced(
    fact: Observation, told: Iterable[Observation], starts: dict[int, Observation]
) -> bool:
    same = [other for other in told if other.u == fact.u and other.is_taken]
    if any(other.order > fact.order for other in same):
        return True
    back = [starts[other.upper] for other in same if other.upper in starts]
    return fact not in starts.values() and any(other.u > fact.u for other in back)


def _is_inside(start: int, fact: Observation, own: str, rows: dict[str, dict[str, Any]]) -> bool:
    return any(
        row["effective_from"] < moment(start) < (row["effective_to"] or _NEVER)
        and row["attr_hash"] == _change_hash(fact)
        for sk, row in rows.items()
        if sk != own
    )


def broken_invariants(rows: list[dict[str, Any]]) -> list[str]:
    """Which of I1 to I7 do not hold for a whole history."""
    wrong = []
    of_key: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in as_reader_sees(rows):
        of_key[row["ticket_id"]].append(row)
    for versions in of_key.values():
        wrong += ["I1"] * (
            sum(v["is_current"] for v in versions) != (not versions[-1]["is_deleted"])
        )
        wrong += ["I2" for v in versions if v["is_current"] != (v["effective_to"] is None)]
        wrong += ["I4" for v in versions if v["effective_from"] >= (v["effective_to"] or _NEVER)]
        wrong += ["I7"] * (len({v["effective_from"] for v in versions}) != len(versions))
        for before, after in pairwise(versions):
            if before["is_deleted"]:
                wrong += ["I3"] * (before["effective_to"] > after["effective_from"])
            else:
                wrong += ["I3"] * (before["effective_to"] != after["effective_from"])
                wrong += ["I5"] * (before["attr_hash"] == after["attr_hash"])
    wrong += ["I6"] * (len({row["sk"] for row in rows}) != len(rows))
    return wrong


_NEVER = datetime.max  # noqa: DTZ901 - compared with times without a zone
assert ZERO.tzinfo
