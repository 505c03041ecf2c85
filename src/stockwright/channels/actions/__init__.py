"""What can be done with files and mappings."""

from __future__ import annotations

from stockwright.channels.actions.mapping import MapGiven, drop_mapping, save_mapping
from stockwright.channels.actions.products import save_products
from stockwright.channels.actions.run import all_read, begin, cancel, fail, finish
from stockwright.channels.actions.start import AddFileGiven, Started, StartGiven, add_file, start
from stockwright.channels.actions.write_off import write_off

__all__ = [
    "AddFileGiven",
    "MapGiven",
    "StartGiven",
    "Started",
    "add_file",
    "all_read",
    "begin",
    "cancel",
    "drop_mapping",
    "fail",
    "finish",
    "save_mapping",
    "save_products",
    "start",
    "write_off",
]
