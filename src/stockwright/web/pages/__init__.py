"""The pages of no room: acting, finding, the flow, settings, people, one's own things."""

from __future__ import annotations

from django.urls import path

from stockwright.web.pages import doing, finding, flow, knowing, many, own, settings, team  # noqa: F401 - knowing registers

urlpatterns = [
    path("do/<str:name>/", doing.do, name="do"),
    path("do-many/<str:name>/", many.do_many, name="do_many"),
    path("undo/<uuid:call_id>/", doing.undo_call, name="undo"),
    path("pick/<str:type_>/", doing.pick, name="pick"),
    path("timeline/<str:type_>/<int:id_>/", finding.earlier, name="earlier"),
    path("comments/<str:type_>/<str:id_>/", finding.earlier_comments, name="earlier_comments"),
    path("palette/", finding.palette, name="palette"),
    path("profile/", own.profile, name="profile"),
    path("notifications/", own.notifications, name="notifications"),
    path("inbox/", flow.inbox, name="inbox"),
    path("inbox/<int:pk>/", flow.inbox_message, name="inbox_message"),
    path("outbox/", flow.outbox, name="outbox"),
    path("outbox/<int:pk>/", flow.outbox_effect, name="outbox_effect"),
    path("calls/", flow.calls, name="calls"),
    path("calls/<uuid:pk>/", flow.call, name="call"),
    path("settings/", settings.settings, name="settings"),
    path("settings/people/", team.people, name="people"),
    path("settings/people/<int:pk>/", team.person, name="person"),
    path("settings/api-keys/", team.api_keys, name="api_keys"),
]
