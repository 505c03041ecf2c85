"""What the scanner stations have in common: codes looked up at once, answers for the page's script, words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from stockwright.catalog.models import Barcode, Image, Variant
from stockwright.catalog.pages.finding import title_of
from stockwright.kit.errors import BadInput, Invalid, Kind, StockwrightError, plain_words
from stockwright.kit.ids import is_number
from stockwright.kit.pages import PageRequest
from stockwright.stock.errors import KitHasNoStock, NotStocked

# As many variants as a page carries with it, to know their codes without asking; of the others the server is asked.
CARRIED = 3000
_UPC, _EAN = 12, 13
_STATUS = {Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.REFUSED: 409, Kind.UNAVAILABLE: 503}
_SAID = "floor_said"


class UnknownCode(Invalid):
    """{code} is no barcode or SKU that we know."""


class NothingScanned(Invalid):
    """Scan something first."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scanner read: a variant, and how many units the code stands for."""

    variant: Variant
    units: int


def read_code(code: str) -> Scanned:
    """The variant behind a barcode or SKU: barcodes first, then the SKU as it is, then in any case.

    Raises: NothingScanned, UnknownCode, KitHasNoStock, NotStocked.
    """
    wanted = code.strip()[:100]
    if not wanted or "\x00" in wanted:
        raise NothingScanned
    found = _by_barcode(wanted) or _by_sku(wanted)
    if found is None:
        raise UnknownCode(code=wanted)
    if found.variant.is_kit:
        raise KitHasNoStock(sku=found.variant.sku)
    if not found.variant.stocked:
        raise NotStocked(sku=found.variant.sku)
    return found


def _by_barcode(code: str) -> Scanned | None:
    # A scanner may be set to leave the leading nought of a European number out, or to add it.
    same = {code}
    if is_number(code):
        same |= {f"0{code}"} if len(code) == _UPC else {code[1:]} if len(code) == _EAN and code[0] == "0" else set()
    rows = {b.code: b for b in Barcode.objects.filter(code__in=same).select_related("variant__product")}
    row = rows.get(code) or next(iter(rows.values()), None)
    return Scanned(row.variant, row.units) if row else None


def _by_sku(code: str) -> Scanned | None:
    variants = Variant.objects.select_related("product").defer("search")
    exact = variants.filter(sku=code).first()
    if exact is not None:
        return Scanned(exact, 1)
    # Two codes may differ by case alone: then only the exact one means anything.
    alike = list(variants.filter(sku__iexact=code)[:2])
    return Scanned(alike[0], 1) if len(alike) == 1 else None


def codes_of(variants: Iterable[Variant]) -> dict[int, list[tuple[str, int]]]:
    """Every code of variants with the units it stands for, the SKU among them; one query."""
    found = {variant.pk: [(variant.sku, 1)] for variant in variants}
    for variant, code, units in Barcode.objects.filter(variant__in=list(found)).values_list(
        "variant_id", "code", "units"
    ):
        found[variant].append((code, units))
    return found


def pictures_of(variants: Sequence[Variant]) -> dict[int, str]:
    """A picture of each variant: its own, else the product's first."""
    images = Image.objects.filter(product__in={v.product_id for v in variants}).order_by("position", "pk")
    own: dict[int, str] = {}
    first: dict[int, str] = {}
    for image in images.only("variant_id", "product_id", "url"):
        first.setdefault(image.product_id, image.url)
        if image.variant_id:
            own.setdefault(image.variant_id, image.url)
    return {v.pk: url for v in variants if (url := own.get(v.pk) or first.get(v.product_id, ""))}


def described(variants: Sequence[Variant]) -> list[dict[str, Any]]:
    """Variants as a station's script needs them; the station adds what it knows of each."""
    codes, pictures = codes_of(variants), pictures_of(variants)
    return [
        {
            "variant": v.pk, "sku": v.sku, "title": title_of(v), "tracking": v.tracking, "codes": codes[v.pk],
            "picture": pictures.get(v.pk, ""),
        }
        for v in variants
    ]  # fmt: skip


def load_variants(ids: Collection[int]) -> list[Variant]:
    """Variants with their products."""
    return list(Variant.objects.filter(pk__in=list(ids)).select_related("product").defer("search").order_by("sku"))


def wants_json(request: PageRequest) -> bool:
    """Whether the page's script asks, not the browser."""
    return "application/json" in request.headers.get("Accept", "")


def refused_words(error: StockwrightError) -> str:
    """A refusal as a sentence for somebody with gloves on."""
    if isinstance(error, BadInput):
        return " ".join(
            f"{str(p['field']).rpartition('.')[2].replace('_', ' ').capitalize()}: {plain_words(p)}"
            for p in error.facts["problems"]
        )
    return error.message


def status_of(error: StockwrightError) -> int:
    """The status that says what sort of no it is."""
    return _STATUS.get(error.kind, 422)


def refused_json(error: StockwrightError) -> HttpResponse:
    """A refusal for the page's script."""
    return JsonResponse({"ok": False, "words": refused_words(error)}, status=status_of(error))


def keep_said(request: PageRequest, look: str, words: str, note: str = "") -> None:
    """Remember what was just done, for the page that follows a plain form."""
    request.session[_SAID] = [look, words, note]


def take_said(request: PageRequest) -> tuple[str, str, str] | None:
    """What was just done, told once."""
    said = request.session.pop(_SAID, None)
    return (said[0], said[1], said[2]) if said else None


def words_of_stations() -> dict[str, str]:
    """What the script says by itself, without asking the server."""
    return {
        "added": _("{sku}: {more} more, now {n}"),
        "again": _("{sku}: {before} were counted before, adding to them"),
        "unlisted": _("not on the list: it will be added"),
        "unannounced": _("nobody announced it"),
        "waiting": _("orders wait for {n}"),
        "expected": _("{n} expected"),
        "nobody": _("nothing that was announced"),
        "offline": _("No connection, and {code} is not among what this page knows. Nothing was entered."),
        "incomplete": _("Something is missing for {sku}: please fill in the marked field."),
        "noted": _("{sku}: {n} noted, being sent"),
        "kept_form": _(
            "No connection. What you scanned is kept on this device: take it in when the connection is back."
        ),
        "kept_one": _("1 entry waits for the connection. It is kept on this device and sent by itself."),
        "kept_many": _("{n} entries wait for the connection. They are kept on this device and sent by themselves."),
        "sign_in": _("You were signed out: sign in again in this window. {n} entries are kept on this device."),
        "no_units": _("Say how many."),
        "reopen": _("Look at it again"),
        "tally": _("{sku}: {n} of {all}"),
        "over": _("{sku}: no more than {all} were sent. Put this one aside."),
        "not_sent": _("{sku} is not in this transfer. Put it aside."),
        "missing": _("{n} missing"),
        "complete": _("complete"),
        "left": _("{n} left"),
        "undo": _("Undo"),
        "undo_failed": _("That could not be undone."),
    }
