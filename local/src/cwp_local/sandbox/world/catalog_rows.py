"""What the provider sells: rows of /procurement/catalog, and what other rows repeat of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import reference_to
from cwp_local.sandbox.tables import CATALOG_ITEMS
from cwp_local.sandbox.world import choices, lookups, words
from cwp_local.sandbox.world.dull import bare, full

_FIRST = 120


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be sold. `named` and `held` are its two kinds of references."""

    id: int
    identifier: str
    description: str
    product_class: str
    price: float
    cost: float
    named: Row
    held: Row


def _item(place: int, identifier: str, product_class: str, price: float) -> Item:
    row_id = _FIRST + place + place // 5
    description = identifier.replace("-", " ").title()
    own = {"id": row_id, "identifier": identifier, "description": description}
    return Item(
        id=row_id,
        identifier=identifier,
        description=description,
        product_class=product_class,
        price=price,
        cost=round(price * 0.7, 2),
        named=reference_to("CatalogItemReference", CATALOG_ITEMS, own),
        held=reference_to("IvItemReference", CATALOG_ITEMS, {**own, "serializedFlag": False}),
    )


GOODS = tuple(_item(place, *each) for place, each in enumerate(words.GOODS))


def sold(item: Item, quantity: float) -> Row:
    """Amounts of an addition, of so many pieces."""
    price, cost = round(item.price * quantity, 2), round(item.cost * quantity, 2)
    return {
        "quantity": quantity,
        "unitPrice": item.price,
        "unitCost": item.cost,
        "extPrice": price,
        "extCost": cost,
        "margin": round(price - cost, 2),
        "uom": choices.UNITS[0]["name"],
        "invoiceDescription": item.description,
        "taxableFlag": True,
    }


def catalog_rows(info: Callable[[], Row], vendor: Row) -> Iterator[Row]:
    """All items; `vendor` is the reference to the company that sells them to the provider."""
    for place, item in enumerate(GOODS):
        yield {
            **(bare if place % 5 else full)(CATALOG_ITEMS),
            "id": item.id,
            "identifier": item.identifier,
            "description": item.description,
            "subcategory": choices.PRODUCT_SUBCATEGORIES[place % 3],
            "type": choices.PRODUCT_TYPES[place % 3],
            "productClass": item.product_class,
            "price": item.price,
            "cost": item.cost,
            "priceAttribute": "TimeAndMaterials",
            "taxableFlag": True,
            "vendor": vendor,
            "vendorSku": f"V-{item.id}",
            "agreementType": lookups.AGREEMENT_TYPES[0],
            "customFields": [],
            "_info": info(),
        }
