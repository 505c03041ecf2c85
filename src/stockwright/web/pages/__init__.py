"""The pages of no room: acting, finding, the flow, settings, people, one's own things."""

from __future__ import annotations

from django.urls import path

from stockwright.web.pages import doing, finding, own, settings

urlpatterns = [
    path("do/<str:name>/", doing.do, name="do"),
    path("do-many/<str:name>/", doing.do_many, name="do_many"),
    path("undo/<uuid:call_id>/", doing.undo_call, name="undo"),
    path("pick/<str:type_>/", doing.pick, name="pick"),
    path("timeline/<str:type_>/<int:id_>/", finding.earlier, name="earlier"),
    path("palette/", finding.palette, name="palette"),
    path("profile/", own.profile, name="profile"),
    path("notifications/", own.notifications, name="notifications"),
    path("settings/", settings.settings, name="settings"),
    path("settings/people/", settings.people, name="people"),
    path("settings/api-keys/", settings.api_keys, name="api_keys"),
]
