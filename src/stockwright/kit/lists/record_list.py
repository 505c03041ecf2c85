"""One list of records: from a request to a page, a file, or the next page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.http import HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stockwright.kit.actions import Action, all_actions
from stockwright.kit.lists.cells import cell, plain_value
from stockwright.kit.lists.export import export
from stockwright.kit.lists.keyset import beyond, encode, ordered
from stockwright.kit.lists.parts import Column, Filter, Rows, Sort, View
from stockwright.kit.lists.saved import Tab, saved_tabs
from stockwright.kit.pages import PageRequest, must
from stockwright.kit.pages.names import address

PAGE = 50
# Counting stops here: more than this is "1,000+".
BOUND = 1000
CHUNK = 1000
# Of an address, not of a view: where in the list we are.
PLACE = ("after", "before", "export", "panel")


@dataclass(slots=True)
class State:
    """What the address asks for."""

    query: QueryDict
    view: View | None
    sort: Sort
    sort_name: str
    descending: bool
    text: str
    filters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordList:
    """The declaration of a list.

    `source` gives the rows this request may see; `search` narrows them by what is typed, by an index; `prepare` fetches
    for a whole page (or a chunk of a file) what the columns need beyond the rows themselves.
    """

    name: str
    title: Any
    source: Callable[[], Rows]
    columns: Sequence[Column]
    sorts: dict[str, Sort]
    # "-placed": a sort's name, with a minus for descending.
    default_sort: str
    # The url name of a record's page, given its key.
    row_url: str = ""
    # Whether a record's page answers ?panel=1 with a fragment for the side.
    panel: bool = False
    views: Sequence[View] = ()
    filters: Sequence[Filter] = ()
    search: Callable[[Rows, str], Rows] | None = None
    search_hint: Any = ""
    bulk: Sequence[str] = ()
    prepare: Callable[[list[Any]], None] | None = None
    # Small tables are counted as they are filtered; big ones never.
    small: bool = False
    empty: tuple[str, Any, Any] = ("inbox", "", "")
    # Where one begins while there is nothing: the page's url name, what its button says, and the permission it asks for.
    start: tuple[str, Any, str] = ("", "", "")
    template: str = "stockwright/list.html"

    def respond(self, request: PageRequest, **context: Any) -> HttpResponseBase:
        """The list as the address asks for it: a page, or a file of all of it."""
        state = self.read(request)
        rows = self.narrowed(state)
        kind = request.GET.get("export")
        if kind in ("csv", "xlsx"):
            must(request, self.export_permission)
            heads = [column.label for column in self.columns]
            found = self.chunks(ordered(rows, state.sort, descending=state.descending))
            return export(self.name, heads, found, kind=kind, sheet=self.title)
        page, newer, older = self.page(request, state, rows)
        if self.prepare is not None:
            self.prepare(page)
        return render(request, self.template, {**self._context(request, state, rows, page, newer, older), **context})

    @property
    def export_permission(self) -> str:
        """What taking the whole list away in a file asks for, besides seeing it."""
        return f"export.{self.name}"

    def read(self, request: PageRequest) -> State:
        """What the address asks for; unknown names are as if not said."""
        query = request.GET.copy()
        for name in PLACE:
            query.pop(name, None)
        views = {view.name: view for view in self.views}
        view = views.get(query.get("view", ""), self.views[0] if self.views and not query.get("saved") else None)
        wanted = query.get("sort") or (view.sort if view and view.sort else self.default_sort)
        name = wanted.lstrip("-")
        if name not in self.sorts:
            wanted, name = self.default_sort, self.default_sort.lstrip("-")
        asked = {f.name: v for f in self.filters if (v := query.get(f.name, "").strip())}
        text = query.get("q", "").strip()[:200]
        return State(query, view, self.sorts[name], name, wanted.startswith("-"), text, asked)

    def narrowed(self, state: State) -> Rows:
        """The rows that match view, filters and search."""
        rows = self.source()
        if state.view is not None:
            rows = state.view.narrow(rows)
        for asked in self.filters:
            if asked.name in state.filters:
                rows = asked.apply(rows, state.filters[asked.name])
        if state.text and self.search is not None:
            rows = self.search(rows, state.text)
        return rows

    def page(self, request: PageRequest, state: State, rows: Rows) -> tuple[list[Any], str, str]:
        """One page, and the cursors of the pages before and after it ("" where there is none)."""
        after, before = request.GET.get("after", ""), request.GET.get("before", "")
        turned = bool(before)
        descending = state.descending != turned
        found = ordered(rows, state.sort, descending=descending)
        if after or before:
            found = beyond(found, state.sort, before or after, descending=descending)
        page = list(found[: PAGE + 1])
        more, page = len(page) > PAGE, page[:PAGE]
        if turned:
            page.reverse()
        has_newer, has_older = (more, True) if turned else (bool(after), more)
        first = encode(page[0], state.sort) if page and has_newer else ""
        last = encode(page[-1], state.sort) if page and has_older else ""
        return page, first, last

    def chunks(self, rows: Rows) -> Iterable[Sequence[Any]]:
        """The plain values of every row for a file, without holding them all."""
        found = rows.iterator(chunk_size=CHUNK)
        while chunk := list(islice(found, CHUNK)):
            if self.prepare is not None:
                self.prepare(chunk)
            for row in chunk:
                yield [plain_value(column, row) for column in self.columns]

    def bulk_actions(self, request: PageRequest) -> list[Action]:
        """What may be done to the selected rows."""
        known = {action.name: action for action in all_actions()}
        return [known[name] for name in self.bulk if name in known and request.actor.may(name)]

    def _context(  # noqa: PLR0917 - the page as it was found
        self, request: PageRequest, state: State, rows: Rows, page: list[Any], newer: str, older: str
    ) -> dict[str, Any]:
        shown = [column for column in self.columns if not column.hidden]
        bulk = self.bulk_actions(request)
        page_to_start, start, permission = self.start
        narrowed = bool(state.text or state.filters)
        # Not one record anywhere: then there is nothing to choose between, only something to begin with.
        nothing = not page and not narrowed and not self.source().exists()
        return {
            "list": self,
            # A template would call it.
            "searchable": self.search is not None,
            "state": state,
            "title": self.title,
            "nothing": nothing,
            "start": (address(page_to_start), start) if page_to_start and request.actor.may(permission) else ("", ""),
            "tabs": [] if nothing else self._tabs(request, state),
            "heads": [self._head(column, state) for column in shown],
            "rows": [
                (
                    row.pk,
                    address(self.row_url, row.pk) if self.row_url else "",
                    [cell(c, row, self.row_url) for c in shown],
                )
                for row in page
            ],
            "bulk": bulk,
            "filters": [self._filter(asked, state) for asked in self.filters],
            "chips": [self._chip(asked, state) for asked in self.filters if asked.name in state.filters],
            "newer": self._link(state, before=newer) if newer else "",
            "older": self._link(state, after=older) if older else "",
            "count": self._count_words(state, rows, page, newer, older),
            "may_export": request.actor.may(self.export_permission),
            "csv": self._link(state, export="csv"),
            "xlsx": self._link(state, export="xlsx"),
            "kept": [(k, v) for k, vs in state.query.lists() for v in vs if k != "q"],
            "kept_by_filters": [(k, v) for k, vs in state.query.lists() for v in vs if k not in self._filter_names()],
            "query": state.query.urlencode(),
            "narrowed": narrowed,
            "clear": f"?view={state.view.name}" if state.view else "?",
            "everything": f"?view={self.views[-1].name}" if self.views else "?",
        }

    def _filter_names(self) -> set[str]:
        return {asked.name for asked in self.filters}

    def _tabs(self, request: PageRequest, state: State) -> list[Tab]:
        saved = state.query.get("saved", "")
        tabs = [
            Tab(
                label=str(view.label),
                url=f"?view={view.name}",
                here=view is state.view and not saved,
                count=self._bounded(view.narrow(self.source())) if view.counted else "",
            )
            for view in self.views
        ]
        return tabs + saved_tabs(self.name, request.user, saved, first=not self.views)

    def _head(self, column: Column, state: State) -> dict[str, Any]:
        here = column.sort and column.sort == state.sort_name
        turned = f"-{column.sort}" if here and not state.descending else column.sort
        return {
            "column": column,
            "url": self._link(state, sort=turned) if column.sort else "",
            "order": ("descending" if state.descending else "ascending") if here else "",
        }

    def _filter(self, asked: Filter, state: State) -> dict[str, Any]:
        return {
            "filter": asked,
            "value": state.filters.get(asked.name, ""),
            "choices": list(asked.choices()) if asked.choices else [],
        }

    def _chip(self, asked: Filter, state: State) -> dict[str, Any]:
        value = state.filters[asked.name]
        words = dict(asked.choices()) if asked.choices else {}
        said = _("yes") if asked.kind == "flag" else str(words.get(value, value))
        return {"label": asked.label, "value": said, "url": self._link(state, **{asked.name: ""})}

    def _link(self, state: State, **changes: str) -> str:
        query = state.query.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"

    def _bounded(self, rows: Rows) -> str:
        count = rows.order_by()[: BOUND + 1].count()
        return f"{BOUND:,}+" if count > BOUND else f"{count:,}"

    def _count_words(self, state: State, rows: Rows, page: list[Any], newer: str, older: str) -> str:
        if not newer and not older:
            return ngettext("{n} in all", "{n} in all", len(page)).format(n=f"{len(page):,}")
        cheap = self.small or (state.view is not None and state.view.counted and not state.filters and not state.text)
        if not cheap:
            return ngettext("{n} shown", "{n} shown", len(page)).format(n=len(page))
        return _("{shown} of {all}").format(shown=len(page), all=self._bounded(rows))
