"""The query language of the API: text in `conditions` and `orderBy`, SQL over stored rows out.

`grammar.lark` says what can be written, `parse` turns it into nodes, `sql` turns nodes into SQL
with bound values, `comparisons` and `patterns` what each single test means.
"""

from cwp_local.sandbox.conditions.comparisons import Bound, Clause
from cwp_local.sandbox.conditions.parse import ConditionError
from cwp_local.sandbox.conditions.sql import (
    EVERY_ROW,
    all_of,
    compile_beyond,
    compile_child_conditions,
    compile_conditions,
    compile_custom_field_conditions,
    compile_order,
    compile_required,
    link_column,
    linked,
)

__all__ = [
    "EVERY_ROW",
    "Bound",
    "Clause",
    "ConditionError",
    "all_of",
    "compile_beyond",
    "compile_child_conditions",
    "compile_conditions",
    "compile_custom_field_conditions",
    "compile_order",
    "compile_required",
    "link_column",
    "linked",
]
