"""Imports on the web: drop a file, look at what it would do, bring it in, see what did not go in."""

from __future__ import annotations

from django.urls import path

from stockwright.channels.pages import looking, mapping, records

urlpatterns = [
    path("imports/", records.imports, name="imports"),
    path("imports/new/", looking.new_import, name="import_new"),
    path("imports/samples/<str:name>", looking.sample_file, name="import_sample"),
    path("imports/file/<int:file_id>/", looking.look, name="import_look"),
    path("imports/file/<int:file_id>/start/", looking.start_import, name="import_start"),
    path("imports/file/<int:file_id>/map/", mapping.map_file, name="import_map"),
    path("imports/<int:import_id>/", records.one_import, name="import"),
    path("imports/<int:import_id>/rejects.csv", records.rejects_file, name="import_rejects"),
]
