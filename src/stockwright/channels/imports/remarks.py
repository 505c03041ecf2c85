"""What is said of an import beside its counts."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

SKIPPED, LEFT_OUT, AVAILABLE, BACKORDERED, SENT, ADOPTED = (
    "skipped", "left_out", "available", "backordered", "sent", "adopted",
)  # fmt: skip
_SENTENCES = {
    SKIPPED: _(
        "%(n)s stock rows were left alone: this very file was the last to tell them, and things may have moved since."
        " Import it with “again” to set them anyway."
    ),
    LEFT_OUT: _("%(n)s stock rows were left out: setting stock needs the permission stock.set_on_hand."),
    AVAILABLE: _(
        "%(n)s stock rows say what can still be sold; what our orders hold is added to find what lies there. Import the"
        " open orders first."
    ),
    BACKORDERED: _("%(n)s of them are below nothing: more was sold than there is."),
    SENT: _(
        "%(n)s units had left with orders after stock was last told: they are still counted as on hand. Import a newer"
        " stock file."
    ),
    ADOPTED: _("The shop counts in the currency of these orders from now on: nobody had said which."),
}


def sentences(remarks: Mapping[str, int]) -> list[str]:
    """Remarks in words."""
    return [str(text) % {"n": f"{remarks[code]:,}"} for code, text in _SENTENCES.items() if remarks.get(code)]
