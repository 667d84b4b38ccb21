"""How every function consumes its queue: partial batch responses, and dead letters with a reason.

A record is acknowledged when it was handled, or when it lies in the dead-letter queue together
with the reason (`cwp_shared.letters`; of a replayed record, with the reasons of the times before
too). It is dead-lettered at once on `Terminal`, and after `MAX_RECEIVES` tries on anything else.
The queue's own redrive policy stands behind this for functions that die or time out before they
can say why; its `maxReceiveCount` is one higher.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    FailureResponse,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_shared.about import about
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.letters import Failure, History, values_of

#: Tries before a record is dead-lettered by us; templates set maxReceiveCount to one more.
MAX_RECEIVES = 5

_LONGEST_DELAY = 43_200

logger = Logger()


class InboxProcessor(BatchProcessor):
    """powertools' batch processor, which also knows what an error means (`cwp_shared.errors`).

    Args:
        sqs: an SQS client.
        queue_url: the queue the records come from.
        dead_letter_url: where records go that cannot be handled.
        on_dead_letter: told of each record given up on, before it is; may publish a failure event.
    """

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        dead_letter_url: str,
        on_dead_letter: Callable[[SQSRecord, Exception], None] | None = None,
    ) -> None:
        # A batch that failed as a whole is no fault of the function: the queue's age and its
        # dead letters are what alarms watch.
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        self._sqs = sqs
        self._queue_url = queue_url
        self._dead_letter_url = dead_letter_url
        self._on_dead_letter = on_dead_letter

    def failure_handler(self, record: Any, exception: Any) -> FailureResponse:
        """Give up on the record, or let it come back after a delay."""
        error: Exception = exception[1]
        receives = int(record.attributes.approximate_receive_count)
        if isinstance(error, Terminal) or receives >= MAX_RECEIVES:
            self._give_up(record, error, receives)
            return "fail", str(error), record
        logger.warning(
            "record will be tried again",
            message_id=record.message_id,
            receives=receives,
            error=str(error),
            exc_info=not isinstance(error, Retriable),
            **about(record.body),
        )
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=_delay(error, receives),
        )
        return super().failure_handler(record, exception)

    def _give_up(self, record: SQSRecord, error: Exception, receives: int) -> None:
        logger.error(
            "record goes to the dead-letter queue",
            message_id=record.message_id,
            receives=receives,
            error=str(error),
            exc_info=not isinstance(error, Terminal),
            **about(record.body),
        )
        if self._on_dead_letter:
            self._on_dead_letter(record, error)
        failure = Failure(
            reason=str(error) or type(error).__name__,
            error_type=type(error).__name__,
            failed_at=datetime.now(UTC).isoformat(timespec="seconds"),
            receives=str(receives),
        )
        self._sqs.send_message(
            QueueUrl=self._dead_letter_url,
            MessageBody=record.body,
            MessageAttributes=history_of(record).after(failure).attributes(),
        )


def history_of(record: SQSRecord) -> History:
    """What a replayed record failed of before; of any other nothing."""
    return History.read(values_of(record.raw_event.get("messageAttributes"), "stringValue"))


def _delay(error: Exception, receives: int) -> int:
    """Seconds until the next try: what the error asks for, else 10, 30, 90, 270."""
    if isinstance(error, Retriable) and error.retry_after is not None:
        return min(error.retry_after, _LONGEST_DELAY)
    return 10 * int(3 ** (receives - 1))


def consume(
    event: dict[str, Any],
    context: LambdaContext,
    processor: InboxProcessor,
    handle: Callable[[SQSRecord], None],
) -> PartialItemFailureResponse:
    """Handle each record by itself; answer with the ones that must come back.

    Log lines that are written meanwhile say what the record is about.
    """

    def handle_record(record: SQSRecord) -> None:  # powertools passes it by this name
        with logger.append_context_keys(**about(record.body)):
            handle(record)
            logger.info("record handled", message_id=record.message_id)

    return process_partial_response(event, handle_record, processor, context)


def consume_together(
    event: dict[str, Any],
    context: LambdaContext,
    processor: InboxProcessor,
    handle_all: Callable[[list[SQSRecord]], Mapping[str, Exception]],
) -> PartialItemFailureResponse:
    """Handle a batch as one; `handle_all` returns the error of each message id that failed."""
    records = [SQSRecord(raw) for raw in event["Records"]]
    failures = handle_all(records)

    def outcome(record: SQSRecord) -> None:
        if error := failures.get(record.message_id):
            raise error
        logger.info("record handled", message_id=record.message_id, **about(record.body))

    return process_partial_response(event, outcome, processor, context)
