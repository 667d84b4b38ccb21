"""Entry points: `gather` keeps commits, `settle` speaks with the warehouse.

Only `settle` does, for a statement belongs to the role that submitted it: another role may not ask
how it ended.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_loader import bootstrap, commits
from cwp_loader import settle as statements
from cwp_loader.messages import StatementEnded, Sweep, Wake, parse
from cwp_loader.settle import Census
from cwp_shared import metrics
from cwp_shared.inbox import consume, consume_together

logger = Logger()


@logger.inject_lambda_context
def gather(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Queue `commits`: CanonicalCommitted."""
    parts = bootstrap.gathering()

    def keep(records: list[SQSRecord]) -> dict[str, Exception]:
        bodies = {record.message_id: record.body for record in records}
        return commits.gather(parts.keeping, bodies)

    return consume_together(event, context, parts.processor, keep)


@logger.inject_lambda_context
def settle(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Queue `statements`: ends of statements, sweeps, wakes."""
    parts = bootstrap.settling()

    def handle(record: SQSRecord) -> None:
        match parse(record.body):
            case StatementEnded() as statement:
                # `cwpipe trace` shows it, and the Data API tells of it to nobody but this role.
                logger.info("statement ended", statement_id=statement.statement_id)
                statements.ended(parts.collaborators, statement)
            case Wake(reload_from=int(first)) as wake:
                statements.reload(parts.collaborators, wake.table, first)
            case Wake() as wake:
                statements.wake(parts.collaborators, wake.table, wake.because)
            case Sweep():
                _count(statements.sweep(parts.collaborators))
            case None:
                logger.info("not a statement of this loader", message_id=record.message_id)

    return consume(event, context, parts.processor, handle)


def _count(census: Census) -> None:
    """Two metrics that alarms watch (resources/alarms.yml)."""
    metrics.put(
        {
            metrics.TABLES_HELD_UP: census.held_up,
            metrics.TABLES_INCOMPLETE: census.incomplete,
        }
    )
