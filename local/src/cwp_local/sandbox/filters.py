"""What a request asks of a list besides its page: which rows, in what order, which fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cwp_local.sandbox.calls import Call, invalid, refused
from cwp_local.sandbox.conditions import (
    all_of,
    compile_beyond,
    compile_child_conditions,
    compile_custom_field_conditions,
    compile_order,
    compile_required,
)
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import Table

#: Attributes of Filters by the lower-case names that requests give them.
_ATTRIBUTES = {
    "conditions": "conditions",
    "childconditions": "child_conditions",
    "customfieldconditions": "custom_field_conditions",
    "orderby": "order_by",
    "fields": "fields",
}


@dataclass(frozen=True)
class Filters:
    """The texts as sent; empty where a request says nothing."""

    conditions: str = ""
    child_conditions: str = ""
    custom_field_conditions: str = ""
    order_by: str = ""
    fields: str = ""

    def search(self, table: Table) -> Search:
        """The rows for which all three kinds of conditions hold.

        Raises:
            ConditionError: a text cannot be read, or compares unlike things.
            UnknownNameError: a name that rows of the collection cannot be found by.
        """
        rest, after = compile_beyond(table, self.conditions)
        others = (
            compile_child_conditions(table, self.child_conditions),
            compile_custom_field_conditions(table, self.custom_field_conditions),
        )
        return Search(
            all_of(rest, *others),
            max(after, 0),
            ids=compile_required(table, self.conditions, "id"),
            window=compile_required(table, self.conditions, "last_updated"),
        )

    def order(self, table: Table) -> str:
        """The ORDER BY clause.

        Raises:
            ConditionError: the text cannot be read.
            UnknownNameError: a name that rows of the collection do not have.
        """
        return compile_order(table, self.order_by)


def filters_of(call: Call) -> Filters:
    """The filters of a request, their names in any case.

    They are in the query, and for a POST to `/search` in a JSON body too; the body wins.

    Raises:
        Refused: 400, if the body is not an object whose filters are texts.
    """
    given: dict[str, Any] = {name.lower(): text for name, text in call.parameters()}
    if call.method == "POST" and call.body:
        given |= _body_filters(call.json())
    found = {name: given[key] for key, name in _ATTRIBUTES.items() if given.get(key)}
    return Filters(**found)


def _body_filters(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise refused(400, "InvalidObject", "The body of a search must be a JSON object.")
    given = {name.lower(): value for name, value in body.items() if value is not None}
    wrong = [
        ("InvalidField", name, f"The field {name} must be a string value.")
        for name in _ATTRIBUTES.keys() & given.keys()
        if not isinstance(given[name], str)
    ]
    if wrong:
        raise invalid("filterValues", sorted(wrong))
    return given
