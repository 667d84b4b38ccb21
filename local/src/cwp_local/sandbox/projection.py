"""`fields=id,company/name,_info`: rows cut down to the fields named."""

import msgspec

from cwp_local.sandbox.calls import Row, json_text


def project(body: bytes, names: str) -> bytes:
    """The row with the named fields only, names in any case; unknown ones are ignored.

    `_info` is left out unless it is named, as live services do.
    """
    row: Row = msgspec.json.decode(body)
    cut: Row = {}
    for name in names.split(","):
        _copy(row, cut, name.strip().split("/"))
    return json_text(cut).encode()


def _copy(source: Row, target: Row, path: list[str]) -> None:
    key = next((known for known in source if known.lower() == path[0].lower()), None)
    if key is None:
        return
    value = source[key]
    if len(path) == 1:
        target[key] = value
    elif isinstance(value, dict):
        _copy(value, target.setdefault(key, {}), path[1:])
