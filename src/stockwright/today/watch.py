"""What the flow itself asks to be done: messages and effects that got stuck."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.kit.bulk import fetch
from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address
from stockwright.kit.people import Role
from stockwright.kit.proposals import Draft, Evidence, Found, Look, watcher

_INBOX = """
    SELECT topic, source, count(*), (array_agg(id ORDER BY id DESC))[1:2000], max(settled_at),
           (array_agg(reason ORDER BY id DESC))[1]
    FROM kit_inboxmessage WHERE state = 'quarantined' GROUP BY topic, source ORDER BY 3 DESC
"""
_OUTBOX = """
    SELECT kind, count(*), (array_agg(id ORDER BY id DESC))[1:2000], min(created_at), (array_agg(error ORDER BY id DESC))[1]
    FROM kit_outboxeffect WHERE state = 'quarantined' GROUP BY kind ORDER BY 2 DESC
"""


@watcher("flow.inbox", title=gettext_lazy("Messages that were refused"), every=2, roles=(Role.LEAD,))
def inbox(look: Look) -> Found:
    """What came in and could not be applied, by what it is and where it came from."""
    each = look.costs.late_order_cost
    drafts = []
    for topic, source, count, ids, last, reason in fetch(_INBOX):
        is_order = topic.startswith("order")
        drafts.append(
            Draft(
                subject=("inbox_message", 0),
                group=f"{topic} {source}"[:120],
                title=ngettext("Try {n} refused message again: {topic}", "Try {n} refused messages again: {topic}", count)
                .format(n=count, topic=topic),
                reason=_("From {source}. The last one said: {why}").format(source=source, why=reason[:300]),
                value=each * count if is_order else Decimal(0),
                how=_("{n} orders not in the books, each as a late order: {each}").format(
                    n=count, each=format_money(each, look.currency)) if is_order
                else _("its money is not known; nothing is lost while the message is kept"),
                action="inbox.replay",
                given={"ids": sorted(ids)},
                confidence=Decimal("0.5"),
                evidence=(
                    Evidence(_("Messages"), f"{count:,}", address("inbox")),
                    Evidence(_("Last refused"), f"{look.calendar.local(last):%d %b %H:%M}" if last else "–"),
                ),
                url=address("inbox"),
            )
        )  # fmt: skip
    return Found(drafts)


@watcher("flow.outbox", title=gettext_lazy("Effects that were not delivered"), every=2, roles=(Role.LEAD,))
def outbox(look: Look) -> Found:
    """What should have happened outside and failed for good, by kind."""
    each = look.costs.late_order_cost
    drafts = [
        Draft(
            subject=("outbox_effect", 0),
            group=kind[:120],
            title=ngettext("Send {n} failed effect again: {kind}", "Send {n} failed effects again: {kind}", count)
            .format(n=count, kind=kind),
            reason=_("The other side does not know since {day}. It said: {why}").format(
                day=f"{look.calendar.local(since):%d %b %H:%M}", why=error[:300]),
            value=each * count,
            how=_("each as a late order: {each}").format(each=format_money(each, look.currency)),
            action="outbox.replay",
            given={"ids": sorted(ids)},
            confidence=Decimal("0.5"),
            evidence=(Evidence(_("Effects"), f"{count:,}", address("outbox")),),
            url=address("outbox"),
        )
        for kind, count, ids, since, error in fetch(_OUTBOX)
    ]  # fmt: skip
    return Found(drafts)
