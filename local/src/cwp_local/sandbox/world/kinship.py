"""Which tickets are children of, or merged into, which others."""

from dataclasses import dataclass
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world.cases import Case

_CHILDREN, _MERGED = 0.02, 0.01


@dataclass(slots=True)
class Relation:
    """A ticket's place among the tickets of its firm."""

    firm: int
    parent: "Relation | None" = None
    merged_into: "Relation | None" = None
    has_child: bool = False
    has_merged: bool = False
    reference: Row | None = None

    def settle(self, case: Case) -> None:
        """Tell the case, whose elders are settled already, and remember it for the younger."""
        case.has_child, case.has_merged = self.has_child, self.has_merged
        if self.parent and self.parent.reference:
            case.parent = self.parent.reference["id"]
        if self.merged_into and self.merged_into.reference:
            case.merge(self.merged_into.reference)
        if self.has_child or self.has_merged:
            self.reference = case.reference


def kin(rng: Random, chosen: list[int]) -> list[Relation]:
    """Children and merged tickets point to the ticket before them of the same firm."""
    latest: dict[int, Relation] = {}
    relations = []
    for firm in chosen:
        relation, elder = Relation(firm), latest.get(firm)
        draw = rng.random()
        if elder and draw < _CHILDREN:
            relation.parent, elder.has_child = elder, True
        elif elder and draw < _CHILDREN + _MERGED:
            relation.merged_into, elder.has_merged = elder, True
        latest[firm] = relation
        relations.append(relation)
    return relations
