"""Facts to make histories of, the files they come in, and what must be true in the end."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.property.transformer import reference
from tests.property.transformer.reference import Absence, Identity, Observation
from tests.unit.transformer.fakes import World, absences_body, raw_body

Fact = Observation | Absence

#: Shrinking a history takes minutes; the seed that a failure prints makes it again.
SLOW = settings(
    deadline=None,
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    print_blob=True,
)


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    """Facts that collide in every way there is; each has its own place in its run."""
    anywhere = st.builds(
        Observation,
        key=st.integers(1, 3),
        u=st.integers(0, 5),
        # A run that ended long before u has seen the future: quarantine (R14).
        upper=st.sampled_from([5, 6, 7, -400]),
        run=st.integers(1, 2),
        place=st.just((0, 0, 0)),
        summary=st.sampled_from(["a", "b", "", None]),
        hours=st.sampled_from([None, Decimal("1.5000")]),
        updated_by=st.sampled_from(["ann", "bob", None]),
        created=st.sampled_from([None, -3, 2]),
        po_number=st.sampled_from(["p", "q", None]),
    )
    found = draw(st.lists(anywhere, min_size=1, max_size=8))
    # Windows, pages and rows say different things of which was seen last.
    return [replace(fact, place=(n % 2, n // 2 % 2, 7 - n)) for n, fact in enumerate(found)]


absences = st.lists(st.builds(Absence, key=st.integers(1, 3), t=st.integers(0, 7)), max_size=3)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[Fact], list[list[Fact]]]:
    """Facts, and files that hold each of them at least once; a file is of one run and kind."""
    facts: list[Fact] = [*draw(observations()), *draw(absences)]
    repeated = facts + draw(st.lists(st.sampled_from(facts), max_size=3))
    shuffled = draw(st.permutations(repeated))
    cut: list[list[Fact]] = []
    for fact in shuffled:
        same_run = [some for some in cut if _run_of(some[0]) == _run_of(fact)]
        into = draw(st.integers(0, len(same_run)))
        if into == len(same_run):
            cut.append([fact])
        else:
            same_run[into].append(fact)
    return facts, cut


def _run_of(fact: Fact) -> tuple[int, int]:
    return (fact.run, fact.upper) if isinstance(fact, Observation) else (0, 100)


def land(world: World, facts: list[Fact]) -> str:
    run, upper = _run_of(facts[0])
    rows = [fact for fact in facts if isinstance(fact, Observation)]
    if not rows:
        gone = [(fact.key, fact.t) for fact in facts if isinstance(fact, Absence)]
        return world.land(absences_body(gone, upper=upper, run_id=f"run-{run}"))
    places = [fact.place for fact in rows]
    body = raw_body([r.row() for r in rows], upper=upper, run_id=f"run-{run}", places=places)
    return world.land(body)


def check(world: World, facts: list[Fact]) -> None:
    rows = world.history()
    assert reference.serialised(rows) == reference.serialised(reference.history(facts))
    assert reference.broken_invariants(rows) == []
    assert reference.broken_accounts(facts, rows, set_aside(world)) == []
    commits = world.commits()
    assert [c.revision for c in commits] == list(range(1, len(commits) + 1))
    if commits:
        records = [f for f in facts if isinstance(f, Observation)]
        taken = {(f.key, f.u, f.upper) for f in records if f.is_taken}
        gone = {(f.key, f.t) for f in facts if isinstance(f, Absence)}
        totals = commits[-1].totals
        assert (totals.versions, totals.current) == (len(rows), sum(r["is_current"] for r in rows))
        assert (totals.keys, totals.facts) == (len({k for k, *_ in taken}), len(taken | gone))


def set_aside(world: World) -> set[Identity]:
    """The observations in quarantine."""
    records = [row["record"] for row in world.quarantine()]
    return {(r["id"], (r["_cwp_window"], r["_cwp_page"], r["_cwp_row"])) for r in records}
