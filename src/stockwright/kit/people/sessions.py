"""Sign-ins that last."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from stockwright.kit.clock import now


def end_sessions(person_id: int) -> int:
    """End every session of a person, for good.

    Units: how many there were.
    """
    # A session tells whose it is only when it is opened; a shop has as many as it has people and machines.
    live = Session.objects.filter(expire_date__gt=now()).iterator()
    theirs = [one.pk for one in live if one.get_decoded().get(SESSION_KEY) == str(person_id)]
    return Session.objects.filter(pk__in=theirs).delete()[0]
