"""What people say on records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.models import Comment, Notification, Person
from stockwright.kit.pages.names import Named, find_named, permission_of
from stockwright.kit.people import actor_of
from stockwright.kit.people.mentions import mentioned
from stockwright.kit.verbs.person import own_id

_EXCERPT = 140


@dataclass(frozen=True, slots=True)
class Commented:
    """A comment, and who was told of it."""

    comment_id: int
    mentioned: tuple[int, ...]


class CommentGiven(Given):
    """What to say, and on which record."""

    type: str = Field(title="Type of record", pattern=r"^[a-z][a-z_]{0,39}$")
    object_id: Annotated[int, Field(ge=1, lt=2**63)] | UUID = Field(title="Record")
    text: str = Field(title="Comment", min_length=1, max_length=5000, description="@name tells somebody.")


@action("comment.add", title=_("Comment"), for_people=False)
def add(call: Call, given: CommentGiven) -> Commented:
    """Write on a record; whoever is mentioned and may read it is notified, and by mail too if they asked for it.

    Raises: NotFound, NotPermitted where the record may not be read.
    """
    author = own_id(call)
    permission = permission_of(given.type)
    if permission and not call.actor.may(permission):
        raise call.actor.refusal(permission)
    record = find_named(given.type, given.object_id)
    comment = Comment.objects.create(
        type=given.type, object_id=str(given.object_id), person_id=author, text=given.text, created_at=call.at
    )
    everybody = Person.objects.filter(is_active=True).in_bulk()
    active = {id_: p for id_, p in everybody.items() if not permission or actor_of(p).may(permission)}
    people = [(p.pk, p.name, p.email) for p in active.values()]
    told = [active[id_] for id_ in mentioned(given.text, people) if id_ != author]
    comment.mentions.set(told)
    _notify(call, comment, record, told)
    # The journal knows records by number; what is said of an action call is a fact about who said it.
    about = (given.type, given.object_id) if isinstance(given.object_id, int) else ("person", author)
    call.record(
        "comment.added", about, *(("person", p.pk, "mentioned") for p in told),
        text=given.text[:500], comment=comment.pk,
    )  # fmt: skip
    return Commented(comment.pk, tuple(p.pk for p in told))


def _notify(call: Call, comment: Comment, record: Named, told: list[Person]) -> None:
    text = f"{call.actor.name} on {record.label}: {' '.join(comment.text.split())[:_EXCERPT]}"[:300]
    Notification.objects.bulk_create(
        Notification(person=person, text=text, url=record.url[:300], created_at=call.at) for person in told
    )
    for person in told:
        if person.preferences.get("mail_mentions"):
            link = f"\n\n{settings.PUBLIC_URL}{record.url}" if record.url else ""
            payload = {"to": [person.email], "subject": text[:120], "text": f"{comment.text}{link}"}
            call.effect("mail.send", payload, key=f"mention:{comment.pk}:{person.pk}")
