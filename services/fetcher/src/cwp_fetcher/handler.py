"""The fetcher's Lambda function."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_fetcher import bootstrap
from cwp_shared.events import PageJob
from cwp_shared.events.envelope import parse_message
from cwp_shared.inbox import consume, history_of

logger = Logger()


@logger.inject_lambda_context
def fetch(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Queue jobs: one PageJob a record."""

    def handle(record: SQSRecord) -> None:
        job = parse_message(record.body, PageJob)
        with logger.append_context_keys(job_id=job.job_id):
            receives = int(record.attributes.approximate_receive_count)
            bootstrap.fetcher().handle(job, receives, history_of(record))
            logger.info("job handled")

    return consume(event, context, bootstrap.processor(), handle)
