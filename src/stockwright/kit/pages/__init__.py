"""What a room needs to show pages: the door, names of records, sentences of the timeline, search, counts of work.

Templates extend "stockwright/page.html"; the blocks and components are listed in web/README.md.
"""

from __future__ import annotations

from stockwright.kit.pages.comments import read_comments
from stockwright.kit.pages.counts import all_counts, counts_work
from stockwright.kit.pages.door import PageRequest, act, key_of, must, page, problem_page, say
from stockwright.kit.pages.finding import Found, all_searches, finds
from stockwright.kit.pages.names import Named, name_all, name_of, names
from stockwright.kit.pages.sentences import Line, read_timeline, say_effect, say_fact, sentences, tell

__all__ = [
    "Found",
    "Line",
    "Named",
    "PageRequest",
    "act",
    "all_counts",
    "all_searches",
    "counts_work",
    "finds",
    "key_of",
    "must",
    "name_all",
    "name_of",
    "names",
    "page",
    "problem_page",
    "read_comments",
    "read_timeline",
    "say",
    "say_effect",
    "say_fact",
    "sentences",
    "tell",
]
