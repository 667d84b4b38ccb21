"""What a dead letter says about itself, in message attributes: the last failure, and those before.

`cwp_shared.inbox` sets them on what it gives up on. A message that is replayed keeps them, so when
it fails again they grow by one failure: `Reason`, `ErrorType`, `Receives` and `FailedAt` tell the
last; `FirstFailedAt`, `Failures` (how many) and `Earlier` (JSON, the last few) what came before.
SQS takes ten attributes a message; these are seven.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

_LONGEST_REASON = 1024
#: Of earlier failures so many are told, and of their reasons so many characters.
_MOST_EARLIER = 5
_LONGEST_EARLIER_REASON = 300


@dataclass(frozen=True)
class Failure:
    """One time that a message was given up on."""

    reason: str
    error_type: str
    failed_at: str
    receives: str = ""


@dataclass(frozen=True)
class History:
    """The failures of a message, oldest first; of many only the last ones are told."""

    failures: tuple[Failure, ...] = ()
    count: int = 0
    first_failed_at: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Self:
        """What attributes say, by name. Whatever they hold, it is no error."""
        if "Reason" not in values:
            return cls()
        last = Failure(
            values["Reason"],
            values.get("ErrorType", "unknown"),
            values.get("FailedAt", ""),
            values.get("Receives", ""),
        )
        failures = (*_earlier(values.get("Earlier", "")), last)
        count = values.get("Failures", "")
        return cls(
            failures,
            int(count) if re.fullmatch(r"[0-9]{1,9}", count) else len(failures),
            values.get("FirstFailedAt") or failures[0].failed_at,
        )

    def after(self, failure: Failure) -> Self:
        """The history with one more failure."""
        return replace(
            self,
            failures=(*self.failures, failure),
            count=self.count + 1,
            first_failed_at=self.first_failed_at or failure.failed_at,
        )

    def attributes(self) -> dict[str, dict[str, str]]:
        """The history as SQS takes it; of a first failure only the failure, of none nothing."""
        if not self.failures:
            return {}
        last = self.failures[-1]
        said = {
            "Reason": last.reason,
            "ErrorType": last.error_type,
            "Receives": last.receives,
            "FailedAt": last.failed_at,
        }
        if earlier := self.failures[:-1][-_MOST_EARLIER:]:
            told = [asdict(replace(f, reason=f.reason[:_LONGEST_EARLIER_REASON])) for f in earlier]
            said["Earlier"] = json.dumps(told)
            said["Failures"] = str(self.count)
            said["FirstFailedAt"] = self.first_failed_at
        return {
            name: {"DataType": "String", "StringValue": _cut(name, value)}
            for name, value in said.items()
            if value
        }


def values_of(attributes: Mapping[str, Mapping[str, Any]] | None, key: str) -> dict[str, str]:
    """Attributes by name. `key`: `StringValue` as SQS says it, `stringValue` as Lambda does."""
    return {name: str(value.get(key) or "") for name, value in (attributes or {}).items()}


def _cut(name: str, value: str) -> str:
    return value[:_LONGEST_REASON] if name == "Reason" else value


def _earlier(text: str) -> tuple[Failure, ...]:
    try:
        return tuple(Failure(**{k: str(v) for k, v in told.items()}) for told in json.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()
