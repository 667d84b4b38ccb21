"""The options that choose dead letters, which several commands have."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from cwp_ops.context import Operator, operator_of
from cwp_ops.letter_choice import Choice
from cwp_ops.times import age
from cwp_shared.clock import utc_now


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it is called with what they say, as `choice`.

    Typer reads a command's options off its signature, so they are put into it.
    """
    own, chosen = inspect.signature(command), inspect.signature(_choice)
    options = [one for name, one in chosen.parameters.items() if name != "operator"]

    @wraps(command)
    def with_choice(**given: Any) -> None:
        asked = {option.name: given.pop(option.name) for option in options}
        command(**given, choice=_choice(operator_of(given["context"]), **asked))

    kept = [one for name, one in own.parameters.items() if name != "choice"]
    parameters = [*kept, *options]
    with_choice.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_choice.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_choice


def _choice(  # noqa: PLR0913 - the options that choose
    operator: Operator,
    *,
    tenant: Annotated[str | None, typer.Option(help="Only letters about this tenant.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="Only about this table.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only if the reason has this.")
    ] = None,
    message: Annotated[
        str | None, typer.Option("--id", help="Only this message; a beginning will do.")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(help="Only given up on so long ago: 15m, 2h, 3d.")
    ] = None,
    newer_than: Annotated[
        str | None, typer.Option(help="Only given up on since then: 15m, 2h, 3d.")
    ] = None,
) -> Choice:
    now = utc_now()
    return Choice(
        tenant_id=tenant,
        table=table,
        reason=reason,
        message_id=message,
        before=now - age(older_than) if older_than else None,
        after=now - age(newer_than) if newer_than else None,
        canonical_tables=operator.canonical_tables if table else {},
    )
