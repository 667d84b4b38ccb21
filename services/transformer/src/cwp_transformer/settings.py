"""What serverless.yml gives the transformer's function."""

from pathlib import Path

from pydantic import Field

from cwp_shared.settings import Settings

_PACKAGE = Path(__file__).resolve().parent


class TransformerSettings(Settings):
    """Environment of `transform`."""

    bus_name: str = Field(alias="BUS_NAME")
    bucket_name: str = Field(alias="BUCKET_NAME")
    queue_url: str = Field(alias="QUEUE_URL")
    dead_letter_url: str = Field(alias="DLQ_URL")
    canonical_state_table: str = Field(alias="CANONICAL_STATE_TABLE")
    #: None: the nearest `mappings/` above the package, which is beside it in the zip.
    mappings_dir: Path | None = Field(default=None, alias="MAPPINGS_DIR")

    def find_mappings(self, package: Path = _PACKAGE) -> Path:
        """The directory of mapping files; where it ought to be, if there is none."""
        near = (parent / "mappings" for parent in package.parents)
        return self.mappings_dir or next(filter(Path.is_dir, near), package.parent / "mappings")
