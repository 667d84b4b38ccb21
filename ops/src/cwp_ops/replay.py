"""Sending dead letters back to where they came from.

Nothing is lost, wherever it is interrupted: a letter is deleted only after the queue, or the bus,
has taken its copy. Killed in between, it is in both; sent back a second time it does no harm, for
every consumer is idempotent. Copies carry the letter's history (`cwp_shared.letters`).
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cwp_ops.dead_letters import DeadLetter
from cwp_ops.holding import PER_CALL, Held, Holding
from cwp_ops.queue_depths import queue_url
from cwp_shared.names import check_tenant_id

#: SendMessageBatch takes 1 MiB; the attributes need some of it.
_BYTES_PER_CALL = 900_000

COPY, REDRIVE, DRY_RUN = "copy", "redrive", "dry run"


@dataclass
class Replayed:
    """What became of one queue's letters. `refused`: message id and why; they are still there."""

    queue: str
    chosen: int = 0
    sent: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    #: How it was done: `COPY`, `REDRIVE` by SQS itself, or not at all (`DRY_RUN`).
    way: str = COPY
    #: False: there were more letters than can be held at once; repeat the command.
    is_whole: bool = True


@dataclass(frozen=True)
class Replayer:
    """Sends letters back. `rate`: letters a second at most; `bus`: where events are put again."""

    sqs: Any
    events: Any
    bus: str
    rate: float
    sleep: Callable[[float], None] = time.sleep

    def send_back(
        self, holding: Holding, chosen: Sequence[Held], moved: Callable[[int], None]
    ) -> Replayed:
        """Send the chosen letters back and delete each one that was taken; tell of each batch."""
        done = Replayed(holding.queue.name, chosen=len(chosen), is_whole=holding.is_whole)
        url = queue_url(self.sqs, holding.queue.name)
        for batch in _packed(chosen):
            refused = self._send(url, batch)
            taken = [held for held in batch if held.letter.message_id not in refused]
            holding.delete(taken)
            done.sent += len(taken)
            done.refused += tuple(refused.items())
            moved(len(batch))
            self.sleep(len(batch) / self.rate)
        return done

    def _send(self, url: str, batch: Iterable[Held]) -> dict[str, str]:
        """Send a batch; why some were refused, by message id."""
        letters = [held.letter for held in batch]
        to_bus = [letter for letter in letters if _is_of_bus(letter)]
        to_queue = [letter for letter in letters if not _is_of_bus(letter)]
        refused = self._to_queue(url, to_queue) if to_queue else {}
        for letter in to_bus:
            if reason := self._to_bus(letter):
                refused[letter.message_id] = reason
        return refused

    def _to_queue(self, url: str, letters: Sequence[DeadLetter]) -> dict[str, str]:
        entries = [_entry(str(n), letter) for n, letter in enumerate(letters)]
        answer = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        return {
            letters[int(failed["Id"])].message_id: f"{failed['Code']}: {failed.get('Message', '')}"
            for failed in answer.get("Failed", ())
        }

    def _to_bus(self, letter: DeadLetter) -> str | None:
        """Put the event on the bus again, for its target is no queue; why it cannot be."""
        try:
            event = json.loads(letter.body)
            entry = {
                "EventBusName": self.bus,
                "Source": event["source"],
                "DetailType": event["detail-type"],
                "Detail": json.dumps(event["detail"]),
            }
        except (ValueError, KeyError, TypeError):
            return f"it is no event, and {letter.target_arn} is no queue"
        answer = self.events.put_events(Entries=[entry])
        failed = answer["Entries"][0]
        return str(failed["ErrorCode"]) if answer["FailedEntryCount"] else None


def would_be_replayed(holding: Holding, chosen: Sequence[Held]) -> Replayed:
    """What a dry run tells."""
    name = holding.queue.name
    return Replayed(name, chosen=len(chosen), way=DRY_RUN, is_whole=holding.is_whole)


def _is_of_bus(letter: DeadLetter) -> bool:
    return letter.target_arn is not None and ":sqs:" not in letter.target_arn


def _entry(number: str, letter: DeadLetter) -> dict[str, Any]:
    entry = {
        "Id": number,
        "MessageBody": letter.body,
        "MessageAttributes": letter.history.attributes(),
    }
    group = _group(letter.tenant_id)
    return {**entry, "MessageGroupId": group} if group else entry


def _group(tenant_id: object) -> str | None:
    """The tenant, for fair queues; None: the message names none that could be one."""
    try:
        return check_tenant_id(str(tenant_id))
    except ValueError:
        return None


def _packed(chosen: Iterable[Held]) -> Iterator[list[Held]]:
    """Batches that one call takes."""
    batch: list[Held] = []
    size = 0
    for held in chosen:
        length = len(held.letter.body.encode())
        if batch and (len(batch) == PER_CALL or size + length > _BYTES_PER_CALL):
            yield batch
            batch, size = [], 0
        batch.append(held)
        size += length
    if batch:
        yield batch
