"""What arrives on the statements queue, and the name by which a statement is recognised.

Three kinds of message: the Data API's event that a statement ended, a sweep from the schedule, and
a wake for one table, which `gather`, the sweep, or an operator sends.
"""

import json
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cwp_loader.table import TableRef
from cwp_shared.errors import Terminal
from cwp_shared.events import Message
from cwp_shared.events.envelope import parse_message
from cwp_shared.names import CanonicalTable, TenantId

STATEMENT_EVENT: Final = "Redshift Data Statement Status Change"

#: The batches of `schema_sql.py` (the first three), `sql.py` (load) and `repair_sql.py`.
Kind = Literal["prepare", "widen", "shape", "load", "probe", "set_aside", "rewind"]
#: commit: a window opens for something new; sweep: look whether something was missed;
#: operator: try now, and believe nothing but the warehouse.
Because = Literal["commit", "sweep", "operator"]

_PREFIX: Final = "v1"


class StatementName(BaseModel):
    """`v1|{tenant}|{table}|{kind}|{load_id}`: all that is needed to know whose statement it is."""

    model_config = ConfigDict(frozen=True)

    tenant_id: TenantId
    canonical_table: CanonicalTable
    kind: Kind
    load_id: str = Field(pattern=r"^[0-9a-f]{32}$")

    def __str__(self) -> str:
        return f"{_PREFIX}|{self.tenant_id}|{self.canonical_table}|{self.kind}|{self.load_id}"

    @classmethod
    def parse(cls, text: str) -> "StatementName | None":
        """The parts of a name; None if it is not one of ours."""
        prefix, *parts = text.split("|")
        if prefix != _PREFIX or len(parts) != len(cls.model_fields):
            return None
        try:
            return cls.model_validate(dict(zip(cls.model_fields, parts, strict=True)))
        except ValidationError:
            return None

    @property
    def table(self) -> TableRef:
        """Whose statement it is."""
        return TableRef(self.tenant_id, self.canonical_table)


class StatementEnded(BaseModel):
    """A statement of ours ended. How, DescribeStatement says: the event has no error text."""

    model_config = ConfigDict(frozen=True)

    statement_id: str
    name: StatementName


class Sweep(BaseModel):
    """Look at every table that should have moved by now."""

    model_config = ConfigDict(frozen=True)


class Wake(Message):
    """Look at one table."""

    canonical_table: CanonicalTable
    because: Because = "sweep"
    #: Forget all loads from this sequence on, and load again.
    reload_from: int | None = Field(default=None, ge=1)

    @property
    def table(self) -> TableRef:
        """Which one."""
        return TableRef(self.tenant_id, self.canonical_table)

    def body(self) -> str:
        """The message: `{"wake": {"tenant_id": ..., "canonical_table": ..., "because": ...}}`."""
        return json.dumps({"wake": self.model_dump(exclude_none=True)})


def parse(body: str) -> StatementEnded | Sweep | Wake | None:
    """Read a message; None for the end of a statement that is not ours.

    Raises:
        Terminal: the message is none of the three kinds.
    """
    message = _json_object(body)
    if message.get("detail-type") == STATEMENT_EVENT:
        return _statement_ended(message.get("detail"))
    if "wake" in message:
        return parse_message(message["wake"], Wake)
    if message.get("sweep") is True:
        return Sweep()
    raise Terminal(
        f"message on the statements queue is neither a {STATEMENT_EVENT!r} event, "
        'nor {"sweep": true}, nor {"wake": {...}}'
    )


def _json_object(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise Terminal("message on the statements queue is not JSON") from None
    if not isinstance(message, dict):
        raise Terminal("message on the statements queue is not a JSON object")
    return message


def _statement_ended(detail: object) -> StatementEnded | None:
    # Older and newer guides show different fields; these two are in all of them, and the state is
    # asked for anyway.
    known = detail if isinstance(detail, dict) else {}
    name = StatementName.parse(str(known.get("statementName", "")))
    if name is None:
        return None
    statement_id = known.get("statementId")
    if not isinstance(statement_id, str) or not statement_id:
        raise Terminal(f"event about statement {name} has no statementId")
    return StatementEnded(statement_id=statement_id, name=name)
