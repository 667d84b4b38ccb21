"""Logic put together with a stage's clients."""

from collections.abc import Callable, Sequence

from cwp_ops import counts, names
from cwp_ops.context import Operator
from cwp_ops.copy_probe import CopyProbe
from cwp_ops.costs.embedded import EmbeddedMeter
from cwp_ops.costs.metered import Meter
from cwp_ops.costs.span import Counter, Function
from cwp_ops.costs.waking import RPUS
from cwp_ops.follow import Follower
from cwp_ops.mappings import mapping_versions
from cwp_ops.quarantine import Replay
from cwp_ops.rebuilding import Rebuilder
from cwp_ops.recover import Recovery, S3Lake, sender
from cwp_ops.sandbox_side import key_finder
from cwp_ops.status import Reader
from cwp_ops.warehouse_check import LoaderRole, Serverless, WarehouseCheck


def follower(operator: Operator) -> Follower:
    """Asks for syncs and follows them."""
    return Follower(
        stores=operator.stores,
        bus=operator.cloud.bus,
        canonical_tables=operator.canonical_tables,
        letters=operator.letters,
    )


def recovery(operator: Operator) -> Recovery:
    """Makes anew what was lost."""
    cloud = operator.cloud
    return Recovery(
        lake=S3Lake(cloud.s3, cloud.bucket),
        bucket=cloud.bucket,
        book=operator.book,
        watermarks=operator.stores.watermarks,
        bus=cloud.bus,
        send_files=sender(cloud.sqs, names.Queue("transformer", "files", operator.stage).name),
        loaded_sequences=lambda tenant_id: counts.loaded_sequences(cloud.warehouse, tenant_id),
        find_keys=key_finder(cloud.home),
    )


def quarantine_replay(operator: Operator, wait: Callable[[], None]) -> Replay:
    """Takes rows that were set aside."""
    cloud = operator.cloud
    return Replay(
        lake=S3Lake(cloud.s3, cloud.bucket),
        bucket=cloud.bucket,
        versions=mapping_versions(operator.root),
        forget=lambda a: operator.stores.forget_file(a.tenant_id, a.canonical_table, a.raw_key),
        is_done=lambda a: bool(operator.stores.file(a.tenant_id, a.canonical_table, a.raw_key)),
        send_files=sender(cloud.sqs, names.Queue("transformer", "files", operator.stage).name),
        wait=wait,
    )


def rebuilder(operator: Operator) -> Rebuilder:
    """Asks for rebuilds and follows them."""
    cloud = operator.cloud
    return Rebuilder(lake=S3Lake(cloud.s3, cloud.bucket), bus=cloud.bus)


def status_reader(operator: Operator, *, ask_warehouse: bool) -> Reader:
    """Reads the state of tenants; the warehouse is asked only if wanted, it costs on AWS."""
    return Reader(
        stores=operator.stores,
        canonical_tables=operator.canonical_tables,
        with_keys=operator.book.with_keys,
        count_rows=operator.current_rows if ask_warehouse else lambda _: {},
    )


def warehouse_check(operator: Operator) -> WarehouseCheck:
    """Asks what loads need of the warehouse."""
    cloud = operator.cloud
    role_arn, workgroup_arn = cloud.outputs["CopyRoleArn"], cloud.outputs["WorkgroupArn"]
    serverless = None
    if operator.stage != "local":
        client = cloud.client("redshift-serverless")
        serverless = Serverless(client, cloud.workgroup, workgroup_arn, role_arn)
    return WarehouseCheck(
        warehouse=cloud.warehouse,
        database=cloud.database,
        loader=names.loader_user(operator.stage),
        loader_role=LoaderRole(
            cloud.client("iam"), names.loader_role(operator.stage), workgroup_arn
        ),
        probe=CopyProbe(cloud.warehouse, cloud.s3, cloud.bucket, role_arn),
        serverless=serverless,
        tenants=sorted(str(item["tenant_id"]) for item in operator.book.items()),
    )


def meter(operator: Operator, deployed: Sequence[Function], rpus: int = RPUS) -> Counter:
    """Counts what the stage used."""
    cloud = operator.cloud
    if operator.stage == "local":
        return EmbeddedMeter(cloud.client("logs"), cloud.warehouse.query, deployed, rpus)
    return Meter(
        cloud.client("cloudwatch"), deployed, operator.stage, cloud.workgroup, cloud.bucket
    )
