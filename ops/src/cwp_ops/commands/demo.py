"""demo: the whole pipeline on this machine, and the proof that it is right."""

import typer

from cwp_ops.commands.options import AsJson
from cwp_ops.context import operator_of
from cwp_ops.demo import Demo


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe demo")(demo)


def demo(context: typer.Context, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Bring the cloud up, sync two tenants of the sandbox, change them, sync again, and prove it.

    Exit code 1 if any count, history or queue is not as it must be. Leaves the cloud running;
    may be run again.
    """
    operator = operator_of(context)
    played = Demo(operator.aside() if as_json else operator)
    is_well = played.run()
    if as_json:
        seconds = {name: round(seconds, 1) for name, seconds in played.steps}
        operator.answer({"is_well": is_well, "problems": played.problems, "seconds": seconds})
    if not is_well:
        raise typer.Exit(1)
