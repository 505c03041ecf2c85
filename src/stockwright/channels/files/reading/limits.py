"""How much a file may ask of us before it is refused."""

from __future__ import annotations

MAX_COLUMNS = 2_000
MAX_CELL = 1_000_000
# Characters in one physical line.
MAX_LINE = 4_000_000
# Of an XLSX once unpacked; a spreadsheet of a million rows has some 500 MB.
MAX_UNPACKED = 1_500_000_000
# Unpacked to packed; XML of real sheets stays below 60.
MAX_RATIO = 200
# Sheets smaller than this may compress as they like.
RATIO_COUNTS_FROM = 20_000_000
MAX_PARTS = 10_000
# Places in the rectangle that a sheet's cells reach over: any sheet may have so many, a larger one so many for each cell.
SMALL_AREA = 5_000_000
AREA_OF_CELL = 20
