"""Taking dead letters out for good, with a copy of each in S3.

The copy is stored before the letter is deleted, under a key made of the message's id: interrupted
and repeated, it is the same object.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from cwp_ops.dead_letters import DeadLetter
from cwp_ops.holding import Held, Holding
from cwp_shared import keys


def drop(
    s3: Any,
    bucket: str,
    holding: Holding,
    chosen: Sequence[Held],
    dropped: Callable[[int], None],
) -> list[str]:
    """Copy and delete letters; the keys of the copies."""
    kept = []
    for held in chosen:
        key = copy_key(holding.queue.short, held.letter)
        s3.put_object(
            Bucket=bucket, Key=key, Body=_copy(held.letter), ContentType="application/json"
        )
        holding.delete([held])
        kept.append(key)
        dropped(1)
    return kept


def copy_key(queue: str, letter: DeadLetter) -> str:
    """Where a letter's copy lies: with its tenant's data, or apart if it names no tenant."""
    return keys.dropped_letter(letter.tenant_id, queue, letter.message_id)


def _copy(letter: DeadLetter) -> bytes:
    return json.dumps({**letter.as_json(), "body": letter.body}, indent=1).encode()
