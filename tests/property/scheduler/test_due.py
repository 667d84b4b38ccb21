"""What is due, for any settings and any past."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cwp_scheduler.due import PATIENCE, SWEEPS_PER_TICK, TRY_EVERY, due
from cwp_scheduler.standing import TableStanding, TenantStanding
from cwp_shared.tables import source_tables
from cwp_shared.tenants import TenantConfig

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JITTER = timedelta(minutes=1)

names = st.sampled_from([*source_tables(), "no_such_table"])
past = st.none() | st.integers(0, 3 * 1440).map(lambda minutes: NOW - timedelta(minutes=minutes))
cadences = st.integers(1, 10_080)
tenants = st.builds(
    TenantConfig,
    tenant_id=st.just("acme"),
    site=st.just("api-na.myconnectwise.net"),
    company=st.just("ACME"),
    tables=st.none() | st.lists(names, unique=True).map(tuple),
    cadence_minutes=st.none() | cadences,
    cadences=st.dictionaries(names, cadences),
)
tables = st.builds(
    TableStanding,
    watermark=past,
    started_at=past,
    attempted_at=past,
    open_run=st.sampled_from([None, "r"]),
    reconciled_at=past,
    sweep_attempted_at=past,
    open_sweep=st.sampled_from([None, "s"]),
)
standings = st.builds(
    TenantStanding,
    tables=st.dictionaries(names, tables),
    blocked=st.booleans(),
    blocked_tables=st.frozensets(names),
)


def age(moment: datetime | None) -> timedelta:
    return timedelta.max if moment is None else NOW - moment


@given(tenants, standings)
def test_nothing_is_due_twice_and_only_what_the_tenant_selected(
    tenant: TenantConfig, standing: TenantStanding
) -> None:
    found = due(tenant, standing, NOW)
    assert len(set(found)) == len(found)
    assert {one.table for one in found} <= set(tenant.selected_tables())


@given(tenants, standings)
def test_blocked_tenant_is_tried_with_one_table_if_none_was_tried_lately(
    tenant: TenantConfig, standing: TenantStanding
) -> None:
    found = due(tenant, replace(standing, blocked=True), NOW)
    ages = [age(standing.of(table).attempted_at) for table in tenant.selected_tables()]
    assert len(found) == int(bool(ages) and min(ages) >= TRY_EVERY)


@given(tenants, standings)
def test_tables_are_neither_forgotten_nor_asked_too_often(
    tenant: TenantConfig, standing: TenantStanding
) -> None:
    standing = replace(standing, blocked=False)
    runs = {d.table for d in due(tenant, standing, NOW) if d.mode != "reconcile"}
    for table in tenant.selected_tables():
        known = standing.of(table)
        waited, wait = age(known.attempted_at), tenant.cadence(table)
        if known.open_run:
            assert (table in runs) == (waited >= PATIENCE)
        elif table in standing.blocked_tables:
            assert (table in runs) == (waited >= TRY_EVERY)
        elif abs(waited - wait) >= JITTER:
            assert (table in runs) == (waited > wait)


@given(tenants, standings)
def test_sweeps_are_few_and_only_of_what_has_rows_and_answers(
    tenant: TenantConfig, standing: TenantStanding
) -> None:
    found = due(tenant, replace(standing, blocked=False), NOW)
    sweeps = [standing.of(one.table) for one in found if one.mode == "reconcile"]
    assert len(sweeps) <= SWEEPS_PER_TICK
    assert all(known.watermark or known.open_sweep for known in sweeps)
