"""The whole of a filtered list as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.sheets import write_csv, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(
    name: str, heads: Sequence[Any], rows: Iterable[Sequence[Any]], *, kind: str = "csv", sheet: Any = ""
) -> HttpResponseBase:
    """Stream every row as CSV, or as XLSX by way of a file that is gone once it is sent."""
    shop = calendar()
    file_name = f"{name}-{shop.day(now()).isoformat()}.{kind}"
    heads = [str(head) for head in heads]
    if kind == "csv":
        response: HttpResponseBase = StreamingHttpResponse(
            write_csv(heads, rows, zone=shop.zone), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return response
    # Closed, and so removed, by the response.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    write_xlsx(heads, rows, file, zone=shop.zone, sheet=str(sheet)[:31])
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=file_name, content_type=XLSX)
