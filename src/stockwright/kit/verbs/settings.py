"""The shop's own settings."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field, ValidationError

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.business import GROUPS, forget_settings, read_setting
from stockwright.kit.errors import BadInput, NotFound
from stockwright.kit.locks import wait_lock
from stockwright.kit.models import Setting


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The settings that changed, as they were and as they are."""

    group: str
    before: dict[str, Any]
    after: dict[str, Any]


class ChangeSettingsGiven(Given):
    """Which group, and the values that change; the others stay."""

    group: str = Field(title="Group", max_length=60)
    values: dict[str, Any] = Field(title="Values")


def settings_id(group: str) -> int:
    """The number under which a group of settings stands in the journal, as type `settings`."""
    return zlib.crc32(group.encode())


def _back(given: Any, result: Any) -> tuple[str, dict[str, Any]] | None:
    return ("settings.change", {"group": given["group"], "values": result["before"]}) if result["before"] else None


@action("settings.change", title=_("Change settings"), inverse=_back)
def change(call: Call, given: ChangeSettingsGiven) -> SettingsChanged:
    """Change some settings of a group.

    Locks: the group, so that two changes at once both hold.
    Raises: NotFound, BadInput.
    """
    group = GROUPS.get(given.group)
    if group is None:
        raise NotFound(what="group of settings", which=given.group)
    wait_lock(f"settings {given.group}")
    old = read_setting(given.group).model_dump(mode="json")
    try:
        new = group.model_validate({**old, **given.values}).model_dump(mode="json")
    except ValidationError as error:
        problems = tuple(
            {"field": ".".join(("values", *map(str, e["loc"]))), "message": e["msg"], "type": e["type"]}
            for e in error.errors()
        )
        raise BadInput(problems) from None
    changed = [name for name in new if new[name] != old[name]]
    Setting.objects.update_or_create(name=given.group, defaults={"value": new, "changed_at": call.at})
    # Only after the commit: a change that is rolled back must not be remembered, nor the old value in between.
    transaction.on_commit(forget_settings)
    before, after = {name: old[name] for name in changed}, {name: new[name] for name in changed}
    if changed:
        call.record("settings.changed", ("settings", settings_id(given.group)), before=before, after=after)
    return SettingsChanged(given.group, before, after)
