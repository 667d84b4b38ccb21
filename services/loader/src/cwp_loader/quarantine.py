"""Where it is written down that a file is not in the warehouse, and how to put that right."""

import json
from typing import Any, Final, Protocol

from cwp_shared import keys
from cwp_shared.events import CanonicalCommitted

_REMEDY: Final = (
    "Take away what the reason names, then load again from this sequence on: send "
    '{{"wake": {{"tenant_id": "{tenant}", "canonical_table": "{table}", '
    '"because": "operator", "reload_from": {sequence}}}}} to the queue '
    "connectwise-loader-statements-<stage>. Runbook: docs/runbooks/loading.md"
)


class Quarantine(Protocol):
    """What logic needs of the bucket."""

    def note(self, commit: CanonicalCommitted, reason: str) -> None:
        """Write down that a commit's file was set aside. Again is the same."""


def note_text(commit: CanonicalCommitted, reason: str) -> str:
    """The note: which file, the warehouse's own words, the way back."""
    remedy = _REMEDY.format(
        tenant=commit.tenant_id, table=commit.canonical_table, sequence=commit.sequence
    )
    note = {
        "tenant_id": commit.tenant_id,
        "canonical_table": commit.canonical_table,
        "sequence": commit.sequence,
        "key": commit.key,
        "rows": commit.rows,
        "reason": reason,
        "remedy": remedy,
    }
    return json.dumps(note, indent=2)


class QuarantineBucket:
    """Notes in S3. The file itself stays in canonical/: it is part of the history."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def note(self, commit: CanonicalCommitted, reason: str) -> None:
        """Write `{tenant}/quarantine/{table}/load-{sequence}.json`."""
        name = f"load-{commit.sequence:012d}.json"
        self._s3.put_object(
            Bucket=self._bucket,
            Key=keys.quarantine(commit.tenant_id, commit.canonical_table, name),
            Body=note_text(commit, reason).encode(),
            ContentType="application/json",
        )
