"""A batch of messages: raw files of one tenant and table are committed together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from aws_lambda_powertools import Logger

from cwp_shared.errors import Terminal
from cwp_shared.events import CommitsRequested, RebuildRequested
from cwp_shared.mapping import Mapping
from cwp_shared.mapping_files import Mappings
from cwp_transformer.announcing import announce_again
from cwp_transformer.backends import Backends
from cwp_transformer.ledger import HistoryRef
from cwp_transformer.merging import merge_files
from cwp_transformer.messages import RawCreated, parse
from cwp_transformer.rebuild import rebuild

#: Raw Parquet that one commit takes at most, so that memory stays bounded; one file always fits.
BYTES_PER_COMMIT: Final = 8 * 2**20

logger = Logger()


def transform(
    messages: Iterable[tuple[str, str]], bucket: str, mappings: Mappings, backends: Backends
) -> dict[str, Exception]:
    """Handle messages (id, body); the error of each one that failed, by its id."""
    failures: dict[str, Exception] = {}
    senders: dict[RawCreated, list[str]] = defaultdict(list)
    for message_id, body in messages:
        try:
            message = parse(body, bucket)
            match message:
                case CommitsRequested():
                    _announce_again(message, backends)
                case RebuildRequested():
                    rebuild(message, mappings, backends)
                case RawCreated():
                    senders[message].append(message_id)
        except Exception as error:  # noqa: BLE001 - each message answers for itself alone
            failures[message_id] = error
    for file, reason in _failed_files(senders, mappings, backends):
        failures |= dict.fromkeys(senders[file], reason)
    return failures


def _announce_again(request: CommitsRequested, backends: Backends) -> None:
    count = announce_again(request, backends)
    logger.info(
        "commits announced again",
        tenant_id=request.tenant_id,
        canonical_table=request.canonical_table,
        after_sequence=request.after_sequence,
        commits=count,
    )


def _failed_files(
    files: Iterable[RawCreated], mappings: Mappings, backends: Backends
) -> Iterator[tuple[RawCreated, Exception]]:
    def place(file: RawCreated) -> tuple[str, str]:
        return file.tenant_id, file.table

    for (tenant_id, table), group in groupby(sorted(files, key=_by_place_and_age), key=place):
        some = list(group)
        try:
            found = mappings.of_source(table)
        except Terminal as error:
            yield from ((file, error) for file in some)
            continue
        if not found:
            logger.info("no mapping: kept in raw only", tenant_id=tenant_id, table=table)
        for mapping in found:
            yield from _merge(HistoryRef(tenant_id, mapping.table), mapping, some, backends)


def _by_place_and_age(file: RawCreated) -> tuple[str, str, str]:
    return file.tenant_id, file.table, file.key


def _merge(
    history: HistoryRef, mapping: Mapping, files: Sequence[RawCreated], backends: Backends
) -> Iterator[tuple[RawCreated, Exception]]:
    for some in _commit_sized(files):
        try:
            errors = merge_files(history, mapping, [file.key for file in some], backends)
        except Exception as error:  # noqa: BLE001 - one history's fault is not another's
            yield from ((file, error) for file in some)
        else:
            yield from ((file, errors[file.key]) for file in some if file.key in errors)


def _commit_sized(files: Sequence[RawCreated]) -> Iterator[list[RawCreated]]:
    some: list[RawCreated] = []
    for file in files:
        if some and sum(f.size for f in some) + file.size > BYTES_PER_COMMIT:
            yield some
            some = []
        some.append(file)
    yield some
