"""A walk over a small company: how it begins, how it comes to rest, and what must hold then."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from cwp_fetcher import page
from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.models import ChangesAsked, CompanySpec
from cwp_local.sandbox.weather.model import Weather
from cwp_scheduler import runs
from cwp_shared.clock import sortable
from cwp_shared.tables import source_tables
from tests.property.extraction import lake, watch
from tests.property.extraction.chain import Chain, immortal, tenant
from tests.property.extraction.watch import Watch
from tests.unit.local.sandbox.clients import NOW

#: A table of each kind and its page size: by time, by time with a parent, always in full.
PAGE_SIZES = {
    "service_tickets": 12,
    "company_contacts": 8,
    "finance_agreements_additions": 3,
    "system_members": 4,
}
SPEC = CompanySpec(company="Acme", seed=12, tickets=160)
#: What happens at the company every now and then.
CHANGES = ChangesAsked(update=6, add=3, delete=1, tables=tuple(PAGE_SIZES))
#: A run that stalls is picked up after half an hour, and after twice that the next time.
SETTLED_WITHIN = timedelta(hours=12)


def make_small(patch: pytest.MonkeyPatch) -> None:
    """Let a small company have many pages and windows."""
    for name, size in PAGE_SIZES.items():
        small = source_tables()[name].model_copy(update={"page_size": size})
        patch.setitem(source_tables(), name, small)
    patch.setattr(runs, "ROWS_PER_WINDOW", 40)
    patch.setattr(runs, "PARENTS_PER_WINDOW", 2)
    patch.setattr(page, "PARENTS_A_PAGE", 2)


@contextmanager
def new_chain(made: Path, seed: int, copied: float = 0.0) -> Iterator[Watch]:
    """A chain that was never run, on a company of its own, and what watches it.

    Args:
        made: the data directory to copy the company from.
        seed: of all that is left to chance.
        copied: the share of messages that come twice.
    """
    config = tenant(
        SPEC.company,
        tables=tuple(PAGE_SIZES),
        cadence_minutes=15,
        requests_per_minute=40,
        parallel_requests=3,
    )
    with TemporaryDirectory() as name:
        shutil.copytree(made, name, dirs_exist_ok=True)
        companies = Companies(Path(name), lambda: NOW)
        rng = Random(seed)  # noqa: S311 - chance in a test, repeatable
        try:
            yield Watch(Chain(rng, NOW, companies, config, copied))
        finally:
            companies.close()


def settle(watched: Watch) -> None:
    """Two more runs of every table, while nothing changes, nothing fails and nobody dies."""
    chain = watched.chain
    company = chain.site.company
    company.life.stop()
    chain.site.changes = chain.site.moves = None
    # A clock that is wrong is no weather.
    company.forecast.set(Weather(skew_seconds=company.forecast.weather.skew_seconds))
    chain.fate = lambda _, __: immortal
    now = sortable(chain.stage.now)
    chain.play(
        lambda: all(len(watch.completed(chain, table, now)) >= 2 for table in PAGE_SIZES),
        SETTLED_WITHIN,
    )


def check(watched: Watch) -> None:
    """Nothing is lost, made up, doubled or asked in vain; what was set aside has its reason."""
    chain, company = watched.chain, watched.chain.site.company
    assert not watched.broken
    assert set(watched.watermarks) == set(PAGE_SIZES)
    assert not watch.doubled_runs(chain)
    assert not watch.silent_dead_letters(chain)
    assert not list(watch.impolite(chain))
    assert not list(watch.needless_requests(chain))
    assert not watch.needless_jobs(chain)
    assert not watch.second_chains(chain)
    told = chain.events.of("PageQuarantined")
    for table in PAGE_SIZES:
        assert not lake.differing(watched.lake, company, table)
        assert not lake.made_up(watched.lake, company, table)
        assert not lake.unexplained(watched.lake, table, told)
