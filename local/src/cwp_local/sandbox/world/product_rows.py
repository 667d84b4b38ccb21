"""Rows of /procurement/products and /procurement/purchaseorders."""

from collections.abc import Mapping

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import PRODUCTS, PURCHASE_ORDERS
from cwp_local.sandbox.world import choices, lookups
from cwp_local.sandbox.world.catalog_rows import GOODS, Item
from cwp_local.sandbox.world.dice import chance, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.people import Customer, Person
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, midnight

_CANCELLED = 0.04


def product_row(scene: Scene, targets: Mapping[str, Row], *, vendor: Row | None = None) -> Row:
    """Something sold to the scene's customer.

    `targets` says under what: {"ticket": <reference>}, {"salesOrder": ...}, ...
    """
    rng, customer = scene.rng, scene.customer
    item = pick(rng, GOODS)
    serial = 500_000 + scene.row_id
    return {
        **dull(rng, PRODUCTS),
        "id": scene.row_id,
        "catalogItem": item.named,
        "description": item.description,
        "customerDescription": item.description,
        "productClass": item.product_class,
        **_amounts(scene, item),
        "billableOption": pick(rng, ("Billable", "Billable", "DoNotBill", "NoCharge")),
        **_placed(customer),
        **({"vendor": vendor, "vendorSku": f"V-{item.id}"} if vendor else {}),
        **(_cancelled(scene) if chance(rng, _CANCELLED) else {}),
        **maybe(rng, 0.2, {"serialNumberIds": [serial], "serialNumbers": [f"SN{serial}"]}),
        **maybe(rng, 0.15, _recurring(scene)),
        **maybe(rng, 0.3, _stored()),
        "company": customer.reference,
        "purchaseDate": midnight(scene.entered),
        "uom": choices.UNITS[0]["name"],
        **targets,
        "customFields": custom_fields(rng, PRODUCTS),
        "_info": scene.info(scene.member()),
    }


def _amounts(scene: Scene, item: Item) -> Row:
    quantity = float(1 + int(scene.rng.random() ** 3 * 12))
    price, cost = round(item.price * quantity, 2), round(item.cost * quantity, 2)
    return {
        "quantity": quantity,
        "price": item.price,
        "cost": item.cost,
        "extPrice": price,
        "extCost": cost,
        "margin": round(price - cost, 2),
        "listPrice": item.price,
        "calculatedPrice": item.price,
        "calculatedCost": item.cost,
        "priceMethod": "PricePerUnit",
    }


def _placed(customer: Customer) -> Row:
    unit = {key: value for key, value in customer.department.items() if key != "identifier"}
    return {
        "locationId": customer.location["id"],
        "location": customer.location,
        "businessUnitId": customer.department["id"],
        "businessUnit": unit,
    }


def _cancelled(scene: Scene) -> Row:
    return {
        "cancelledFlag": True,
        "quantityCancelled": 1.0,
        "cancelledReason": "Ordered twice",
        "cancelledBy": scene.member().id,
        "cancelledDate": midnight(scene.updated),
    }


def _recurring(scene: Scene) -> Row:
    return {
        "recurring": {
            "recurringRevenue": 12.5,
            "recurringCost": 8.0,
            "startDate": midnight(scene.entered),
            "endDate": midnight(scene.entered + 365 * DAY),
            "billCycleId": choices.BILLING_CYCLES[0]["id"],
            "billCycle": choices.BILLING_CYCLES[0],
            "cycles": 12,
            "cycleType": "CalendarYear",
            "agreementType": lookups.AGREEMENT_TYPES[0],
        }
    }


def _stored() -> Row:
    house, shelf = choices.WAREHOUSES[0], choices.WAREHOUSE_BINS[0]
    return {
        "warehouseId": house["id"],
        "warehouseIdObject": house,
        "warehouse": house["name"],
        "warehouseBinId": shelf["id"],
        "warehouseBinIdObject": shelf,
        "warehouseBin": shelf["name"],
    }


def purchase_order_row(scene: Scene, vendor: Customer, seller: Person | None) -> Row:
    """An order that the provider gave to `vendor`, for the scene's customer."""
    rng, customer = scene.rng, scene.customer
    subtotal = round(50 + rng.random() * 5000, 2)
    closed = chance(rng, 0.7)
    ended = {"dateClosed": midnight(scene.updated), "closedBy": scene.staff[0].login}
    return {
        **dull(rng, PURCHASE_ORDERS),
        "id": scene.row_id,
        **_placed(customer),
        **_delivered(customer, scene.person()),
        "poDate": midnight(scene.entered),
        "poNumber": f"{scene.row_id:06d}",
        "closedFlag": closed,
        **(ended if closed else {}),
        **({} if closed else maybe(rng, 0.2, {"cancelReason": "Out of stock"})),
        "enteredBy": scene.staff[0].login,
        "shipmentDate": midnight(scene.entered + 2 * DAY),
        "shipmentMethod": pick(rng, choices.SHIPMENTS),
        "status": choices.PURCHASE_STATUSES[2 if closed else 1],
        "subTotal": subtotal,
        "total": subtotal,
        "trackingNumber": f"1Z{scene.row_id:010d}",
        "vendorCompany": vendor.reference,
        **({"vendorContact": seller.reference} if seller else {}),
        **({"vendorSite": vendor.site} if vendor.site else {}),
        "vendorInvoiceNumber": f"INV-{scene.row_id}",
        "customFields": [],
        "_info": scene.info(scene.staff[0]),
    }


def _delivered(customer: Customer, person: Person | None) -> Row:
    address = customer.address
    who = {"customerContact": person.reference, "customerPhone": person.phone} if person else {}
    where = {"customerSite": customer.site, "customerSiteName": customer.site["name"]} if (
        customer.site
    ) else {}  # fmt: skip
    return {
        "customerCompany": customer.reference,
        "customerName": customer.name,
        **who,
        **where,
        "customerStreetLine1": address.get("addressLine1", ""),
        "customerCity": address.get("city", ""),
        "customerState": address.get("stateIdentifier", ""),
        "customerZip": address.get("zip", ""),
        "customerCountry": choices.COUNTRY,
    }
