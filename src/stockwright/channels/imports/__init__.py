"""The way of a file: stored, read into the inbox, applied, settled."""
