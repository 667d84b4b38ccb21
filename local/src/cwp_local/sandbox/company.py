"""One company of the sandbox: its rows, its keys, and the world it was made from."""

import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cwp_local.sandbox.build import Progress, build
from cwp_local.sandbox.life import Life
from cwp_local.sandbox.models import CompanySpec, CompanyState
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import TABLES
from cwp_local.sandbox.weather.forecast import Forecast
from cwp_local.sandbox.world.generate import World
from cwp_shared.clock import Clock


@dataclass(frozen=True)
class Keys:
    """What a client must send."""

    public_key: str
    private_key: str
    client_id: str

    def match(self, public_key: str, private_key: str) -> bool:
        """Whether these are the keys, in constant time."""
        sent = f"{public_key}:{private_key}".encode()
        return hmac.compare_digest(sent, f"{self.public_key}:{self.private_key}".encode())

    def __repr__(self) -> str:
        """Keys do not show."""
        return "Keys(...)"


class Company:
    """An open company file; no client has asked for anything since `quiet_since`.

    `spec.reference_time` is set.
    """

    def __init__(self, store: Store, quiet_since: datetime) -> None:
        self.store = store
        self.spec = CompanySpec.model_validate(store.note("spec"))
        self.keys = Keys(**store.note("keys"))
        self.world = _world(self.spec)
        self.forecast = Forecast()
        self.life = Life(store, self.world, quiet_since)

    def close(self) -> None:
        """Let go of the file; nothing happens here any more."""
        self.life.stop()
        self.store.close()

    @property
    def name(self) -> str:
        """The company id that logins begin with."""
        return self.spec.company

    def clock(self, clock: Clock) -> Clock:
        """The clock of the company's own server, given the true one."""
        return self.forecast.clock(clock)

    def counts(self) -> Mapping[str, int]:
        """Rows per table."""
        return {name: self.store.count(table, Search()) for name, table in TABLES.items()}

    def state(self) -> CompanyState:
        """What may be told to anybody on this machine."""
        return CompanyState.model_validate(
            {
                **self.spec.model_dump(),
                "changes_played": self.store.note("changes_played"),
                "counts": self.counts(),
            }
        )


def make_company(path: Path, spec: CompanySpec, progress: Progress) -> Company:
    """Generate a company's file, which `progress` is told about; `spec.reference_time` is set."""
    world = _world(spec)
    notes: dict[str, Any] = {
        "spec": spec.model_dump(mode="json"),
        "keys": {
            "public_key": secrets.token_urlsafe(12),
            "private_key": secrets.token_urlsafe(12),
            "client_id": str(uuid.uuid4()),
        },
        "changes_played": 0,
    }
    build(path, world, notes, progress=progress)
    return Company(Store(path), datetime.fromtimestamp(world.reference, UTC))


def _world(spec: CompanySpec) -> World:
    if spec.reference_time is None:
        raise ValueError(f"company {spec.company}: the reference time must be settled first")
    return World(spec.seed, spec.tickets, int(spec.reference_time.timestamp()))
