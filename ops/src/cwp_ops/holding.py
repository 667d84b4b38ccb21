"""Holding dead letters: received all, each once, and hidden from others until they are let go.

SQS cannot be searched: to find some letters, all are received. What is not wanted is let go at
once when the command ends, and by itself when the command dies (the visibility timeout ends).
Receiving a letter takes nothing away: a dead-letter queue gives up on nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from cwp_ops.dead_letters import DeadLetter, letter_of
from cwp_ops.names import Queue
from cwp_ops.queue_depths import queue_url
from cwp_shared.batches import batches

PER_CALL = 10
#: SQS lets 120,000 messages of a queue be in flight.
MOST_HELD = 100_000
#: Received a second is at least this much, for the visibility timeout.
_SLOWEST = 50
_LONGEST_HOLD_S = 43_200


@dataclass(frozen=True)
class Held:
    """A letter, and the receipt that lets it be deleted or let go."""

    letter: DeadLetter
    receipt: str


class Holding(AbstractContextManager["Holding"]):
    """The dead letters of one queue, held until the end of the `with`.

    Args:
        sqs: an SQS client.
        queue: whose dead letters.
        hold_s: how long they stay hidden if the command dies.
        most: hold no more than so many.
    """

    def __init__(self, sqs: Any, queue: Queue, hold_s: int, most: int = MOST_HELD) -> None:
        self.queue = queue
        self.url = queue_url(sqs, queue.dead_letters)
        #: Whether the queue was seen to its end.
        self.is_whole = False
        self._sqs = sqs
        self._hold_s = min(hold_s, _LONGEST_HOLD_S)
        self._most = most
        self._receipts: dict[str, str] = {}

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._let_go(list(self._receipts.values()))

    def find(
        self, wanted: Callable[[DeadLetter], bool], seen: Callable[[int], None] = lambda _: None
    ) -> list[Held]:
        """Receive all letters and return those that are wanted; `seen` is told of each batch.

        All are received before anything is done with one: what fails again while it is replayed
        is not found a second time.
        """
        found: dict[str, Held] = {}
        while len(self._receipts) < self._most:
            messages = self._receive()
            if all(message["MessageId"] in self._receipts for message in messages):
                self.is_whole = True
                break
            for message in messages:
                letter = letter_of(self.queue.name, message)
                self._receipts[letter.message_id] = message["ReceiptHandle"]
                if wanted(letter):
                    found[letter.message_id] = Held(letter, message["ReceiptHandle"])
            seen(len(messages))
        return list(found.values())

    def delete(self, done: Iterable[Held]) -> None:
        """Take letters out of the queue for good. One that cannot be deleted comes back."""
        for batch in batches(done, PER_CALL):
            for held in batch:
                self._receipts.pop(held.letter.message_id, None)
            entries = [{"Id": str(n), "ReceiptHandle": h.receipt} for n, h in enumerate(batch)]
            self._sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)

    def _receive(self) -> Sequence[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=PER_CALL,
            VisibilityTimeout=self._hold_s,
            # Long polling asks all of SQS's servers: an empty answer means an empty queue.
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        messages: Sequence[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _let_go(self, receipts: list[str]) -> None:
        for batch in batches(receipts, PER_CALL):
            entries = [
                {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for n, receipt in enumerate(batch)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)


def hold_for(letters: int, rate: float) -> int:
    """Seconds that so many letters must stay hidden to be received and handled at a rate."""
    return int(300 + letters / _SLOWEST + letters / rate)
