"""Reference objects: how rows point to each other."""

from collections.abc import Iterable
from typing import Any

from cwp_local.sandbox.calls import Row

#: Links inside rows lead here whatever port serves them, so that data depends on its seed alone.
API = "https://cw.example/v4_6_release/apis/3.0"


def reference(link: str, path: str, row_id: int, name: str, **more: Any) -> Row:
    """`{id, name, _info: {<link>_href}}` with `more` before `_info`."""
    info = {f"{link}_href": f"{API}/{path}/{row_id}"}
    return {"id": row_id, "name": name, **more, "_info": info}


def listed(
    link: str, path: str, names: Iterable[str], first: int = 1, **more: Any
) -> tuple[Row, ...]:
    """References to the rows of a setup table, their ids in a row from `first`."""
    return tuple(reference(link, path, first + n, name, **more) for n, name in enumerate(names))


def identified(
    link: str, path: str, names: Iterable[tuple[str, str]], first: int = 1, **more: Any
) -> tuple[Row, ...]:
    """As `listed`, of (identifier, name)."""
    return tuple(
        {
            "id": row_id,
            "identifier": identifier,
            "name": name,
            **more,
            "_info": {f"{link}_href": f"{API}/{path}/{row_id}"},
        }
        for row_id, (identifier, name) in enumerate(names, start=first)
    )


def coded(link: str, path: str, identifiers: Iterable[str], first: int = 1) -> tuple[Row, ...]:
    """As `listed`, for the kinds of references that have an identifier and no name."""
    return tuple(
        {
            "id": row_id,
            "identifier": identifier,
            "_info": {f"{link}_href": f"{API}/{path}/{row_id}"},
        }
        for row_id, identifier in enumerate(identifiers, start=first)
    )
