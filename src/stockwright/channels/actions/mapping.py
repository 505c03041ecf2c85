"""What the columns of a file mean, kept under a name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.channels.files.mapped import named
from stockwright.channels.imports.kinds import checked_mapping
from stockwright.channels.models import ImportMapping
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.errors import NotFound


class MapGiven(Given):
    """A whole mapping, as `channels.files.mapped.Mapping`."""

    mapping: dict[str, Any] = Field(title=str(_("Mapping")))


@action("import.map", title=str(_("Save mapping")), for_people=False)
def save_mapping(call: Call, given: MapGiven) -> dict[str, Any]:
    """Keep a mapping; one of the same name is replaced. Raises: BadMapping."""
    mapping = checked_mapping(given.mapping)
    row, new = ImportMapping.objects.update_or_create(
        name=mapping.name,
        defaults={
            "title": mapping.title, "kind": mapping.kind.value, "spec": mapping.model_dump(mode="json"),
            "updated_at": call.at,
        },
        create_defaults={
            "title": mapping.title, "kind": mapping.kind.value, "spec": mapping.model_dump(mode="json"),
            "created_at": call.at, "updated_at": call.at,
        },
    )  # fmt: skip
    call.record("mapping.saved", ("mapping", row.pk), name=mapping.name, new=new)
    return {"mapping_id": row.pk, "name": mapping.name}


class UnmapGiven(Given):
    """Which mapping."""

    name: str = Field(title=str(_("Name")))


@action("import.unmap", title=str(_("Delete mapping")), dangerous=True, for_people=False)
def drop_mapping(call: Call, given: UnmapGiven) -> dict[str, Any]:
    """Forget a saved mapping; imports made with it keep their copy. Raises: NotFound."""
    row = ImportMapping.objects.filter(name=named(given.name)).first()
    if row is None:
        raise NotFound(what="mapping", which=given.name)
    spec = row.spec
    call.record("mapping.deleted", ("mapping", row.pk), name=row.name)
    row.delete()
    return {"mapping": spec}
