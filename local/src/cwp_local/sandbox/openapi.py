"""The sandbox's own description, OpenAPI 3.1, made from the tables and the catalogue."""

from collections.abc import Mapping
from functools import cache

from cwp_local.sandbox.calls import JSON_TYPE, Answer, Call, Row, json_text
from cwp_local.sandbox.catalogue import Field, kind_of, reference_types
from cwp_local.sandbox.control_calls import Path
from cwp_local.sandbox.pointing import parent_table
from cwp_local.sandbox.routing import ROUTER
from cwp_local.sandbox.state import Sandbox
from cwp_local.sandbox.tables import TABLES, Table

_INT32 = 2**31 - 1
_TYPES: Mapping[str, Row] = {
    "numeric": {"type": "number"},
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "object": {},
}
_TEXTS: Mapping[str, str] = {
    "conditions": "Which rows, as `closedFlag = false AND board/name contains 'desk'`.",
    "childConditions": "Which rows, by elements of their lists, as `types/name = 'Client'`.",
    "customFieldConditions": "Which rows, as `caption = 'Region' AND value != null`.",
    "orderBy": "In what order, as `lastUpdated desc, id`.",
    "fields": "Which fields, as `id,company/name,_info`; all, if not given.",
}
_FILTERS = ("conditions", "childConditions", "customFieldConditions")
_SECURITY: list[Row] = [{"basic": [], "clientId": []}]


def serve(_: Sandbox, call: Call, __: Path) -> Answer:
    """The description, for this very server."""
    body = {**description(), "servers": [{"url": f"{call.base_url}/{ROUTER}/apis/3.0"}]}
    return Answer(200, json_text(body).encode(), content_type="application/json")


@cache
def description() -> Row:
    """The description; its paths begin below the API's root."""
    paths: Row = {"/system/info": {"get": _operation("Health", _json({"type": "object"}), 200)}}
    paths["/system/info"]["get"]["security"] = []
    for table in TABLES.values():
        paths |= _paths(table)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ConnectWise PSA sandbox",
            "version": "2025.1",
            "description": "Made-up companies behind the REST API of ConnectWise PSA.",
        },
        "servers": [{"url": f"/{ROUTER}/apis/3.0"}],
        "security": _SECURITY,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "user `Company+publicKey`, password `privateKey`",
                },
                "clientId": {"type": "apiKey", "in": "header", "name": "clientId"},
            },
            "schemas": _schemas(),
        },
    }


def _paths(table: Table) -> Row:
    place = table.path.replace("{id}", "{parentId}")
    owner = parent_table(table)
    above = [_id("parentId", f"A row of {owner.path}.")] if owner else []
    row, filters = _ref(_name(table)), [_text(name) for name in _FILTERS]
    page = [*filters, _text("orderBy"), _text("fields"), *_PAGING]
    listing = _operation(f"Rows of {table.path}", _json(_list(row)), 200, page)
    count = _operation(f"How many rows {table.path} has", _json(_ref("Count")), 200, filters)
    collection: Row = {"parameters": above, "get": listing}
    single: Row = {
        "parameters": [*above, _id("id", f"A row of {table.path}.")],
        "get": _operation(f"One {table.noun}", _json(row), 200, [_text("fields")]),
    }
    new, operations = _body(_ref(f"New{_name(table)}")), _body(_list(_operation_on(table)))
    writes = {
        "POST": (collection, _operation(f"Add a {table.noun}", _json(row), 201, body=new)),
        "PUT": (single, _operation(f"Replace a {table.noun}", _json(row), 200, body=new)),
        "PATCH": (single, _operation(f"Change a {table.noun}", _json(row), 200, body=operations)),
        "DELETE": (single, _operation(f"Delete a {table.noun}", None, 204)),
    }
    for method, (item, operation) in writes.items():
        if method in table.methods:
            item[method.lower()] = operation
    found = {
        place: collection,
        f"{place}/count": {"parameters": above, "get": count},
        f"{place}/{{id}}": single,
    }
    if table.searchable:
        body = _body(_ref("FilterValues"))
        search = _operation(f"Find rows of {table.path}", _json(_list(row)), 200, page, body)
        found[f"{place}/search"] = {"post": search}
    return found


def _operation(
    summary: str,
    content: Row | None,
    status: int,
    parameters: list[Row] | None = None,
    body: Row | None = None,
) -> Row:
    good = {"description": summary, **({"content": content} if content else {})}
    refused = {"description": "Refused", "content": _json(_ref("Error"))}
    return {
        "summary": summary,
        "responses": {
            str(status): good,
            **dict.fromkeys(("400", "401", "403", "404", "405", "429"), refused),
        },
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body} if body else {}),
    }


def _schemas() -> Row:
    kinds: set[str] = set()
    rows: Row = {}
    for table in TABLES.values():
        types = dict(table.entity.types)
        rows[_name(table)] = {"type": "object", "properties": _properties(types, kinds)}
        sent = {name: kind for name, kind in types.items() if name not in ("id", "_info")}
        rows[f"New{_name(table)}"] = {
            "type": "object",
            "properties": _properties(sent, kinds),
            "required": list(table.required),
        }
    parts: Row = {}
    while kinds - parts.keys():
        for kind in sorted(kinds - parts.keys()):
            # All parts may be missing: an empty reference points to nothing.
            properties = _properties(reference_types(kind), kinds)
            parts[kind] = {"type": "object", "properties": properties}
    return {**rows, **parts, **_OWN_SCHEMAS}


def _properties(types: Mapping[str, str], kinds: set[str]) -> Row:
    """The schemas of fields; kinds of reference objects met are added to `kinds`."""
    return {name: _schema(type_text, kinds) for name, type_text in types.items()}


def _schema(type_text: str, kinds: set[str]) -> Row:
    field, kind = Field((), type_text), kind_of(type_text)
    if kind == "list":
        return _list(_schema(type_text[2:], kinds))
    if kind == "reference":
        kinds.add(type_text[2:])
        return _ref(type_text[2:])
    if kind == "enum":
        return {"type": "string", "enum": list(field.choices)}
    if type_text == "int":
        return {"type": "integer", "minimum": -_INT32, "maximum": _INT32}
    longest = {"maxLength": field.max_length} if field.max_length else {}
    return {**_TYPES[kind], **longest}


def _operation_on(table: Table) -> Row:
    """An operation of a PATCH: a field, or a place inside one, as `status/id`."""
    return {
        "type": "object",
        "properties": {
            "op": {"type": "string", "enum": ["add", "replace", "remove"]},
            "path": {"anyOf": [{"enum": list(table.entity.types)}, {"type": "string"}]},
            "value": {},
        },
        "required": ["op", "path"],
    }


def _name(table: Table) -> str:
    """The schema's name: tickets of both kinds are called alike, but differ in their fields."""
    return "ProjectTicket" if table.path == "/project/tickets" else table.noun


def _ref(name: str) -> Row:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Row) -> Row:
    return {"type": "array", "items": items}


def _json(schema: Row) -> Row:
    return {JSON_TYPE: {"schema": schema}}


def _body(schema: Row) -> Row:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _id(name: str, text: str) -> Row:
    schema = {"type": "integer", "minimum": 1, "maximum": _INT32}
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema}


def _text(name: str) -> Row:
    schema = {"type": "string"}
    return {"name": name, "in": "query", "description": _TEXTS[name], "schema": schema}


def _whole(name: str, text: str, least: int, most: int = _INT32) -> Row:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return {"name": name, "in": "query", "description": text, "schema": schema}


_PAGING = [
    _whole("page", "Which page, from 1.", 1),
    _whole("pageSize", "Rows per page; 25, if not given.", 1, 1000),
    _whole("pageId", "With `pagination-type: forward-only`: rows after this id.", 0),
    {
        "name": "pagination-type",
        "in": "header",
        "description": "`forward-only` walks by id instead of by page.",
        "schema": {"type": "string", "enum": ["forward-only"]},
    },
]
_TEXT: Row = {"type": "string"}
_OWN_SCHEMAS: Row = {
    "Count": {
        "type": "object",
        "properties": {"count": {"type": "integer", "minimum": 0}},
        "required": ["count"],
    },
    "Error": {
        "type": "object",
        "properties": {
            "code": _TEXT,
            "message": _TEXT,
            "errors": {"type": ["array", "null"], "items": _ref("FieldError")},
        },
        "required": ["message"],
    },
    "FieldError": {
        "type": "object",
        "properties": dict.fromkeys(("code", "message", "resource", "field"), _TEXT),
        "required": ["code", "message", "resource", "field"],
    },
    "FilterValues": {
        "type": "object",
        "properties": dict.fromkeys(
            ("conditions", "orderBy", "childconditions", "customfieldconditions"), _TEXT
        ),
    },
}
