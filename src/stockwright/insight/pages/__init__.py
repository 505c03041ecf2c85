"""The pages of Performance."""

from __future__ import annotations

from django.urls import path

from stockwright.insight.pages import kpi, overview, sentences

urlpatterns = [
    path("performance/", overview.performance, name="performance"),
    path("performance/count", overview.count_now, name="count_now"),
    path("performance/<slug:name>/", kpi.kpi, name="kpi"),
    path("performance/<slug:name>/series.csv", kpi.series_csv, name="kpi_csv"),
    path("performance/<slug:name>/records.csv", kpi.records_csv, name="kpi_records_csv"),
]

__all__ = ["kpi", "overview", "sentences", "urlpatterns"]
