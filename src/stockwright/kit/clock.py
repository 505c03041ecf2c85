"""Time as a shop lives it: a business time zone, working days, cut-offs. Pure but for `now`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """When the shop works.

    Units: `working_days` are ISO weekdays (1 Monday .. 7 Sunday); `cut_off`, `opens` and `closes` are local times.
    """

    zone: str = "UTC"
    working_days: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    holidays: frozenset[date] = field(default_factory=frozenset)
    cut_off: time = time(14, 0)
    opens: time = time(8, 0)
    closes: time = time(17, 0)

    def local(self, moment: datetime) -> datetime:
        """The moment on the shop's own clock."""
        return moment.astimezone(ZoneInfo(self.zone))

    def day(self, moment: datetime) -> date:
        """The business date of a moment."""
        return self.local(moment).date()

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """The first instant of a local day and of the next, in UTC (23 or 25 hours apart when clocks change)."""
        zone = ZoneInfo(self.zone)
        start = datetime.combine(day, time(), zone)
        end = datetime.combine(day + timedelta(days=1), time(), zone)
        return start.astimezone(UTC), end.astimezone(UTC)

    def works(self, day: date) -> bool:
        """Is it a working day?"""
        return day.isoweekday() in self.working_days and day not in self.holidays

    def next_working_day(self, day: date) -> date:
        """The day itself if the shop works, else the first after it that does."""
        for step in range(400):
            candidate = day + timedelta(days=step)
            if self.works(candidate):
                return candidate
        # A calendar without any working day must not loop for ever.
        return day

    def ship_by(self, placed_at: datetime, handling_days: int = 0) -> datetime:
        """The instant by which an order is promised to leave.

        Placed before the cut-off of a working day, it leaves that day; otherwise the next working day; handling
        days push it by working days. It is due at closing time, on the shop's clock.
        """
        local = self.local(placed_at)
        day = local.date()
        if self.works(day) and local.time() >= self.cut_off:
            day += timedelta(days=1)
        day = self.next_working_day(day)
        for _ in range(handling_days):
            day = self.next_working_day(day + timedelta(days=1))
        return datetime.combine(day, self.closes, ZoneInfo(self.zone)).astimezone(UTC)

    def working_hours(self, start: datetime, end: datetime) -> float:
        """Hours between two moments that lie within opening hours of working days."""
        if end <= start:
            return 0.0
        zone = ZoneInfo(self.zone)
        day, last = self.day(start), self.day(end)
        seconds = 0.0
        while day <= last:
            if self.works(day):
                opens = max(start, datetime.combine(day, self.opens, zone))
                closes = min(end, datetime.combine(day, self.closes, zone))
                seconds += max(0.0, (closes.astimezone(UTC) - opens.astimezone(UTC)).total_seconds())
            day += timedelta(days=1)
        return seconds / 3600
