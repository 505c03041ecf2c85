"""What the sample does not say of its goods: cost, weight, barcodes, kinds, and three gift sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stockwright.demo.chance import between, share

_KINDS = {
    "BAG": "Bags", "MUG": "Kitchen", "CUP": "Kitchen", "TEA": "Kitchen", "CAKE": "Baking", "BAKING": "Baking",
    "LIGHT": "Lights", "CANDLE": "Lights", "LANTERN": "Lights", "CARD": "Cards and paper", "PAPER": "Cards and paper",
    "WRAP": "Cards and paper", "NOTEBOOK": "Cards and paper", "CLOCK": "Home", "FRAME": "Home", "SIGN": "Home",
    "CUSHION": "Home", "DOORMAT": "Home", "HOOK": "Home", "CHRISTMAS": "Christmas", "GARDEN": "Garden",
    "TOY": "Toys", "CHILD": "Toys", "NECKLACE": "Jewellery", "EARRINGS": "Jewellery", "BRACELET": "Jewellery",
    "BOX": "Storage", "TIN": "Storage", "JAR": "Storage", "BASKET": "Storage",
}  # fmt: skip
_CENT = Decimal("0.01")
# Of all goods, how many are sold when they have run out.
_ON_BACKORDER = 0.3
SETS = (
    ("SET-TEA", "Afternoon tea gift set", ("TEA", "CUP", "CAKE")),
    ("SET-LIGHT", "Evening lights gift set", ("LIGHT", "CANDLE", "LANTERN")),
    ("SET-DESK", "Writing desk gift set", ("NOTEBOOK", "CARD", "PAPER")),
)


def units_sold(orders: Sequence[dict[str, Any]]) -> Counter[str]:
    """Units of each SKU over all orders."""
    sold: Counter[str] = Counter()
    for order in orders:
        for line in order["lines"]:
            if line.get("kind") != "fee":
                sold[line["sku"]] += line["units"]
    return sold


def dressed(product: dict[str, Any]) -> dict[str, Any]:
    """A product of the sample with everything a shop knows of its goods."""
    (variant,) = product["variants"]
    sku = variant["sku"]
    price = variant["price"] or Decimal("1.25")
    title = " ".join(word.capitalize() for word in product["title"].strip(" .").split())
    cost = (price * Decimal(str(round(between(0.38, 0.62, "cost", sku), 3)))).quantize(_CENT, ROUND_HALF_UP)
    return {
        "handle": f"{sku.lower()}-{'-'.join(title.lower().split())[:80]}" if sku.isdigit() else f"sku-{sku}",
        "title": title or sku,
        "kind": next((kind for word, kind in _KINDS.items() if word in product["title"].upper()), "Gifts"),
        "status": "active",
        "variants": [
            {
                "sku": sku,
                "price": price,
                "cost": max(cost, _CENT),
                "grams": round(between(30, 120, "grams", sku) + float(price) * between(20, 90, "density", sku)),
                "barcodes": [ean13(sku)],
                "origin": ("CN", "IN", "GB", "PT", "TR")[int(share("origin", sku) * 5)],
                "backorder": "continue" if share("backorder", sku) < _ON_BACKORDER else "deny",
            }
        ],
    }


def ean13(sku: str) -> str:
    """A barcode from the range that shops number as they like (20...), with its check digit."""
    digits = f"20{int(share('ean', sku) * 10**10):010d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def gift_sets(products: Sequence[dict[str, Any]], sold: Counter[str]) -> list[dict[str, Any]]:
    """Kits of what sells best among the goods that fit together."""
    titles = {p["variants"][0]["sku"]: p["title"].upper() for p in products}
    prices = {p["variants"][0]["sku"]: p["variants"][0]["price"] for p in products}
    best = [sku for sku, _ in sold.most_common() if sku in titles]
    made = []
    for code, title, words in SETS:
        parts = list(dict.fromkeys(s for w in words if (s := next((x for x in best if w in titles[x]), ""))))
        worth = sum((prices[sku] or Decimal(1) for sku in parts), Decimal(0))
        variant = {
            "sku": code,
            "price": (worth * Decimal("0.9")).quantize(_CENT),
            "barcodes": [ean13(code)],
            "components": [{"sku": sku, "units": 1} for sku in parts],
        }
        made.append({"handle": code.lower(), "title": title, "kind": "Gift sets", "variants": [variant]})
    return made
