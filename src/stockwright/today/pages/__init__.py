"""The pages of Today."""

from __future__ import annotations

from django.urls import path

from stockwright.kit.pages import counts_work
from stockwright.today import queries
from stockwright.today.pages import deciding, sentences, showing

counts_work("today")(queries.open_count)

urlpatterns = [
    path("", showing.today, name="today"),
    path("today/list", showing.rows, name="today_list"),
    path("today/decided", showing.decided, name="today_decided"),
    path("today/look-again", deciding.look_again, name="today_look"),
    path("today/many", deciding.many, name="today_many"),
    path("today/<int:proposal_id>/", showing.proposal, name="proposal"),
    path("today/<int:proposal_id>/preview", showing.preview, name="proposal_preview"),
    path("today/<int:proposal_id>/apply", deciding.apply, name="proposal_apply"),
    path("today/<int:proposal_id>/edit", deciding.edit, name="proposal_edit"),
    path("today/<int:proposal_id>/snooze", deciding.snooze, name="proposal_snooze"),
    path("today/<int:proposal_id>/dismiss", deciding.dismiss, name="proposal_dismiss"),
    path("today/<int:proposal_id>/assign", deciding.assign, name="proposal_assign"),
]

__all__ = ["deciding", "sentences", "showing", "urlpatterns"]
