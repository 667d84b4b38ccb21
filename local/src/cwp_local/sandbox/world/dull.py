"""The fields of an entity that say nothing: made by rule from their types in the catalogue.

A row starts from these, and says by hand what is of interest. Most rows are bare: flags, numbers
and settings. One in some is full: it has texts and dates too, so that nearly every field of the
catalogue occurs. Both are shared by all rows of a table, so nobody may change what is inside.
"""

import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.catalogue import Field
from cwp_local.sandbox.tables import Table
from cwp_local.sandbox.world import choices, lookups

_FULL_SHARE, _SELDOM_SHARE = 0.15, 0.03
#: Said by hand: the last ones only along with the id of what they are about.
_NEVER = {"id", "_info", "predecessorType", "knowledgeBaseLinkType"}
_SOME_DAY = "2025-03-31T00:00:00Z"
#: Plain numbers that are ids of something: no value is better than one that points nowhere.
_ID = re.compile(r"(id|by)$", re.IGNORECASE)
#: What tells of something that has not happened to most rows.
_EVENT = re.compile(r"deleted|cancel|closed|resolved|respon|resplan|inactive", re.IGNORECASE)
#: Kinds of references that fit any row. Others depend on the row's company, board, ...
_FITTING = {
    **choices.BY_REFERENCE,
    **{
        kind: lookups.BY_REFERENCE[kind]
        for kind in (
            *("SystemLocationReference", "OwnerLevelReference", "SystemDepartmentReference"),
            *("BillingUnitReference", "WorkRoleReference", "WorkTypeReference"),
        )
    },
}
_TEXTS = (
    (re.compile("email$|emailCc$|CCEmailAddress$"), "someone@mail.example"),
    (re.compile(r"[Uu]rl$|Link$|website"), "https://link.example/made-up"),
    (re.compile("[Dd]ate(Start|End|Closed|Created|Accepted)?$|anniversary|birthDay"), _SOME_DAY),
    (re.compile("^(actual|scheduled)(Start|End)$"), _SOME_DAY),
    (re.compile("[Pp]hone|[Ff]ax"), "8135550100"),
)


def dull(rng: Random, table: Table) -> Row:
    """The fields of one row, not to be changed inside."""
    return full(table) if rng.random() < _FULL_SHARE else bare(table)


def seldom(rng: Random, table: Table) -> Row:
    """`full` for one row in some, else nothing: for rows that say all the rest themselves."""
    return full(table) if rng.random() < _SELDOM_SHARE else {}


@cache
def bare(table: Table) -> Row:
    """False, 0, the first of an enum, the first row of a setup table."""
    return _fields(table, _bare)


@cache
def full(table: Table) -> Row:
    """As `bare`, with some text or day in all fields that can have one."""
    return _fields(table, _full)


def _fields(table: Table, value: Callable[[Field], Any]) -> Row:
    fields = (Field((name,), kind) for name, kind in table.entity.types.items())
    made = {one.path[0]: value(one) for one in fields if one.path[0] not in _NEVER}
    return {name: value for name, value in made.items() if value is not None}


def _bare(field: Field) -> Any:
    if field.choices:
        return field.choices[0]
    if field.type == "int" and _ID.search(field.path[0]):
        return None
    if field.kind == "reference":
        return _FITTING.get(field.type[2:], (None,))[0]
    return {"bool": False, "int": 0, "double": 0.0}.get(
        field.type, [] if field.kind == "list" else None
    )


def _full(field: Field) -> Any:
    if field.kind not in ("datetime", "string"):
        return _bare(field)
    if _EVENT.search(field.path[0]):
        return None
    return _text(field) if field.kind == "string" else _SOME_DAY


def _text(field: Field) -> str:
    name = field.path[0]
    fitting = (text for pattern, text in _TEXTS if pattern.search(name))
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", name).capitalize()
    return next(fitting, spelled)[: field.max_length]
