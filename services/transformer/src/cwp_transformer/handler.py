"""Entry point: batches of the files queue."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_shared.inbox import consume_together
from cwp_transformer import bootstrap
from cwp_transformer.transform import transform as transform_messages

logger = Logger()


@logger.inject_lambda_context
def transform(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Merge the raw files that a batch of messages names into the history of their tables."""
    service = bootstrap.service()

    def handle(records: list[SQSRecord]) -> dict[str, Exception]:
        messages = [(record.message_id, record.body) for record in records]
        return transform_messages(messages, service.bucket, service.mappings, service.backends)

    return consume_together(event, context, service.processor, handle)
