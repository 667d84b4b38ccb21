"""The manifest of a COPY: which objects, how long each is, and whether it may be missing."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cwp_local.redshift.errors import SqlError


class Meta(BaseModel):
    """What must be known of a columnar file before it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    content_length: Annotated[int, Field(ge=0)]


class Entry(BaseModel):
    """One object. `mandatory` is false unless the manifest says so, as on Redshift."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    url: Annotated[str, Field(pattern=r"^s3://[^/]+/.+")]
    mandatory: bool = False
    meta: Meta

    @property
    def bucket(self) -> str:
        """The bucket of `url`."""
        return self.url.removeprefix("s3://").partition("/")[0]

    @property
    def key(self) -> str:
        """The key of `url`."""
        return self.url.removeprefix("s3://").partition("/")[2]


class Manifest(BaseModel):
    """All objects of one COPY, in the order they are loaded."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    entries: Annotated[tuple[Entry, ...], Field(min_length=1, strict=False)]


def read_manifest(body: bytes, url: str) -> Manifest:
    """Parse a manifest.

    Raises:
        SqlError: it is no JSON, or an entry lacks its url or `meta.content_length`.
    """
    try:
        return Manifest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        raise SqlError(
            f"Problem reading manifest file - {url} is not a manifest for PARQUET: "
            f"{place}: {first['msg']}"
        ) from None
