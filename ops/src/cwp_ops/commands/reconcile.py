"""reconcile, release: sweep ids, believe what was held back, and follow it into the warehouse."""

import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from cwp_ops.commands.options import AsJson, Yes
from cwp_ops.commands.runs import TenantName
from cwp_ops.commands.sync import PATIENCE_S, follow, report, wanted_of
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.follow import Tracked
from cwp_ops.queue_depths import wait_until_empty
from cwp_ops.sweep_result import SweepResult, last_sweep, released_result, sweep_result
from cwp_shared.events import AbsencesReleased
from cwp_shared.tables import source_table

#: What a sweep proves passes these services.
_BEHIND_SWEEPS = frozenset({"transformer", "loader"})


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: cwpipe reconcile acme --table service_tickets")(reconcile)
    app.command(epilog="Example: cwpipe release acme service_tickets")(release)


def reconcile(
    context: typer.Context,
    tenant: TenantName,
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table; may be repeated.")
    ] = None,
    patience: Annotated[
        int, typer.Option(min=5, help="Give up when nothing has moved for so many seconds.")
    ] = PATIENCE_S,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Sweep all ids of tables to find deletes, and wait until these are in the warehouse.

    A delete is believed when two complete sweeps in a row miss the id: what was deleted since the
    last sweep is only noted by this one. Exit code 1 if a sweep failed, or is held back because
    too many ids are missing.
    """
    operator = operator_of(context)
    wanted = wanted_of(operator, tenant, table or (), "reconcile")
    tracked = follow(operator, wanted, patience, quiet=as_json)
    is_well = as_json or report(operator, tracked)
    results = [_result(operator, one, patience) for one in tracked]
    if any(result and result.raw_key for _, result in results):
        _wait_until_loaded(operator, patience)
    told = [_told(one, result) for one, result in results]
    if as_json:
        operator.answer(told)
    else:
        for line in told:
            operator.out.print(_line(line), markup=False, soft_wrap=True)
    if not is_well or any(line["status"] != "compared" for line in told):
        raise typer.Exit(1)


def release(
    context: typer.Context,
    tenant: TenantName,
    table: Annotated[str, typer.Argument(help="Source table.", metavar="TABLE")],
    yes: Yes = False,  # noqa: FBT002 - typer's way
    patience: Annotated[
        int, typer.Option(min=5, help="Give up when nothing has moved for so many seconds.")
    ] = PATIENCE_S,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Believe the deletes that the last sweep held back, and wait until they are in the warehouse.

    A sweep that misses more ids than the tenant's guard allows deletes nothing by itself: look at
    the site first. Rows that come back later get a version of their own.
    """
    operator = operator_of(context)
    operator.book.get(tenant)
    source_table(table)
    run_id, held = _held(operator, tenant, table)
    if not yes:
        operator.say(f"{table}: {held.held}")
        typer.confirm(
            f"Mark {held.deleted:,} records of {tenant} as deleted?", abort=True, err=True
        )
    operator.cloud.bus.publish([AbsencesReleased(tenant_id=tenant, run_id=run_id, table=table)])
    done = _awaited(
        lambda: released_result(operator.cloud.s3, operator.cloud.bucket, tenant, table, run_id),
        patience,
        f"sweep {run_id} of {table} is not released",
    )
    _wait_until_loaded(operator, patience)
    told = {"table": table, "run_id": run_id, "status": "released", "deleted": done.deleted}
    if as_json:
        operator.answer(told)
    else:
        operator.out.print(f"{table}: {done.deleted:,} records are marked as deleted")


def _held(operator: Operator, tenant: str, table: str) -> tuple[str, SweepResult]:
    """The last sweep and what it holds back.

    Raises:
        OperatorError: there was none, or it holds nothing.
    """
    place = (operator.cloud.s3, operator.cloud.bucket, tenant, table)
    run_id = last_sweep(*place)
    found = run_id and not released_result(*place, run_id) and sweep_result(*place, run_id)
    if not run_id or not found or not found.held:
        last = f"its last sweep is {run_id}" if run_id else "it was never swept"
        raise OperatorError(f"nothing of {tenant}/{table} is held back: {last}")
    return run_id, found


def _wait_until_loaded(operator: Operator, patience_s: float) -> None:
    operator.say("waiting until histories and warehouse have caught up")
    depths = lambda: [d for d in operator.depths() if d.queue.service in _BEHIND_SWEEPS]  # noqa: E731
    wait_until_empty(depths, patience_s)


def _awaited(
    look: Callable[[], SweepResult | None], patience_s: float, otherwise: str
) -> SweepResult:
    """The first result.

    Raises:
        OperatorError: there is none in time.
    """
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise OperatorError(
        f"{otherwise} after {patience_s:.0f} s; see `cwpipe dlq list writer-sweeps`"
    )


def _result(
    operator: Operator, one: Tracked, patience_s: float
) -> tuple[Tracked, SweepResult | None]:
    """What the comparison found, waited for; None: the sweep failed.

    Raises:
        OperatorError: it is not compared in time.
    """
    if one.progress.stage == "failed" or one.run_id is None:
        return one, None
    place = (operator.cloud.s3, operator.cloud.bucket, one.wanted.tenant_id, one.wanted.table)
    run_id = one.run_id
    return one, _awaited(
        lambda: sweep_result(*place, run_id),
        patience_s,
        f"sweep {run_id} of {one.wanted.table} is complete and not compared",
    )


def _told(one: Tracked, result: SweepResult | None) -> dict[str, Any]:
    about = {
        "tenant_id": one.wanted.tenant_id,
        "table": one.wanted.table,
        "run_id": one.run_id,
        "ids": one.progress.rows,
    }
    if result is None:
        return {**about, "status": "failed", "reason": one.progress.detail}
    found = {"deleted": result.deleted, "known": result.known, "reason": result.held}
    return {**about, "status": "held" if result.held else "compared", **found}


def _line(told: dict[str, Any]) -> str:
    match told["status"]:
        case "compared":
            return (
                f"{told['table']}: {told['ids']:,} ids listed, {told['deleted']:,} proven deleted"
            )
        case "held":
            return (
                f"{told['table']}: {told['deleted']:,} missing ids held back: {told['reason']}; if "
                f"they are really gone: cwpipe release {told['tenant_id']} {told['table']}"
            )
        case _:
            return f"{told['table']}: failed: {told['reason']}"
