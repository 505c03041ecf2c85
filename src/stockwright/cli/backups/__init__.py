"""Backups: the database and the stored files as one checked file."""
