"""What all models of the control endpoints share."""

from pydantic import BaseModel, ConfigDict, ValidationError

from cwp_local.sandbox.tables import TABLES


class Model(BaseModel):
    """Frozen; a name it does not know is an error, so that a misspelt switch is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def known_table(name: str) -> str:
    """The table id, if it is one.

    Raises:
        ValueError: no such table; the text names those there are.
    """
    if name not in TABLES:
        raise ValueError(f"unknown table {name!r}; the sandbox has {', '.join(TABLES)}")
    return name


def problems(error: ValidationError) -> str:
    """What is wrong with a request, in one line."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()
    )
