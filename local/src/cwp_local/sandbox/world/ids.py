"""Which ids rows get. Every firm and every slice of work has ranges of its own in each table.

So parts of a world can be made apart from each other, and still point to each other. Ids grow
with the number of the firm or slice, and have gaps, as those of live services do.
"""

FIRST_MEMBER = 150
#: Firms that sell to the provider; customers come after them.
FIRST_VENDOR = 20
_FIRST_CUSTOMER = 250
_FIRST_CONTACT, _FIRST_SITE = 1_000, 1_000
_FIRST_OPPORTUNITY, _FIRST_AGREEMENT, _FIRST_ADDITION = 2_000, 5_000, 30_000
_FIRST_PROJECT, _FIRST_PHASE, _FIRST_ORDER, _FIRST_INVOICE = 600, 1_500, 400, 9_000
_FIRST_CONFIGURATION, _FIRST_PRODUCT, _FIRST_PURCHASE_ORDER = 10_000, 2_500, 700


def company(number: int) -> int:
    """Of the `number`th customer, counted from 0."""
    return _FIRST_CUSTOMER + spread(number)


def spread(number: int) -> int:
    """A growing number that leaves out one in six or so."""
    return number + number // 7 + number // 31


def contact(company_id: int, place: int) -> int:
    """`place` counts a company's contacts, from 0 to 7; so below, up to another number."""
    return _FIRST_CONTACT + 8 * company_id + place


def site(company_id: int, place: int) -> int:
    """0 to 3."""
    return _FIRST_SITE + 4 * company_id + place


def configuration(company_id: int, place: int) -> int:
    """0 to 11."""
    return _FIRST_CONFIGURATION + 12 * company_id + place


def opportunity(company_id: int, place: int) -> int:
    """0 to 2."""
    return _FIRST_OPPORTUNITY + 3 * company_id + place


def agreement(company_id: int, place: int) -> int:
    """0 to 2."""
    return _FIRST_AGREEMENT + 3 * company_id + place


def addition(agreement_id: int, place: int) -> int:
    """0 to 7."""
    return _FIRST_ADDITION + 8 * agreement_id + place


def order(company_id: int) -> int:
    """A company has one at most."""
    return _FIRST_ORDER + company_id


def project(company_id: int, place: int) -> int:
    """0 to 1."""
    return _FIRST_PROJECT + 2 * company_id + place


def phase(project_id: int, place: int) -> int:
    """0 to 4."""
    return _FIRST_PHASE + 5 * project_id + place


def invoice(company_id: int, period: int) -> int:
    """Those of the periods, then those for an order, the agreement and a project: 0 to 9."""
    return _FIRST_INVOICE + 10 * company_id + period


def product(company_id: int, place: int) -> int:
    """0 to 9."""
    return _FIRST_PRODUCT + 10 * company_id + place


def purchase_order(company_id: int) -> int:
    """A company has one at most."""
    return _FIRST_PURCHASE_ORDER + company_id


class Range:
    """Ids of one table for one part of a world.

    Args:
        first: the first id.
        size: how many there may be at most.
    """

    def __init__(self, first: int, size: int) -> None:
        self._first = first
        self._taken = 0
        self._size = size

    def take(self) -> int:
        """The next id."""
        if self._taken >= self._size:
            raise ValueError(f"more than {self._size} rows from id {self._first} on")
        row_id = self._first + spread(self._taken)
        self._taken += 1
        return row_id
