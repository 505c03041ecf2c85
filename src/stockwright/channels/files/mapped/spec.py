"""A mapping as data: which column is which field, and what to do with its cells on the way."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from stockwright.channels.files.cells.moments import check_declared
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.port import Kind

# Fields a mapping can fill, by kind of file: name, whether it must be there, how its cells are read.
FIELDS: dict[Kind, dict[str, tuple[bool, Literal["text", "number", "whole", "moment", "yes"]]]] = {
    Kind.ORDERS: {
        "number": (True, "text"), "placed_at": (True, "moment"), "sku": (True, "text"), "units": (True, "whole"),
        "unit_price": (True, "number"), "title": (False, "text"), "customer": (False, "text"),
        "customer_name": (False, "text"), "email": (False, "text"), "phone": (False, "text"),
        "country": (False, "text"), "currency": (False, "text"), "rate": (False, "number"), "shipping": (False, "number"),
        "discount": (False, "number"), "tax": (False, "number"), "total": (False, "number"),
        "line_discount": (False, "number"), "line_tax": (False, "number"), "fulfilled_at": (False, "moment"),
        "cancelled_at": (False, "moment"), "ship_by": (False, "moment"), "shipping_method": (False, "text"),
        "tags": (False, "text"), "note": (False, "text"),
    },
    Kind.PRODUCTS: {
        "sku": (True, "text"), "title": (True, "text"), "handle": (False, "text"), "description": (False, "text"),
        "brand": (False, "text"), "kind": (False, "text"), "status": (False, "text"), "tags": (False, "text"),
        "option1_name": (False, "text"), "option1_value": (False, "text"), "option2_name": (False, "text"),
        "option2_value": (False, "text"), "option3_name": (False, "text"), "option3_value": (False, "text"),
        "barcode": (False, "text"), "price": (False, "number"), "compare_at_price": (False, "number"),
        "cost": (False, "number"), "grams": (False, "number"), "length_mm": (False, "number"),
        "width_mm": (False, "number"), "height_mm": (False, "number"), "hs_code": (False, "text"),
        "origin": (False, "text"), "image": (False, "text"), "on_hand": (False, "whole"),
    },
    Kind.STOCK: {
        "sku": (True, "text"), "on_hand": (True, "whole"), "location": (False, "text"),
    },
}  # fmt: skip


class Column(BaseModel):
    """Where a field comes from, and what happens to the cell on the way, in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = ""
    # The same for every row, instead of a column.
    constant: str = ""
    # Characters to take off both ends.
    strip: str = ""
    # Take one part of the cell: parted by `split`, counted from 0 (from the end when negative).
    split: Annotated[str, StringConstraints(strip_whitespace=False, max_length=5)] = ""
    part: int = 0
    # What some cells stand for.
    words: dict[str, str] = {}
    prefix: str = ""
    # Of numbers: 1000 makes grams of kilograms.
    multiply: Annotated[float, Field(gt=-1e9, lt=1e9)] = 1

    @model_validator(mode="after")
    def _one_source(self) -> Column:
        if bool(self.column) == bool(self.constant):
            raise ValueError("either a column or a constant")
        return self

    @property
    def plain(self) -> bool:
        """Whether the cell is taken as it is."""
        return bool(self.column) and not (self.strip or self.split or self.words or self.prefix or self.multiply != 1)


def named(name: str) -> str:
    """A mapping's name as it is kept: people may write underscores for hyphens."""
    return name.strip().lower().replace("_", "-")


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a pattern: {error}") from None
    return value


class Invoices(BaseModel):
    """How to read a journal of invoices, which has more in it than orders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # SKUs of goods; other codes are fees. Empty: all are goods.
    goods: str = ""
    # Numbers of invoices that give back earlier lines of the same customer and SKU.
    credits: str = ""
    # Numbers of invoices that only correct money.
    adjustments: str = ""
    # Rows of goods with less than nothing on other invoices are stock written off.
    write_offs: bool = False

    _patterns = field_validator("goods", "credits", "adjustments")(_pattern)


class Mapping(BaseModel):
    """What the columns of a file mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    kind: Kind
    doc: str = ""
    columns: dict[str, Column]
    # What the import's options are unless it says otherwise.
    channel: str = ""
    currency: str = ""
    zone: str = ""
    date_format: str = ""
    decimal: Literal["", "point", "comma"] = ""
    history: bool = False
    # Products are made of the SKUs that no product has yet.
    make_products: bool = False
    # Whether the units that it tells lie there, or can still be sold.
    meaning: Literal["on_hand", "available"] = "on_hand"
    invoices: Invoices = Invoices()

    @field_validator("name")
    @classmethod
    def _hyphens(cls, value: str) -> str:
        return named(value)

    @field_validator("date_format")
    @classmethod
    def _date_format(cls, value: str) -> str:
        try:
            return check_declared(value)
        except BadCell as error:
            raise ValueError(error.reason) from None

    @field_validator("columns", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: {"column": spec} if isinstance(spec, str) else spec for key, spec in value.items()}

    @model_validator(mode="after")
    def _complete(self) -> Mapping:
        fields = FIELDS[self.kind]
        if unknown := self.columns.keys() - fields.keys():
            raise ValueError(f"no such field: {', '.join(sorted(unknown))}; there are {', '.join(fields)}")
        if missing := [key for key, (needed, _) in fields.items() if needed and key not in self.columns]:
            raise ValueError(f"nothing fills {', '.join(missing)}")
        return self


@lru_cache(maxsize=1)
def shipped_mappings() -> dict[str, Mapping]:
    """The mappings that come with the program, by name."""
    folder = resources.files("stockwright.channels.files").joinpath("mappings")
    found = [
        Mapping.model_validate(tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return {mapping.name: mapping for mapping in sorted(found, key=lambda m: m.name)}
