"""The whole of a filtered list as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.sheets import write_csv, write_xlsx

if TYPE_CHECKING:
    from stockwright.kit.lists.record_list import RecordList

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(list_: RecordList, kind: str, rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """Stream every row as CSV, or as XLSX by way of a file that is gone once it is sent."""
    shop = calendar()
    name = f"{list_.name}-{shop.day(now()).isoformat()}.{kind}"
    heads = [str(column.label) for column in list_.columns]
    if kind == "csv":
        response: HttpResponseBase = StreamingHttpResponse(
            write_csv(heads, rows, zone=shop.zone), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    # Closed, and so removed, by the response.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    write_xlsx(heads, rows, file, zone=shop.zone, sheet=str(list_.title)[:31])
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
