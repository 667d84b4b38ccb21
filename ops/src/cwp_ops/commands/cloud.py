"""up, down, reset, recover: the embedded cloud itself."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from cwp_local.cloud import cloud as runner
from cwp_local.cloud.cloud import Outcome, PartState
from cwp_ops.commands.options import AsJson, Yes
from cwp_ops.context import Operator, operator_of
from cwp_ops.queue_depths import Depth, wait_until_empty
from cwp_ops.recover import Recovered
from cwp_ops.wiring import recovery

_CATCH_UP_S = 120


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: cwpipe up")(up)
    app.command(epilog="Example: cwpipe down")(down)
    app.command(epilog="Example: cwpipe reset --yes")(reset)
    app.command(epilog="Example: cwpipe recover")(recover)


def up(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print what runs as JSON.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Start the embedded cloud, deploy it if needed, and say what runs where.

    Quick when all is well. After a crash of the emulator it deploys again and goes on from what
    S3 and the warehouse hold. Ports: CWPIPE_EMULATOR_PORT, CWPIPE_SANDBOX_PORT,
    CWPIPE_REDSHIFT_PORT; all state: CWPIPE_HOME.
    """
    operator = operator_of(context)
    outcome = bring_up(operator)
    if as_json:
        operator.out.print_json(json.dumps([asdict(part) for part in outcome.parts]))
    else:
        operator.out.print(_parts_table(outcome.parts))
        operator.out.print(f"State and logs: {operator.home.path}")


def bring_up(operator: Operator) -> Outcome:
    """Bring the cloud up, and recover if it had crashed."""
    home = operator.home
    with home.held():
        outcome = runner.up(home, operator.environ, operator.say)
        if outcome.recovery_due:
            print_recovered(operator, recover_now(operator))
            runner.recovered(home)
    return outcome


def down(context: typer.Context, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Stop the embedded cloud gracefully; `cwpipe up` brings it back with everything."""
    operator = operator_of(context)
    with operator.home.held():
        stopped = runner.down(operator.home, operator.environ, operator.say)
    if as_json:
        operator.answer({"stopped": stopped})
    else:
        operator.out.print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def reset(
    context: typer.Context,
    yes: Yes = False,  # noqa: FBT002 - typer's way
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Stop the embedded cloud and delete all its data: lake, warehouse, sandbox, API keys."""
    operator = operator_of(context)
    home = operator.home
    if not yes:
        typer.confirm(f"Delete everything in {home.path}?", abort=True, err=True)
    with home.held():
        runner.down(home, operator.environ, operator.say)
        runner.wipe(home)
    if as_json:
        operator.answer({"deleted": home.path})
    else:
        operator.out.print(f"deleted: {home.path}")


def recover(
    context: typer.Context,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Make anew what tables and queues lost, from S3 and the warehouse. Safe to repeat."""
    operator = operator_of(context)
    done = recover_now(operator)
    if as_json:
        operator.out.print_json(json.dumps(asdict(done)))
    else:
        print_recovered(operator, done)
    if operator.stage == "local":
        runner.recovered(operator.home)


def recover_now(operator: Operator) -> Recovered:
    """Recover, and wait a while until histories and warehouse have caught up; what was done."""
    done = recovery(operator).run(operator.say)
    if done.histories or done.files:
        operator.say("waiting until histories and warehouse have caught up")
        late = [d for d in wait_until_empty(lambda: _late_queues(operator), _CATCH_UP_S) if d.held]
        for depth in late:
            operator.say(f"still under way: {depth.held} messages in {depth.queue.name}")
    return done


def _late_queues(operator: Operator) -> list[Depth]:
    """The queues behind raw/: what recovery sets in motion passes these."""
    return [d for d in operator.depths() if d.queue.service in {"transformer", "loader"}]


def print_recovered(operator: Operator, done: Recovered) -> None:
    """Say what was made anew and what a person must enter again."""
    out = operator.out
    out.print(
        f"recovered: {len(done.tenants)} tenants, {done.watermarks} watermarks, "
        f"{done.histories} histories; {done.files} raw files sent to the transformer again"
    )
    if done.keys_restored:
        out.print(f"API keys taken from the sandbox again: {', '.join(done.keys_restored)}")
    for key in done.unreadable:
        out.print(f"[yellow]cannot be read, passed over: {key}[/yellow]")
    for tenant_id in done.keys_missing:
        out.print(
            f"[yellow]the API keys of {tenant_id} are lost; enter them again: "
            f"cwpipe tenants keys {tenant_id}[/yellow]"
        )


def _parts_table(parts: tuple[PartState, ...]) -> Table:
    table = Table("what", "stands for", "where", "pid", "state")
    for part in parts:
        colour = "green" if part.state == "well" else "red"
        pid = str(part.pid or "")
        table.add_row(
            part.name, part.stands_for, part.url, pid, f"[{colour}]{part.state}[/{colour}]"
        )
    return table
