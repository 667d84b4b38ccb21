"""Which dead letters a command is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cwp_ops.dead_letters import DeadLetter


@dataclass(frozen=True)
class Choice:
    """All conditions must hold; None: any. `message_id` may be the beginning of one."""

    tenant_id: str | None = None
    table: str | None = None
    reason: str | None = None
    message_id: str | None = None
    #: Given up on before, and after, these moments.
    before: datetime | None = None
    after: datetime | None = None
    #: Canonical tables by source table: of a source table, letters about either are meant.
    canonical_tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_everything(self) -> bool:
        """Whether no letter is left out."""
        asked = (self.tenant_id, self.table, self.reason, self.message_id, self.before, self.after)
        return not any(asked)

    def takes(self, letter: DeadLetter) -> bool:
        """Whether a letter is meant."""
        return (
            self.tenant_id in {None, letter.tenant_id}
            and self._is_of_table(letter)
            and self._says(letter)
            and letter.message_id.startswith(self.message_id or "")
            and self._is_of_age(letter)
        )

    def _is_of_table(self, letter: DeadLetter) -> bool:
        if self.table is None:
            return True
        return letter.table in {self.table, *self.canonical_tables.get(self.table, ())}

    def _says(self, letter: DeadLetter) -> bool:
        wanted = (self.reason or "").casefold()
        return wanted in f"{letter.error_type}: {letter.reason}".casefold()

    def _is_of_age(self, letter: DeadLetter) -> bool:
        if self.before is None and self.after is None:
            return True
        try:
            failed_at = datetime.fromisoformat(letter.failed_at)
        except ValueError:
            return False
        return (self.before is None or failed_at < self.before) and (
            self.after is None or failed_at > self.after
        )
