"""What the commands about the sandbox share."""

from typing import Annotated, cast

import typer

from cwp_local.sandbox.control import SandboxControl

_KEY = "cwp_ops.sandbox"

Company = Annotated[
    str,
    typer.Argument(
        help="Company of the sandbox; tenants added with --sandbox have their own name."
    ),
]


def use_sandbox(context: typer.Context, control: SandboxControl) -> None:
    """Remember the sandbox for the command that follows."""
    context.meta[_KEY] = control


def control_of(context: typer.Context) -> SandboxControl:
    """The sandbox that the command is for."""
    return cast("SandboxControl", context.meta[_KEY])
