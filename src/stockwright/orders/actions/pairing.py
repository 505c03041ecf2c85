"""Which line of an order here is which one that a channel tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

from stockwright.orders.actions.new import Known
from stockwright.orders.drafts import LineDraft
from stockwright.orders.models import OrderLine

# What makes a told line one that is here, the surest first: its variant, whatever that is called now; its SKU as
# ordered; its title where one of both has no SKU, or where the goods have left and can't be other ones any more.
# Of several lines of the same goods, those of as many units are each other's before all else.
_Marks: TypeAlias = tuple[Callable[[OrderLine], Hashable], Callable[[LineDraft, Known | None], Hashable]]
_EXACT: tuple[_Marks, ...] = (
    (
        lambda line: line.variant_id and (line.variant_id, line.unit_price, line.units),
        lambda told, known: known and (known.id, told.unit_price, told.units),
    ),
    (
        lambda line: line.sku and (line.kind, line.sku, line.unit_price, line.units),
        lambda told, known: _sku(told, known) and (told.kind, _sku(told, known), told.unit_price, told.units),
    ),
)
_MARKS: tuple[_Marks, ...] = (
    *_EXACT,
    (
        lambda line: line.variant_id and (line.variant_id, line.unit_price),
        lambda told, known: known and (known.id, told.unit_price),
    ),
    (lambda line: line.variant_id, lambda _, known: known and known.id),
    (
        lambda line: line.sku and (line.kind, line.sku, line.unit_price),
        lambda told, known: _sku(told, known) and (told.kind, _sku(told, known), told.unit_price),
    ),
    (
        lambda line: line.sku and (line.kind, line.sku),
        lambda told, known: _sku(told, known) and (told.kind, _sku(told, known)),
    ),
    (
        lambda line: (line.kind, line.sku, line.title, line.unit_price),
        lambda told, known: (told.kind, _sku(told, known), told.title[:300], told.unit_price),
    ),
    (
        lambda line: (line.kind, line.sku, line.title if line.kind == "goods" else ""),
        lambda told, known: (told.kind, _sku(told, known), told.title[:300] if told.kind == "goods" else ""),
    ),
    (
        lambda line: not line.sku and (line.kind, line.title, line.unit_price),
        lambda told, _: (told.kind, told.title[:300], told.unit_price),
    ),
    (
        lambda line: (line.kind, line.title, line.unit_price),
        lambda told, known: not _sku(told, known) and (told.kind, told.title[:300], told.unit_price),
    ),
    (
        lambda line: line.fulfilled > 0 and (line.kind, line.title, line.unit_price),
        lambda told, _: told.fulfilled != 0 and told.title and (told.kind, told.title[:300], told.unit_price),
    ),
)


def _sku(told: LineDraft, known: Known | None) -> str:
    return told.sku or (known.sku if known else "")


def paired(
    lines: Sequence[OrderLine], told: Sequence[LineDraft], found: Sequence[Known | None]
) -> list[OrderLine | None]:
    """The line of each told one, in their order; None for those that are new."""
    pairs: list[OrderLine | None] = [None] * len(told)
    free, open_ = list(lines), list(range(len(told)))
    tells_sent = any(line.fulfilled for line in told)
    if tells_sent:
        # What has left first, with what is told to have left: the same lines may be told in another order.
        free.sort(key=lambda line: -line.fulfilled)
        open_.sort(key=lambda at: -(told[at].fulfilled or 0))
    for step, (here, there) in enumerate(_MARKS):
        if not free or not open_:
            break
        marked: defaultdict[Hashable, list[OrderLine]] = defaultdict(list)
        for line in free:
            if mark := here(line):
                marked[mark].append(line)
        for at in open_:
            mark = there(told[at], found[at])
            same = marked.get(mark, []) if mark else []
            # As many units are no sign where less is told to have left than has: those may be another line's.
            least = told[at].fulfilled or 0 if tells_sent and step < len(_EXACT) else None
            fits = (i for i, line in enumerate(same) if least is None or line.fulfilled <= least)
            if (first := next(fits, None)) is not None:
                pairs[at] = same.pop(first)
        taken = {line.position for line in pairs if line}
        free = [line for line in free if line.position not in taken]
        open_ = [at for at in open_ if pairs[at] is None]
    return pairs
