"""Opens a file as a table of rows, whatever it is: CSV, XLSX or Parquet."""

from __future__ import annotations

from stockwright.channels.files.reading.opening import open_table
from stockwright.channels.files.reading.table import BadRow, Evidence, Row, Table

__all__ = ["BadRow", "Evidence", "Row", "Table", "open_table"]
