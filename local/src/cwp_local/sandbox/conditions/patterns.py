"""Patterns of `like` as GLOB patterns, which is what SQLite matches without regard to locale.

`*` and `%` stand for any text, `_` for one character, `[abc]`, `[a-f]` and `[^abc]` for one of a
set or none of it. Inside a set every character stands for itself, so that `[[]`, `[%]` and `[*]`
are how to look for those characters. A bracket that begins no set matches nothing.
"""

import re

_PART = re.compile(r"\[(?P<none>\^?)(?P<set>[^\]]+)\]|(?P<bracket>\[)|.", re.DOTALL)
_WILD = {"*": "*", "%": "*", "_": "?", "?": "[?]"}
_NEVER = "["


def glob(pattern: str) -> str:
    """The GLOB pattern that matches what the `like` pattern matches."""
    parts = list(_PART.finditer(pattern))
    if any(part["bracket"] for part in parts):
        return _NEVER
    return "".join(map(_glob_part, parts))


def _glob_part(part: re.Match[str]) -> str:
    members: str | None = part["set"]
    if members is None:
        return _WILD.get(part[0], part[0])
    if members == "^" and not part["none"]:
        return members  # GLOB would take [^] for the beginning of a negated set
    return f"[{part['none']}{members}]"
