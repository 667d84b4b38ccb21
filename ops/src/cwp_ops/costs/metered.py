"""What a stage on AWS used, as CloudWatch counts it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cwp_ops.costs.metrics import DAY, Metric, values
from cwp_ops.costs.span import BUCKET_BYTES, RPU_SECONDS, Function, Span
from cwp_ops.names import queues, table
from cwp_shared.settings import Stage

TABLES: Final = (
    "TenantServices",
    "LastUpdated",
    "SyncRuns",
    "CanonicalState",
    "LoadState",
    "FetcherState",
)


@dataclass(frozen=True)
class Meter:
    """Counts what a stage used.

    Attributes:
        cloudwatch: a client of it.
        deployed: the stage's functions.
        stage: which.
        workgroup: the warehouse's.
        bucket: the lake's.
    """

    cloudwatch: Any
    deployed: Sequence[Function]
    stage: Stage
    workgroup: str
    bucket: str

    def counted(self, span: Span) -> dict[str, float]:
        """What was counted in the span, by what and whose: `calls fetcher fetch`."""
        wanted = dict(_wanted(self.deployed, self.stage, self.workgroup, self.bucket))
        return values(self.cloudwatch, wanted, span.start, span.end)


def _wanted(
    deployed: Iterable[Function], stage: Stage, workgroup: str, bucket: str
) -> Iterator[tuple[str, Metric]]:
    for one in deployed:
        whose = {"FunctionName": one.full_name}
        yield f"calls {one.name}", Metric("AWS/Lambda", "Invocations", whose)
        yield f"milliseconds {one.name}", Metric("AWS/Lambda", "Duration", whose)
        group = {"LogGroupName": f"/aws/lambda/{one.full_name}"}
        yield f"log-bytes {one.name}", Metric("AWS/Logs", "IncomingBytes", group)
    for queue in queues(stage):
        for name in (queue.name, queue.dead_letters):
            of = {"QueueName": name}
            short = queue.short if name == queue.name else f"{queue.short}-dlq"
            yield f"sent {short}", Metric("AWS/SQS", "NumberOfMessagesSent", of)
            yield f"empty {short}", Metric("AWS/SQS", "NumberOfEmptyReceives", of)
    for noun in TABLES:
        in_table = {"TableName": table(noun, stage)}
        yield f"writes {noun}", Metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", in_table)
        yield f"reads {noun}", Metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", in_table)
    # With all old versions; S3 says it once a day.
    of_bucket = {"BucketName": bucket, "StorageType": "StandardStorage"}
    yield BUCKET_BYTES, Metric("AWS/S3", "BucketSizeBytes", of_bucket, "Average", DAY)
    of_workgroup = {"Workgroup": workgroup}
    yield RPU_SECONDS, Metric("AWS/Redshift-Serverless", "ComputeSeconds", of_workgroup)
