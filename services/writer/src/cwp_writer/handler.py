"""The writer's two Lambda functions."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_shared.inbox import consume, consume_together
from cwp_writer import bootstrap

logger = Logger()


@logger.inject_lambda_context
def write(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Queue pages: a batch of PageFetched."""

    def handle_all(records: list[SQSRecord]) -> Mapping[str, Exception]:
        return bootstrap.writer().handle({record.message_id: record.body for record in records})

    return consume_together(event, context, bootstrap.processor(), handle_all)


@logger.inject_lambda_context
def compare(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Queue sweeps: RunCompleted of runs that list all ids, and AbsencesReleased."""

    def handle(record: SQSRecord) -> None:
        bootstrap.comparer().handle(record.body)

    return consume(event, context, bootstrap.sweeps_processor(), handle)
