"""Runs the command line as `python -m stockwright`."""

from __future__ import annotations

from stockwright.cli.main import main

if __name__ == "__main__":
    main()
