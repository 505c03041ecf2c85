"""How fields of files and refusals of drafts are said."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_FIELDS = {
    "number": gettext_lazy("Order number"), "placed_at": gettext_lazy("Placed at"), "sku": gettext_lazy("SKU"),
    "units": gettext_lazy("Units"), "unit_price": gettext_lazy("Price of a unit"), "title": gettext_lazy("Title"),
    "customer": gettext_lazy("Customer's number"), "customer_name": gettext_lazy("Customer's name"),
    "email": gettext_lazy("E-mail address"), "phone": gettext_lazy("Phone"), "country": gettext_lazy("Country"),
    "currency": gettext_lazy("Currency"), "rate": gettext_lazy("Rate to the shop's currency"),
    "shipping": gettext_lazy("Shipping"), "discount": gettext_lazy("Discount"),
    "tax": gettext_lazy("Tax"), "total": gettext_lazy("Total"), "line_discount": gettext_lazy("Discount of the line"),
    "line_tax": gettext_lazy("Tax of the line"), "fulfilled_at": gettext_lazy("Left at"),
    "cancelled_at": gettext_lazy("Cancelled at"), "ship_by": gettext_lazy("Promised to leave by"),
    "shipping_method": gettext_lazy("Shipping method"), "tags": gettext_lazy("Tags"), "note": gettext_lazy("Note"),
    "handle": gettext_lazy("Handle"), "description": gettext_lazy("Description"), "brand": gettext_lazy("Brand"),
    "kind": gettext_lazy("Kind of product"), "status": gettext_lazy("Status"),
    "option1_name": gettext_lazy("Name of option 1"), "option1_value": gettext_lazy("Value of option 1"),
    "option2_name": gettext_lazy("Name of option 2"), "option2_value": gettext_lazy("Value of option 2"),
    "option3_name": gettext_lazy("Name of option 3"), "option3_value": gettext_lazy("Value of option 3"),
    "barcode": gettext_lazy("Barcode"), "price": gettext_lazy("Price"),
    "compare_at_price": gettext_lazy("Price before reduction"), "cost": gettext_lazy("Cost"),
    "grams": gettext_lazy("Weight in grams"), "length_mm": gettext_lazy("Length in mm"),
    "width_mm": gettext_lazy("Width in mm"), "height_mm": gettext_lazy("Height in mm"),
    "hs_code": gettext_lazy("HS code"), "origin": gettext_lazy("Country of origin"), "image": gettext_lazy("Picture"),
    "on_hand": gettext_lazy("Units on hand"), "location": gettext_lazy("Location"),
}  # fmt: skip
KINDS = {
    "orders": gettext_lazy("Orders"), "products": gettext_lazy("Products"), "stock": gettext_lazy("Stock"),
    "order": gettext_lazy("Order"), "product": gettext_lazy("Product"), "write_off": gettext_lazy("Write-off"),
}  # fmt: skip


def field_words(name: str) -> str:
    """A field of a mapping in words."""
    return str(_FIELDS.get(name, name))


def refusal(error: Any) -> str:
    """What a draft refuses, in words for who made the file; pydantic's own sentence where it is plain enough."""
    why, told = str(error["type"]), error.get("ctx") or {}
    if why == "string_too_long":
        return _("longer than %(n)s characters") % {"n": told.get("max_length")}
    if why == "string_too_short":
        return _("empty")
    if why in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return _("too large") if why.startswith("less") else _("too small")
    if why == "too_long":
        return _("more than %(n)s lines") % {"n": told.get("max_length")}
    return str(error["msg"])
