"""What a fresh shop needs before there is anything to watch, and how much of it is done."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from stockwright.kit.bulk import fetch
from stockwright.kit.business import Hours, Shop, setting
from stockwright.kit.pages.names import address

_FACTS = """
    SELECT EXISTS (SELECT FROM kit_setting WHERE name = 'shop'), EXISTS (SELECT FROM kit_setting WHERE name = 'hours'),
           EXISTS (SELECT FROM stock_location WHERE kind IN ('warehouse', 'store')), EXISTS (SELECT FROM catalog_variant),
           EXISTS (SELECT FROM stock_movement), EXISTS (SELECT FROM orders_order),
           (SELECT count(*) > 1 FROM kit_person WHERE is_active)
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first things to do; ticked by what there is, not by who says so."""

    title: str
    text: str
    done: bool
    # The page where it is done, what its button says, and the permission it asks for.
    url: str
    label: str
    needs: str


def first_steps() -> list[Step]:
    """The steps of a shop that has no location, product, stock or order yet; none once it has all of them."""
    named, hours, place, product, stock, order, people = fetch(_FACTS)[0]
    if place and product and stock and order:
        return []
    add, files = address("do", "stock.add_location"), address("import_new")
    settings, load = address("settings"), _("Import a file")
    return [
        Step(
            _("Say what the shop is called and what money it counts in"),
            _("It is {name} and counts in {currency} until you save something else; do so before there are orders.").format(
                name=setting(Shop).name, currency=setting(Shop).currency),
            named, f"{settings}#shop", _("Settings"), "settings.change",
        ),
        Step(
            _("Say where the clock stands and when you work"),
            _("Its time zone is {zone}. Days, cut-off and promises follow it.").format(zone=setting(Hours).zone),
            hours, f"{settings}#hours", _("Settings"), "settings.change",
        ),
        Step(
            _("Add a location"), _("Where units lie and orders leave from: a warehouse or a store."),
            place, add, _("Add location"), "stock.add_location",
        ),
        Step(
            _("Bring in your products"), _("The product export of your shop, or a file of your own."),
            product, files, load, "import.add_file",
        ),
        Step(
            _("Bring in your stock"), _("The inventory export of your shop, a count, or a first receipt."),
            stock, files, load, "import.add_file",
        ),
        Step(
            _("Bring in your orders"), _("The order export of your shop: stock is promised to what still is to be sent."),
            order, files, load, "import.add_file",
        ),
        Step(
            _("Invite the others"), _("Pickers, buyers, support: each sees what is theirs."),
            people, address("people"), _("People"), "person.invite",
        ),
    ]  # fmt: skip
