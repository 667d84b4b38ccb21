"""What is a page when a strict decoder says no: JSON whose text is odd, but whose rows are whole.

Fetcher and writer decode with msgspec; where that refuses, both ask here, so that they agree on
what is a page and one odd value does not cost a thousand rows. Odd is: half of a surrogate pair
(.NET cuts texts at a length in the middle of an emoji), and a number beyond the range of double.
"""

import json
from typing import Any, Never


def lenient_json(body: bytes) -> Any:
    """Decode `body`; half surrogates become U+FFFD, numbers beyond double stay their own text.

    Raises:
        ValueError: not UTF-8, not JSON (`NaN` and `Infinity` are not), or nested too deeply.
    """
    try:
        return _whole(json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_number))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> float | str:
    value = float(text)
    return value if abs(value) != float("inf") else text


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
