"""A client of the API that needs no server."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cwp_local.sandbox import api
from cwp_local.sandbox.calls import Answer, Call, Refused
from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.company import Company

NOW = datetime(2026, 11, 23, 8, 30, 15, 250_000, tzinfo=UTC)
ROOT = "/v4_6_release/apis/3.0"


@dataclass
class SteppingClock:
    """Stands still until it is told to go on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass
class Client:
    companies: Companies
    company: Company
    clock: SteppingClock
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = self.company.keys
        self.headers |= basic(f"{self.company.name}+{keys.public_key}", keys.private_key)
        self.headers["clientid"] = keys.client_id

    def send(
        self,
        method: str,
        path: str,
        params: dict[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        call = Call(
            method,
            path if "/apis/" in path.lower() else ROOT + path,
            urlencode(params or {}),
            {**self.headers, **(headers or {})},
            b"" if body is None else json.dumps(body).encode(),
        )
        try:
            return api.answer(self.companies, self.clock, call)
        except Refused as refusal:
            return refusal.answer

    def get(self, path: str, **params: Any) -> Answer:
        return self.send("GET", path, params)

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        answer = self.get(path, **params)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = json.loads(answer.body)
        return rows

    def ids(self, path: str, **params: Any) -> list[int]:
        return [row["id"] for row in self.rows(path, **{"pageSize": 1000, **params})]

    def count(self, path: str, **params: Any) -> int:
        return int(content(self.get(f"{path}/count", **params))["count"])


def basic(user: str, password: str) -> dict[str, str]:
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {token}"}


def content(answer: Answer) -> Any:
    return json.loads(answer.body)
