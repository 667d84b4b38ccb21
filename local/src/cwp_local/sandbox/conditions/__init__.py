"""The query language of the API: text in `conditions` and `orderBy`, SQL over stored rows out.

`grammar.lark` says what can be written, `parse` turns it into nodes, `sql` turns nodes into SQL
with bound values.
"""

from cwp_local.sandbox.conditions.parse import ConditionError
from cwp_local.sandbox.conditions.sql import Clause, compile_conditions, compile_order

__all__ = ["Clause", "ConditionError", "compile_conditions", "compile_order"]
