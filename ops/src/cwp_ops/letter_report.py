"""What a person is shown of dead letters: a queue at a glance, and one letter in full."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cwp_ops.dead_letters import DeadLetter, Reason, grouped
from cwp_ops.queue_depths import Depth

#: Names of fields that no message of ours has; a foreign or malformed one may.
_SECRET = re.compile(
    r"password|secret|token|authorization|api_?key|(public|private)_?key", re.IGNORECASE
)
_MASK = "(not shown)"
_LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class QueueLetters:
    """The dead letters of one queue. `looked_at` of `depth` were read for the reasons."""

    queue: str
    dead_letters: str
    depth: int
    looked_at: int
    oldest: str | None
    oldest_age_s: int | None
    reasons: tuple[Reason, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def queue_letters(depth: Depth, letters: Sequence[DeadLetter], now: datetime) -> QueueLetters:
    """A queue at a glance."""
    oldest = min((letter.failed_at for letter in letters if letter.failed_at), default=None)
    return QueueLetters(
        queue=depth.queue.short,
        dead_letters=depth.queue.dead_letters,
        depth=max(depth.dead, len(letters)),
        looked_at=len(letters),
        oldest=oldest,
        oldest_age_s=_age_s(oldest, now),
        reasons=tuple(grouped(letters)),
    )


def letter_parts(letter: DeadLetter) -> dict[str, Any]:
    """One letter in full: envelope, detail, why, and how often. What looks secret is masked."""
    body = _body(letter.body)
    detail = body.get("detail") if isinstance(body, dict) else None
    envelope = {k: v for k, v in body.items() if k != "detail"} if detail is not None else None
    return {
        "queue": letter.queue,
        "message_id": letter.message_id,
        "tenant_id": letter.tenant_id,
        "table": letter.table,
        "sent_at": letter.sent_at,
        "target_arn": letter.target_arn,
        "failures": letter.history.count,
        "first_failed_at": letter.history.first_failed_at,
        "history": [asdict(failure) for failure in letter.history.failures],
        "envelope": envelope,
        "detail": body if detail is None else detail,
    }


def _age_s(moment: str | None, now: datetime) -> int | None:
    try:
        return max(0, int((now - datetime.fromisoformat(moment or "")).total_seconds()))
    except (ValueError, TypeError):
        return None


def _body(text: str) -> Any:
    try:
        return masked(json.loads(text))
    except (ValueError, RecursionError):
        return text[:_LONGEST_TEXT]


def masked(value: Any) -> Any:
    """The same JSON without the values of fields whose name sounds like a secret's."""
    if isinstance(value, Mapping):
        return {k: _MASK if _SECRET.search(str(k)) else masked(v) for k, v in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [masked(one) for one in value]
    return value
