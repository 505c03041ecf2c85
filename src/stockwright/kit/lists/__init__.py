"""Lists of records: declared once, filtered, searched, paged by key, saved, exported, acted upon."""

from __future__ import annotations

from stockwright.kit.lists.cells import dialog_column
from stockwright.kit.lists.export import export
from stockwright.kit.lists.parts import Column, Filter, Sort, View
from stockwright.kit.lists.record_list import RecordList

__all__ = ["Column", "Filter", "RecordList", "Sort", "View", "dialog_column", "export"]
