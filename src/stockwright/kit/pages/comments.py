"""What people said of a record."""

from __future__ import annotations

from uuid import UUID

from stockwright.kit.models import Comment

COMMENTS = 50


def read_comments(type_: str, id_: int | UUID | str, *, before: int = 0) -> tuple[list[Comment], bool]:
    """The newest comments on a record (or the newest of those before one), and whether there are earlier ones.

    Shape: at most COMMENTS, in the order in which they were written; one query that an index answers.
    """
    said = Comment.objects.filter(type=type_, object_id=str(id_)).select_related("person").order_by("-pk")
    if before:
        said = said.filter(pk__lt=before)
    found = list(said[: COMMENTS + 1])
    return found[:COMMENTS][::-1], len(found) > COMMENTS
