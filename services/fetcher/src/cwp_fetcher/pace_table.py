"""The DynamoDB table FetcherState: one item for each tenant, changed by one function at a time."""

import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError
from pydantic import ValidationError

from cwp_fetcher.failures import PutOff
from cwp_fetcher.pace import Pace
from cwp_shared import metrics

#: Tries against others who change the same item; most get through at once.
_TRIES: Final = 10
_LONGEST_PAUSE: Final = 0.05
#: Nobody needs to know the pace of a tenant who was not asked for a day.
_KEPT_SECONDS: Final = 86_400

Said = TypeVar("Said")


class PaceTable:
    """Paces by tenant. A change is made to what stands, and to nothing older.

    The item is a text (`pace`, JSON), a number that counts the changes (`version`), and when it may
    go (`expires_at`). Losing the table loses nothing: the API is asked as if after a rest.

    Args:
        table: as `cwp_shared.aws.table` gives it.
        now: seconds since the epoch.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        table: Any,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._now = now
        self._sleep = sleep

    def change(self, tenant_id: str, change: Callable[[Pace], tuple[Pace, Said]]) -> Said:
        """Replace the tenant's pace by what `change` makes of it; what `change` said beside.

        `change` may be called several times, and counts once.

        Raises:
            PutOff: too many others change it at the same time.
        """
        for tries in range(_TRIES):
            item = self._table.get_item(Key={"tenant_id": tenant_id}, ConsistentRead=True)
            version, pace = _read(item.get("Item"))
            changed, said = change(pace)
            if changed == pace:
                return said
            if self._put(tenant_id, version, changed):
                _count(tenant_id, pace, changed)
                return said
            self._sleep(random.uniform(0, _LONGEST_PAUSE) * (tries + 1))  # noqa: S311 - no secret
        raise PutOff(f"the pace of tenant {tenant_id!r} is changed by too many at once", 1)

    def _put(self, tenant_id: str, version: int, pace: Pace) -> bool:
        item = {
            "tenant_id": tenant_id,
            "version": version + 1,
            "pace": pace.model_dump_json(),
            "expires_at": int(self._now()) + _KEPT_SECONDS,
        }
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(tenant_id) OR version = :version",
                ExpressionAttributeValues={":version": version},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _count(tenant_id: str, before: Pace, after: Pace) -> None:
    """An opening of the circuit, by the one function whose change opened it."""
    if after.circuit.trips > before.circuit.trips:
        metrics.put({metrics.CIRCUIT_OPENINGS: after.circuit.trips}, {"tenant_id": tenant_id})


def _read(item: dict[str, Any] | None) -> tuple[int, Pace]:
    if item is None:
        return 0, Pace()
    try:
        return int(item["version"]), Pace.model_validate_json(item["pace"])
    except ValidationError:
        # Written by a version of this code that knew other things: as good as none.
        return int(item["version"]), Pace()
