"""Where somebody or something is, as people type it and as channels tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(max_length=200)]
# To read, more lines than these are no address.
_LINES = 9


class Address(BaseModel):
    """Where to."""

    # A channel's address may have words of its own; they stay.
    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True)

    name: Annotated[Text, Field(title=str(_("Name")))] = ""
    company: Annotated[Text, Field(title=str(_("Company")))] = ""
    address1: Annotated[Text, Field(title=str(_("Street and number")))] = ""
    address2: Annotated[Text, Field(title=str(_("Further line")))] = ""
    zip: Annotated[Text, Field(title=str(_("Postcode")))] = ""
    city: Annotated[Text, Field(title=str(_("Town")))] = ""
    province: Annotated[Text, Field(title=str(_("Province")))] = ""
    country: Annotated[str, Field(title=str(_("Country")), description=str(_("Two letters.")), max_length=40)] = ""
    phone: Annotated[Text, Field(title=str(_("Telephone")))] = ""

    def kept(self) -> dict[str, Any]:
        """What it says, without what was left empty: as records keep it."""
        return {name: value for name, value in self.model_dump().items() if value}


def address_lines(address: Mapping[str, Any]) -> list[str]:
    """A kept address as lines to read; words of a channel's own come last."""
    known = [str(address[name]) for name in Address.model_fields if address.get(name)]
    rest = [str(v) for k, v in address.items() if k not in Address.model_fields and isinstance(v, str) and v]
    return list(dict.fromkeys([*known, *rest]))[:_LINES]
