"""What people type, as questions that indexes answer."""

from __future__ import annotations

from django.contrib.postgres.search import SearchQuery

# As many hits as a search keeps; more means that it is too wide to be read anyway.
HITS = 1000
LONGEST = 8


def words_query(text: str) -> SearchQuery:
    """Every word must be there, each as the beginning of one: "anna sch" finds Anna Schmidt."""
    cleaned = (word.replace("\\", "").replace("'", "''") for word in text.split()[:LONGEST])
    words = [f"'{word}':*" for word in cleaned if word]
    if not words:
        return SearchQuery("", config="simple")
    return SearchQuery(" & ".join(words), search_type="raw", config="simple")
