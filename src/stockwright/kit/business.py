"""The shop's own settings, each a typed value by name, changed by an action."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.cache import cache
from pydantic import BaseModel, ConfigDict, Field, field_validator

from stockwright.kit.clock import BusinessCalendar
from stockwright.kit.models import Setting
from stockwright.kit.money import CURRENCIES, Currency


class SettingGroup(BaseModel):
    """A named group of settings; a missing row means its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shop(SettingGroup):
    """Who we are and what money we count in."""

    name: str = Field("My shop", title="Name of the shop", max_length=100)
    currency: Currency = Field("EUR", title="Shop currency", description="Three letters, ISO 4217.")


class Hours(SettingGroup):
    """When orders are worked on, and so when they are promised to leave."""

    zone: str = Field("UTC", title="Time zone", description="Such as Europe/Amsterdam.")
    working_days: tuple[int, ...] = Field((1, 2, 3, 4, 5), title="Working days", description="1 is Monday.")
    holidays: tuple[date, ...] = Field((), title="Holidays")
    cut_off: time = Field(time(14, 0), title="Cut-off", description="Orders before it leave the same day.")
    opens: time = Field(time(8, 0), title="Opens")
    closes: time = Field(time(17, 0), title="Closes")
    handling_days: int = Field(0, title="Handling days", ge=0, le=30)
    late_soon_hours: int = Field(4, title="Warn before the promise (hours)", ge=0, le=72)
    held_too_long_hours: int = Field(24, title="Held too long after (working hours)", ge=1, le=1000)

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not a known time zone")
        return ZoneInfo(value).key

    @field_validator("working_days")
    @classmethod
    def _week(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or any(day not in range(1, 8) for day in value):
            raise ValueError("at least one of 1 (Monday) to 7 (Sunday)")
        return tuple(sorted(set(value)))

    def calendar(self) -> BusinessCalendar:
        """The calendar these settings make."""
        return BusinessCalendar(
            zone=self.zone,
            working_days=frozenset(self.working_days),
            holidays=frozenset(self.holidays),
            cut_off=self.cut_off,
            opens=self.opens,
            closes=self.closes,
        )


class Costs(SettingGroup):
    """Rates that turn delays into money; every estimate on a page names the rate it used."""

    late_order_cost: Decimal = Field(Decimal("8.00"), title="Cost of a late order", ge=0)
    late_loss_share: Decimal = Field(Decimal("0.10"), title="Share of a late order's value at risk", ge=0, le=1)
    lost_sale_share: Decimal = Field(Decimal("0.50"), title="Share of a short line's value lost", ge=0, le=1)


class Rates(SettingGroup):
    """What other money is worth: orders in it are counted in the shop's own."""

    rates: dict[str, Annotated[Decimal, Field(gt=0, le=Decimal(10) ** 9, decimal_places=8)]] = Field(
        default_factory=dict,
        title="Rates",
        description="What one unit of other money is worth in the shop's currency.",
    )

    @field_validator("rates")
    @classmethod
    def _known(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        if unknown := sorted(code for code in value if code.upper() not in CURRENCIES):
            raise ValueError(f"not a currency of ISO 4217: {', '.join(unknown)}")
        return {code.upper(): rate for code, rate in value.items()}


GROUPS: dict[str, type[SettingGroup]] = {"shop": Shop, "hours": Hours, "costs": Costs, "rates": Rates}
S = TypeVar("S", bound=SettingGroup)


def setting(group: type[S]) -> S:
    """The present settings of a group (cached for a few seconds in each process)."""
    name = next(n for n, g in GROUPS.items() if g is group)
    held: Any = cache.get(f"setting:{name}")
    if held is None:
        held = read_setting(name)
        cache.set(f"setting:{name}", held, 5)
    return held  # type: ignore[no-any-return]


def read_setting(name: str) -> SettingGroup:
    """The settings of a group as the database has them now; what an older or newer version stored beside is ignored."""
    group = GROUPS[name]
    row = Setting.objects.filter(pk=name).first()
    value = row.value if row else {}
    return group.model_validate({field: held for field, held in value.items() if field in group.model_fields})


def calendar() -> BusinessCalendar:
    """The shop's calendar."""
    return setting(Hours).calendar()


def forget_settings() -> None:
    """Drop what this process remembers of the settings, after a change."""
    cache.delete_many([f"setting:{name}" for name in GROUPS])
