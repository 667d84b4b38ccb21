"""The mapping language: one JSON file per canonical table says what its columns are made of.

The models here check a mapping's shape; `mapping_check` its meaning against the entity catalogue;
`mapping_files` reads the files.
"""

import hashlib
import json
import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from cwp_shared.errors import Terminal
from cwp_shared.events.canonical import WarehouseLayout
from cwp_shared.names import NAME_PATTERN, CanonicalTable, TableId

#: Columns that every canonical file has (scd2.md R1), before and after the key columns.
LEADING_COLUMNS: Final = (("op", "varchar(6)"), ("sk", "varchar(32)"), ("tenant_id", "varchar(63)"))
HISTORY_COLUMNS: Final = (
    ("effective_from", "timestamp"),
    ("effective_to", "timestamp"),
    ("is_current", "boolean"),
    ("is_deleted", "boolean"),
    ("source_updated_at", "timestamp"),
    ("attr_hash", "varchar(32)"),
    ("recorded_at", "timestamp"),
    ("run_id", "varchar(64)"),
    ("mapping_version", "integer"),
    ("sequence", "bigint"),
    ("load_notes", "varchar(4000)"),
)

#: Narrower than what an event may carry: sizes as people write them.
_TYPE_PATTERN: Final = (
    r"^(bigint|integer|double precision|boolean|date|timestamp|super"
    r"|varchar\([1-9][0-9]{0,4}\)|decimal\([1-9][0-9]?,[0-9]{1,2}\))$"
)
_TYPES: Final = (
    "bigint, integer, decimal(digits,scale), double precision, boolean, date, timestamp, "
    "varchar(bytes), super"
)
_RESERVED: Final = frozenset(name for name, _ in LEADING_COLUMNS + HISTORY_COLUMNS)
_LONGEST_VARCHAR: Final = 65_535
_MOST_DIGITS: Final = 38
#: Their notes fit into `load_notes`, however long names and texts are.
_MOST_CUT: Final = 32

#: They change on every touch of a record, so they may not make versions (scd2.md R4).
_TOUCHED: Final = ("_info/lastUpdated", "_info/updatedBy")


class MappingError(Terminal):
    """A mapping file cannot be used; the text names file, column and reason."""


#: The list of a record's custom fields: id, caption, type and value of each.
CUSTOM_FIELDS: Final = "customFields"


def _nothing_is_null(given: object) -> object:
    if isinstance(given, dict) and (null := [n for n, value in given.items() if value is None]):
        raise ValueError(f"{', '.join(null)}: null says nothing; leave it out")
    return given


def _without_null(schema: dict[str, Any]) -> None:
    """Editors are not to offer what is refused."""
    for part in schema["properties"].values():
        if "default" in part and part["default"] is None:
            del part["default"]
            kinds = [kind for kind in part.pop("anyOf") if kind != {"type": "null"}]
            part.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _column_schema(schema: dict[str, Any]) -> None:
    _without_null(schema)
    schema["oneOf"] = [{"required": [making]} for making in _MAKINGS]
    schema["dependentRequired"] = {"values": ["otherwise"], "otherwise": ["values"]}


_PATH: Final = r"^[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$"


def _path(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(_PATH, text):
        raise ValueError(f"{text!r} is not a path: write field names separated by '/'")
    return text


#: From the record into references and `_info`: `company/id`, `_info/lastUpdated`.
FieldPath = Annotated[str, StringConstraints(pattern=_PATH), BeforeValidator(_path)]


def _column_type(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(_TYPE_PATTERN, text):
        raise ValueError(
            f"{text!r} is no type of a column; there are {_TYPES}, in lower case and with no blank "
            "inside the brackets"
        )
    return text


def _single(value: object) -> object:
    if isinstance(value, dict | list):
        raise ValueError("a single value is wanted: a text, a number, true or false")  # noqa: TRY004 - pydantic wants it
    return value


def _custom_field(value: object) -> object:
    if value == "" or isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("a custom field is named by its id, a number, or its caption, a text")
    return value


ColumnType = Annotated[str, StringConstraints(pattern=_TYPE_PATTERN), BeforeValidator(_column_type)]
#: An id, or a caption.
CustomField = Annotated[
    StrictInt | Annotated[StrictStr, Field(min_length=1)], BeforeValidator(_custom_field)
]
#: What a value map or a constant may give.
Constant = Annotated[StrictBool | StrictInt | StrictFloat | StrictStr, BeforeValidator(_single)]

#: What a column is made of: exactly one of these, by the name that it has in the file.
Making = Literal["from", "custom_field", "constant", "first_of"]
_MAKINGS: Final[dict[Making, str]] = {
    "from": "source",
    "custom_field": "custom_field",
    "constant": "constant",
    "first_of": "first_of",
}


class Column(BaseModel):
    """One column of a canonical table and what it is made of: docs/mappings.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_column_schema)

    name: str = Field(pattern=NAME_PATTERN, description="Column name, in the field's plain terms.")
    type: ColumnType = Field(description="Type, in Redshift's words.")
    source: FieldPath | None = Field(
        default=None,
        alias="from",
        description="Path of an API field: `summary`, `company/id`, `_info/enteredBy`.",
    )
    custom_field: CustomField | None = Field(
        default=None,
        description="A custom field's value, by the field's id or, as ids differ between tenants, "
        "by its caption. A record that has two fields of the caption goes to quarantine.",
    )
    constant: Constant | None = Field(default=None, description="The same value in every row.")
    first_of: tuple[FieldPath, ...] | None = Field(
        default=None,
        min_length=2,
        description="Paths of API fields; the first that is not NULL counts.",
    )
    values: dict[str, Constant | None] | None = Field(
        default=None,
        min_length=1,
        description="Value map: the API's value, as text, to the column's.",
    )
    otherwise: Literal["keep", "null", "quarantine"] | None = Field(
        default=None,
        description="With `values`, what becomes of a value that it does not name: kept as it is, "
        "NULL, or its row set aside in quarantine.",
    )
    history: Literal["tracked", "ignored", "overwritten"] = Field(
        default="tracked",
        description="tracked: a change makes a new version. ignored: kept as it was when the "
        "version began, never makes one. overwritten: every version of a record shows its newest "
        "value, never makes one.",
    )
    too_long: Literal["cut", "quarantine"] = Field(
        default="quarantine",
        description="What becomes of a text of more bytes than the varchar: cut at a character, "
        "which load_notes tells, or its row set aside in quarantine.",
    )
    as_set: StrictBool = Field(
        default=False,
        description="For a list whose order means nothing: it is sorted before it is compared.",
    )

    def __hash__(self) -> int:
        # A value map has no hash; equal columns have equal names.
        return hash(self.name)

    @property
    def kind(self) -> str:
        """The type without its size: `varchar`, `decimal`, `timestamp`."""
        return self.type.partition("(")[0]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers in the type's brackets: `decimal(18,4)` -> (18, 4)."""
        return tuple(int(number) for number in re.findall(r"\d+", self.type))

    @property
    def made_of(self) -> Making:
        """Which of its makings the column has."""
        return self._makings[0]

    @property
    def paths(self) -> tuple[FieldPath, ...]:
        """The API fields that the column reads; of a constant none."""
        if self.custom_field is not None:
            return (CUSTOM_FIELDS,)
        return self.first_of or ((self.source,) if self.source else ())

    @property
    def _makings(self) -> tuple[Making, ...]:
        return tuple(making for making, name in _MAKINGS.items() if getattr(self, name) is not None)

    _check_null = model_validator(mode="before")(_nothing_is_null)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.name in _RESERVED:
            raise ValueError("the name belongs to the history; choose another")
        if self.kind == "varchar" and not 1 <= self.sizes[0] <= _LONGEST_VARCHAR:
            raise ValueError(f"varchar takes 1 to {_LONGEST_VARCHAR} bytes")
        if self.kind == "decimal" and not self.sizes[1] <= self.sizes[0] <= _MOST_DIGITS:
            raise ValueError(f"decimal takes at most {_MOST_DIGITS} digits, its scale included")
        if self.as_set and self.kind != "super":
            raise ValueError("as_set is for lists, whose type is super")
        if self.too_long == "cut" and self.kind != "varchar":
            raise ValueError("only a text can be cut, and its type is varchar")
        return self

    @model_validator(mode="after")
    def _check_making(self) -> Self:
        if len(self._makings) != 1:
            given = " and ".join(self._makings) or "nothing"
            raise ValueError(f"a column is made of one of {', '.join(_MAKINGS)}; this of {given}")
        if self.values and self.made_of == "constant":
            raise ValueError("values have nothing to map: a constant is what it says")
        if (self.values is None) != (self.otherwise is None):
            raise ValueError("values and otherwise go together: say what else there may be")
        if self.kind == "super" and (self.values or self.made_of in {"custom_field", "constant"}):
            raise ValueError("super is for lists, and this is a single value")
        for path in self.paths:
            if path in _TOUCHED and self.history == "tracked":
                raise ValueError(
                    f"{path} changes on every touch: set history to ignored or overwritten "
                    "(scd2.md R4)"
                )
        return self


class Layout(WarehouseLayout):
    """How the warehouse stores the table, if it is yet to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Mapping(BaseModel):
    """One canonical table: where its rows come from, what identifies them, what they hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_without_null)

    schema_reference: str | None = Field(
        default=None, alias="$schema", description="For editors: ./mapping.schema.json"
    )
    table: CanonicalTable = Field(description="Canonical table, a plural noun; names the file.")
    source: TableId = Field(description="Id of the source table: service_tickets.")
    version: StrictInt = Field(ge=1, le=2**31 - 1, description="Raise it with every change.")
    key: tuple[str, ...] = Field(min_length=1, description="Columns that identify a record.")
    updated_at: FieldPath | None = Field(
        default=None,
        description="When the source last changed the record; left out where the source does not "
        "say: then a record is as of the upper bound of the run that saw it.",
    )
    created_at: FieldPath | None = Field(
        default=None, description="When the record was made; its first version begins there."
    )
    warehouse: Layout = Field(
        default=Layout(), description="How the warehouse stores the table, if it is yet to be made."
    )
    columns: tuple[Column, ...] = Field(min_length=1)
    left_out: dict[FieldPath, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict,
        description="API fields that are not wanted here, each with the reason; "
        "`cwpipe mappings check` says nothing about them.",
    )

    _check_null = model_validator(mode="before")(_nothing_is_null)

    @field_validator("columns")
    @classmethod
    def _check_columns(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        names = [column.name for column in columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"named twice: {', '.join(twice)}")
        if sum(column.too_long == "cut" for column in columns) > _MOST_CUT:
            raise ValueError(f"load_notes has room for {_MOST_CUT} columns that are cut")
        return columns

    @model_validator(mode="after")
    def _check_layout(self) -> Self:
        types = dict(LEADING_COLUMNS[1:] + HISTORY_COLUMNS)
        types |= {column.name: column.type for column in self.columns}
        named = {*self.warehouse.sort_by, self.warehouse.distribute_by}
        for name in sorted(named - {"auto", "all", "even"}):
            if types.get(name, "super") == "super":
                raise ValueError(f"warehouse: {name!r} is no column to sort or distribute by")
        return self

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """In the order of `key`."""
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in self.key)

    @property
    def attributes(self) -> tuple[Column, ...]:
        """All other columns, in mapping order."""
        return tuple(column for column in self.columns if column.name not in self.key)

    @property
    def paths(self) -> tuple[FieldPath, ...]:
        """All API fields that the mapping reads, each once."""
        fields = (path for column in self.columns for path in column.paths)
        named = (self.updated_at, self.created_at, *fields)
        return tuple(dict.fromkeys(path for path in named if path))

    @property
    def digest(self) -> str:
        """Changes exactly when the rows that the mapping makes may change.

        What is as it is by default says nothing, so a word that the language gains changes no
        mapping that does not use it.
        """
        outside = {"schema_reference", "version", "left_out", "warehouse"}
        meaning = self.model_dump(mode="json", exclude=outside, exclude_defaults=True)
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def mapping_schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file, for editors; committed as mappings/mapping.schema.json."""
    schema = Mapping.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
