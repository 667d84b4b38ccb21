"""Raw files of one tenant and table into one history, in one commit."""

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger

from cwp_shared.errors import Terminal
from cwp_shared.mapping import Mapping
from cwp_transformer import cleanup
from cwp_transformer.announcing import catch_up
from cwp_transformer.backends import Backends
from cwp_transformer.batch import read_files, tell_set_aside
from cwp_transformer.commits import Commit
from cwp_transformer.committing import commit
from cwp_transformer.ledger import HistoryRef

logger = Logger()


def merge_files(
    history: HistoryRef, mapping: Mapping, raw_keys: Sequence[str], backends: Backends
) -> dict[str, Terminal]:
    """Put raw files into a history in one commit; why each of them that could not be read failed.

    Raises:
        Retriable: other workers were faster every time.
        Terminal: the mapping contradicts the history.
    """
    standing = catch_up(history, backends)
    raw_keys = list(dict.fromkeys(raw_keys))
    known = backends.ledger.done(history, raw_keys)
    # A mark of a revision that S3 does not have proves nothing.
    done = {key for key, revision in known.items() if revision <= standing.revision}
    todo = [raw_key for raw_key in raw_keys if raw_key not in done]
    if not todo:
        return {}
    batch, failures = read_files(history, mapping, todo, backends.lake)
    if batch:
        made = commit(batch, standing, backends)
        tell_set_aside(history, batch.quarantined)
        _log(history, made, len(batch.raw_keys))
        if made and cleanup.is_due(made):
            _clean_up(made, backends)
    return failures


def _clean_up(made: Commit, backends: Backends) -> None:
    try:
        cleanup.clean_up(made, backends.lake, backends.clock())
    except Exception:
        # The files are in the history. What lies about is found again by a later commit.
        logger.exception("cannot clean up")


def _log(history: HistoryRef, made: Commit | None, files: int) -> None:
    facts: dict[str, Any] = {**history._asdict(), "files": files}
    if made is None:
        logger.info("nothing new in these files", extra=facts)
        return
    facts |= {"revision": made.revision, "sequence": made.sequence, **made.tally.model_dump()}
    if made.canonical:
        facts["canonical"] = made.canonical.model_dump(exclude={"columns", "key_columns", "layout"})
    logger.info("committed", extra=facts)
