"""Whether a mapping may go on with the history that a tenant has of its table."""

from cwp_shared.mapping import Mapping, MappingError
from cwp_transformer.commits import newest_commit
from cwp_transformer.committing import check_mapping
from cwp_transformer.lake import Lake


def objection(lake: Lake, tenant_id: str, mapping: Mapping) -> str | None:
    """Why the transformer would refuse the mapping; None if it would not.

    Raises:
        Terminal: the history was written by another release.
    """
    try:
        check_mapping(mapping, newest_commit(lake, tenant_id, mapping.table))
    except MappingError as error:
        return str(error)
    return None
