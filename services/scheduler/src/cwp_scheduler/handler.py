"""The scheduler's two Lambda functions."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_scheduler import bootstrap
from cwp_shared.inbox import consume

logger = Logger()


@logger.inject_lambda_context
def plan(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Queue requests: ticks and SyncRequested."""

    def handle(record: SQSRecord) -> None:
        bootstrap.planner().handle(record.body)

    return consume(event, context, bootstrap.processor(), handle)


@logger.inject_lambda_context
def track(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Queue progress: what became of the run's jobs."""

    def handle(record: SQSRecord) -> None:
        bootstrap.tracker().handle(record.body)

    return consume(event, context, bootstrap.processor(), handle)
