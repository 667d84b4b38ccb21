"""The companies of a data directory: one file each, opened when the sandbox starts."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cwp_local.sandbox.build import Progress
from cwp_local.sandbox.company import Company, make_company
from cwp_local.sandbox.models import CompanySpec, Making
from cwp_local.sandbox.store import Store
from cwp_shared.clock import Clock

_SUFFIX = ".sqlite3"


class BadFileError(ValueError):
    """A file of the data directory that cannot be used."""


class UnknownCompanyError(LookupError):
    """No company of that name."""


class OtherSpecError(ValueError):
    """A company of that name exists, made from another spec."""


class Companies:
    """All companies, by name without regard to case. Making and deleting take turns.

    Args:
        directory: where the files lie; made if missing.
        clock: the server's clock.
    """

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._changing = threading.Lock()
        self._making: tuple[CompanySpec, Progress] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        for left_over in directory.glob("*.partial"):
            left_over.unlink()
        opened = [_open(path, clock()) for path in sorted(directory.glob(f"*{_SUFFIX}"))]
        self._companies = {company.name.lower(): company for company in opened}

    def __iter__(self) -> Iterator[Company]:
        return iter([self._companies[name] for name in sorted(self._companies)])

    def find(self, name: str) -> Company | None:
        """The company, or None."""
        return self._companies.get(name.lower())

    def get(self, name: str) -> Company:
        """The company.

        Raises:
            UnknownCompanyError: there is none; the text names those there are.
        """
        found = self.find(name)
        if found is None:
            known = ", ".join(company.name for company in self) or "none yet"
            raise UnknownCompanyError(f"no company {name!r}; companies: {known}")
        return found

    def make(self, spec: CompanySpec) -> tuple[Company, bool]:
        """The company of this spec, and whether it was made just now.

        Raises:
            OtherSpecError: it exists with other properties; the text says which.
        """
        with self._changing:
            existing = self.find(spec.company)
            if existing:
                _check_same(existing.spec, spec)
                return existing, False
            settled, progress = self._settled(spec), Progress()
            self._making = (settled, progress)
            try:
                company = make_company(self._path(spec.company), settled, progress)
            finally:
                self._making = None
            self._companies[company.name.lower()] = company
            return company, True

    def making(self) -> Making | None:
        """How far the company is that is being made, if one is; they are made one by one."""
        found = self._making
        if found is None:
            return None
        spec, progress = found
        return Making(company=spec.company, tickets=spec.tickets, **asdict(progress))

    def delete(self, name: str) -> None:
        """Remove a company with all it has.

        Raises:
            UnknownCompanyError: there is none.
        """
        with self._changing:
            company = self.get(name)
            del self._companies[company.name.lower()]
            company.close()
            for end in ("", "-wal", "-shm"):
                company.store.path.with_name(company.store.path.name + end).unlink(missing_ok=True)

    def close(self) -> None:
        """Close all files."""
        for company in self:
            company.close()

    def _path(self, name: str) -> Path:
        return self._directory / f"{name.lower()}{_SUFFIX}"

    def _settled(self, spec: CompanySpec) -> CompanySpec:
        latest = self._clock().astimezone(UTC) - timedelta(hours=1)
        midnight = latest.replace(hour=0, minute=0, second=0, microsecond=0)
        reference = spec.reference_time or midnight
        if reference > latest:
            raise ValueError(f"reference_time {_text(reference)} is not an hour past")
        return spec.model_copy(update={"reference_time": reference})


def _open(path: Path, now: datetime) -> Company:
    try:
        return Company(Store(path), now)
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise BadFileError(
            f"{path} is not a company file of this sandbox ({error}); delete it to go on"
        ) from error


def _check_same(has: CompanySpec, asked: CompanySpec) -> None:
    # Who gives no reference time takes the one there is.
    names = ["seed", "tickets"] + ["reference_time"] * (asked.reference_time is not None)
    differing = [
        f"{name} {getattr(has, name)}, not {getattr(asked, name)}"
        for name in names
        if getattr(has, name) != getattr(asked, name)
    ]
    if differing:
        raise OtherSpecError(
            f"company {has.company!r} exists with {'; '.join(differing)}. "
            "Delete it first, or choose another name"
        )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
