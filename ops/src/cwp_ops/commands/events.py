"""events: the archive of the bus, and replaying a span of it to one rule."""

from datetime import datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cwp_ops.archive import Archive, Desk, Replay, Rule
from cwp_ops.commands.options import AsJson, Yes
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.times import moment_or_age
from cwp_shared.clock import iso_seconds, utc_now

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The archive of the bus: what is in it, and giving some of it to a rule once more.",
)

#: Of earlier replays so many are shown.
_SHOWN = 10
_EVERY_RULE = (
    "the embedded cloud gives replayed events to every rule of the bus, not to this one alone"
)


@app.command("list", epilog="Example: cwpipe events list   As JSON: cwpipe events list --json")
def list_(context: typer.Context, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Show the archive, the rules that it can be replayed to, and what was replayed."""
    operator = operator_of(context)
    desk = _desk(operator)
    archive = desk.archive()
    rules, replays = desk.rules(), desk.replays(archive)[:_SHOWN]
    if as_json:
        told = {"archive": vars(archive), "rules": [vars(rule) for rule in rules]}
        operator.answer({**told, "replays": [replay.as_json() for replay in replays]})
    else:
        _show(operator, archive, rules, replays)


@app.command(
    epilog="Examples: cwpipe events replay loader-committed --from 2h --dry-run   "
    "cwpipe events replay writer-page-fetched --from 2026-03-01T08:00:00Z --to 2026-03-01T09:00:00Z"
)
def replay(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="Which rule: see `cwpipe events list`.")],
    from_: Annotated[
        str, typer.Option("--from", help="Events since: 2026-03-01T08:00:00Z, or 2h (ago).")
    ],
    to: Annotated[
        str | None, typer.Option("--to", help="Events until; by default until now.")
    ] = None,
    dry_run: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--dry-run", help="Say what would be replayed, and replay nothing.")
    ] = False,
    yes: Yes = False,  # noqa: FBT002 - typer's way
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Give archived events of a span to one rule's target once more. Asks first.

    Safe at any time and any number of times: every consumer is idempotent. Events reach the
    archive some minutes after they happened. Ctrl-C asks whether the replay is to be cancelled.
    """
    operator = operator_of(context)
    desk = _desk(operator)
    archive, chosen = desk.archive(), desk.rule(rule)
    start, end = _span(from_, to, archive)
    said = f"events from {iso_seconds(start)} to {iso_seconds(end)} that match {chosen.pattern}"
    operator.say(f"{said} go to {', '.join(chosen.targets)}")
    if operator.stage == "local":
        operator.say(_EVERY_RULE)
    plan = {"rule": chosen.short, "from": iso_seconds(start), "to": iso_seconds(end)}
    if dry_run:
        _tell(operator, None, plan, as_json=as_json)
        return
    if not yes:
        typer.confirm("Replay them?", abort=True, err=True)
    done = _followed(operator, desk, desk.start(archive, chosen, start, end), start, end)
    _tell(operator, done, plan, as_json=as_json)
    if done.state == "FAILED":
        raise OperatorError(
            f"replay {done.name} failed: {done.reason or 'EventBridge says no more'}; "
            "it may be repeated as a whole"
        )


def _desk(operator: Operator) -> Desk:
    return Desk(operator.cloud.client("events"), operator.stage)


def _span(from_: str, to: str | None, archive: Archive) -> tuple[datetime, datetime]:
    now = utc_now()
    start, end = moment_or_age(from_, now), min(moment_or_age(to, now) if to else now, now)
    if start >= end:
        raise OperatorError(f"the span is empty: {iso_seconds(start)} is not before its end")
    oldest = (now - start).days
    if archive.retention_days and oldest >= archive.retention_days:
        raise OperatorError(
            f"{iso_seconds(start)} is {oldest} days ago; the archive keeps {archive.retention_days}"
        )
    return start, end


def _followed(operator: Operator, desk: Desk, name: str, start: datetime, end: datetime) -> Replay:
    """Follow a replay with a bar; Ctrl-C asks whether to cancel it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=operator.err, disable=not operator.err.is_terminal) as bars:
        bar = bars.add_task(name, total=(end - start).total_seconds())

        def seen(now: Replay) -> None:
            reached = end if now.state == "COMPLETED" else now.at or start
            done = (reached - start).total_seconds()
            bars.update(bar, completed=done, description=f"{name} {now.state.lower()}")

        try:
            return desk.follow(name, seen)
        except KeyboardInterrupt:
            bars.stop()
            if typer.confirm("Cancel the replay? Otherwise it goes on in AWS.", err=True):
                desk.cancel(name)
            return desk.replay(name)


def _tell(operator: Operator, done: Replay | None, plan: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        operator.answer({**plan, "replay": done.as_json() if done else None})
    elif done is None:
        operator.out.print(f"would be replayed to {plan['rule']}: {plan['from']} to {plan['to']}")
    else:
        operator.out.print(f"replay {done.name}: {done.state.lower()}")


def _show(operator: Operator, archive: Archive, rules: list[Rule], replays: list[Replay]) -> None:
    out = operator.out
    out.print(
        f"archive {archive.name}: {archive.events:,} events, {archive.size_bytes:,} bytes, "
        f"kept {archive.retention_days} days"
    )
    table = Table("rule", "target", "takes")
    for rule in rules:
        table.add_row(rule.short, "\n".join(rule.targets), rule.pattern)
    out.print(table)
    for one in replays:
        out.print(f"replayed: {one.name} {one.state.lower()} {one.reason or ''}".rstrip())
