"""demo: the whole pipeline on this machine, and the proof that it is right."""

import typer

from cwp_ops.context import operator_of
from cwp_ops.demo import Demo


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe demo")(demo)


def demo(context: typer.Context) -> None:
    """Bring the cloud up, sync two tenants of the sandbox, change them, sync again, and prove it.

    Exit code 1 if any count, history or queue is not as it must be. Leaves the cloud running;
    may be run again.
    """
    if not Demo(operator_of(context)).run():
        raise typer.Exit(1)
