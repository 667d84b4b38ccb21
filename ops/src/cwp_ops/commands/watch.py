"""watch: the stage, live in the terminal."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import typer
from rich.live import Live

from cwp_ops import wiring
from cwp_ops.commands.status import read
from cwp_ops.context import Operator, operator_of
from cwp_ops.costs.prices import default_file
from cwp_ops.costs.prices import read as read_prices
from cwp_ops.costs.span import Span, functions
from cwp_ops.costs.waking import RPUS
from cwp_ops.watch import Snapshot, snapshot
from cwp_ops.watch_view import screen
from cwp_shared.clock import utc_now

#: CloudWatch counts by the minute, and charges for being asked.
_METERED_EVERY_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: cwpipe watch   cwpipe watch acme --once --json")(watch)


def watch(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Only this tenant.")] = None,
    interval: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between looks.")] = 5.0,
    once: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--once", help="Print one look and end.")
    ] = False,
    as_json: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--json", help="Print one look as JSON and end.")
    ] = False,
) -> None:
    """Show the stage live: flow, freshness by tenant, backlog, errors, cost drivers. Ctrl-C ends.

    One look asks DynamoDB some three times for a hundred tables of all tenants, and every minute
    CloudWatch; the warehouse is never woken. Where the output is no terminal, one look is printed.
    """
    operator = operator_of(context)
    look = looker(operator, name)
    if as_json:
        operator.out.print_json(json.dumps(look().as_json()))
    elif once or not operator.out.is_terminal:
        operator.out.print(screen(look()))
    else:
        follow(operator, look, interval)


def looker(operator: Operator, name: str | None) -> Callable[[], Snapshot]:
    """What looks at the stage; the meters are read once a minute."""
    deployed = functions(operator.cloud.client("lambda"), operator.stage)
    meter = wiring.meter(operator, deployed)
    prices = read_prices(default_file(operator.root))
    counts: dict[str, float] = {}
    read_at = -_METERED_EVERY_S

    def look() -> Snapshot:
        nonlocal counts, read_at
        now = utc_now()
        if time.monotonic() - read_at >= _METERED_EVERY_S:
            counts = meter.counted(Span.of(now - timedelta(hours=1), now))
            read_at = time.monotonic()
        status = read(operator, name, ask_warehouse=False)
        return snapshot(status, deployed, counts, prices, RPUS, now)

    return look


def follow(
    operator: Operator,
    look: Callable[[], Snapshot],
    interval: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Look again and again, until Ctrl-C."""
    operator.say("looking for the first time")
    try:
        with Live(screen(look()), console=operator.out, screen=True, auto_refresh=False) as live:
            while True:
                sleep(interval)
                live.update(screen(look()), refresh=True)
    except KeyboardInterrupt:
        return
