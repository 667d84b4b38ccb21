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
    StringConstraints,
    field_validator,
    model_validator,
)

from cwp_shared.errors import Terminal
from cwp_shared.events.canonical import COLUMN_TYPE_PATTERN, WarehouseLayout
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
)

_RESERVED: Final = frozenset(name for name, _ in LEADING_COLUMNS + HISTORY_COLUMNS)
_LONGEST_VARCHAR: Final = 65_535
_MOST_DIGITS: Final = 38

#: They change on every touch of a record, so they may not make versions (scd2.md R4).
_TOUCHED: Final = ("_info/lastUpdated", "_info/updatedBy")


class MappingError(Terminal):
    """A mapping file cannot be used; the text names file, column and reason."""


_PATH: Final = r"^[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$"


def _path(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(_PATH, text):
        raise ValueError(f"{text!r} is not a path: write field names separated by '/'")
    return text


#: From the record into references and `_info`: `company/id`, `_info/lastUpdated`.
FieldPath = Annotated[str, StringConstraints(pattern=_PATH), BeforeValidator(_path)]


class Column(BaseModel):
    """One column of a canonical table and the API field it is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME_PATTERN, description="Column name, in the field's plain terms.")
    type: str = Field(pattern=COLUMN_TYPE_PATTERN, description="Type, in Redshift's words.")
    source: FieldPath = Field(
        alias="from", description="Path of the API field: `summary`, `company/id`."
    )
    history: Literal["tracked", "ignored", "overwritten"] = Field(
        default="tracked",
        description="tracked: a change makes a new version. ignored: kept as it was when the "
        "version began, never makes one. overwritten: every version of a record shows its newest "
        "value, never makes one.",
    )
    as_set: bool = Field(
        default=False,
        description="For a list whose order means nothing: it is sorted before it is compared.",
    )

    @property
    def kind(self) -> str:
        """The type without its size: `varchar`, `decimal`, `timestamp`."""
        return self.type.partition("(")[0]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers in the type's brackets: `decimal(18,4)` -> (18, 4)."""
        return tuple(int(number) for number in re.findall(r"\d+", self.type))

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
        if self.source in _TOUCHED and self.history == "tracked":
            raise ValueError(
                f"{self.source} changes on every touch: set history to ignored or overwritten "
                "(scd2.md R4)"
            )
        return self


class Layout(WarehouseLayout):
    """How the warehouse stores the table, if it is yet to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Mapping(BaseModel):
    """One canonical table: where its rows come from, what identifies them, what they hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_reference: str | None = Field(
        default=None, alias="$schema", description="For editors: ./mapping.schema.json"
    )
    table: CanonicalTable = Field(description="Canonical table, a plural noun; names the file.")
    source: TableId = Field(description="Id of the source table: service_tickets.")
    version: int = Field(ge=1, le=2**31 - 1, description="Raise it with every change.")
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

    @field_validator("columns")
    @classmethod
    def _names_differ(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        names = [column.name for column in columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"named twice: {', '.join(twice)}")
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
    def digest(self) -> str:
        """Changes exactly when the rows that the mapping makes may change."""
        apart = {"schema_reference", "version", "warehouse"}
        meaning = self.model_dump(mode="json", exclude=apart)
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def mapping_schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file, for editors; committed as mappings/mapping.schema.json."""
    schema = Mapping.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
