"""How names and values become SQL text: one function each, used everywhere."""


def identifier(*parts: str) -> str:
    """A quoted name, schema first: `identifier("acme", "tickets")` is `"acme"."tickets"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(value: str) -> str:
    r"""A quoted string.

    Redshift reads a backslash in a string as an escape or as itself, depending on a server
    setting; no value of ours has one, so one is refused instead of guessed at.

    Raises:
        ValueError: the text has a backslash or a control character.
    """
    if "\\" in value or not value.isprintable():
        raise ValueError(f"{value!r} cannot be an SQL string here: backslash or control character")
    return "'" + value.replace("'", "''") + "'"


def prose(text: str, most_bytes: int) -> str:
    """A quoted string of a text for people: on one line, cut to a length, without backslashes."""
    line = "".join(c if c.isprintable() and c != "\\" else " " for c in text)
    return literal(line.encode()[:most_bytes].decode(errors="ignore"))
