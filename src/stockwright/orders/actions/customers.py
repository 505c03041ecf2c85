"""Who buys: found by what the channel calls them or by e-mail address, made where new, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from stockwright.kit.actions import Call
from stockwright.kit.bulk import as_array, execute, fetch, reserve_ids
from stockwright.orders.drafts import CustomerDraft, OrderDraft

# (channel code, external id)
Outside = tuple[str, str]


def resolve_customers(call: Call, drafts: Sequence[OrderDraft]) -> list[int | None]:
    """The customer of each draft, made or completed as needed; None for an order that names nobody.

    Locks: customers, before any level and order: new ones in order of their addresses, known ones in key order.
    """
    people = [_person(draft) for draft in drafts]
    outside = {(d.channel, p.external_id) for d, p in zip(drafts, people, strict=True) if p and p.external_id}
    emails = {p.email.upper() for p in people if p and p.email}
    if not outside and not emails:
        return [None] * len(drafts)
    by_ref = _by_ref(outside)
    by_email = _by_email(emails)
    missing = _missing(drafts, people, by_ref, by_email)
    made = _insert(missing)
    by_email.update({email: id_ for email, id_ in made.items() if isinstance(email, str)})
    # Somebody else may have made the same customer in this moment.
    lost = {key for key, _, _ in missing if isinstance(key, str) and key not in by_email}
    by_email.update(_by_email(lost))
    by_ref.update({ref: id_ for ref, id_ in made.items() if isinstance(ref, tuple)})
    found = [_found(d, p, by_ref, by_email) for d, p in zip(drafts, people, strict=True)]
    _remember_refs(call, drafts, people, found)
    _complete(people, found, set(made.values()))
    return found


def _person(draft: OrderDraft) -> CustomerDraft | None:
    person = draft.customer
    if person is None:
        return CustomerDraft.model_construct(email=draft.email) if draft.email else None
    if not person.email and draft.email:
        return person.model_copy(update={"email": draft.email})
    return person


def _found(
    draft: OrderDraft, person: CustomerDraft | None, by_ref: Mapping[Outside, int], by_email: Mapping[str, int]
) -> int | None:
    if person is None:
        return None
    if person.external_id and (id_ := by_ref.get((draft.channel, person.external_id))):
        return id_
    return by_email.get(person.email.upper()) if person.email else None


def _by_ref(outside: set[Outside]) -> dict[Outside, int]:
    if not outside:
        return {}
    pairs = sorted(outside)
    rows = fetch(
        "SELECT r.source, r.external_id, r.object_id FROM kit_externalref r"
        " JOIN unnest(%s::text[], %s::text[]) AS u(source, external_id)"
        " ON r.source = u.source AND r.external_id = u.external_id WHERE r.type = 'customer'",
        ([source for source, _ in pairs], [external_id for _, external_id in pairs]),
    )
    return {(source, external_id): id_ for source, external_id, id_ in rows}


def _by_email(emails: set[str]) -> dict[str, int]:
    if not emails:
        return {}
    # The second condition lets the planner use the index, which leaves the empty ones out.
    rows = fetch(
        "SELECT upper(email), id FROM orders_customer WHERE upper(email) = ANY(%s::text[]) AND email <> ''",
        (as_array(sorted(emails)),),
    )
    return dict(rows)


Missing = tuple[str | Outside, CustomerDraft, datetime]


def _missing(
    drafts: Sequence[OrderDraft],
    people: Sequence[CustomerDraft | None],
    by_ref: Mapping[Outside, int],
    by_email: Mapping[str, int],
) -> list[Missing]:
    """Each new customer once, by key, in order of the keys."""
    new: dict[str | Outside, tuple[CustomerDraft, datetime]] = {}
    for draft, person in zip(drafts, people, strict=True):
        if person is None or _found(draft, person, by_ref, by_email) is not None:
            continue
        key = person.email.upper() or (draft.channel, person.external_id)
        if key == (draft.channel, ""):
            continue
        first = min(draft.placed_at, new[key][1]) if key in new else draft.placed_at
        new[key] = (person, first)
    return [(key, *new[key]) for key in sorted(new, key=str)]


def _insert(missing: Sequence[Missing]) -> dict[str | Outside, int]:
    if not missing:
        return {}
    ids = reserve_ids("orders_customer", len(missing))
    rows = fetch(
        "INSERT INTO orders_customer (id, name, email, phone, country, note, tags, created_at)"
        " SELECT i, n, e, p, c, '', '{}', at FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],"
        " %s::timestamptz[]) AS u(i, n, e, p, c, at) ON CONFLICT DO NOTHING RETURNING id",
        (
            as_array(ids),
            as_array([p.name for _, p, _ in missing]),
            as_array([p.email for _, p, _ in missing]),
            as_array([p.phone for _, p, _ in missing]),
            as_array([p.country for _, p, _ in missing]),
            as_array([at.isoformat() for _, _, at in missing]),
        ),
    )
    written = {row[0] for row in rows}
    return {key: id_ for (key, _, _), id_ in zip(missing, ids, strict=True) if id_ in written}


def _remember_refs(
    call: Call,
    drafts: Sequence[OrderDraft],
    people: Sequence[CustomerDraft | None],
    found: Sequence[int | None],
) -> None:
    refs = {
        (draft.channel, person.external_id): id_
        for draft, person, id_ in zip(drafts, people, found, strict=True)
        if person and person.external_id and id_
    }
    if not refs:
        return
    pairs = sorted(refs)
    execute(
        "INSERT INTO kit_externalref (source, type, external_id, object_id, seen_at)"
        " SELECT s, 'customer', e, o, %s FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS u(s, e, o)"
        " ON CONFLICT (source, type, external_id) DO NOTHING",
        (call.at, [p[0] for p in pairs], [p[1] for p in pairs], [refs[p] for p in pairs]),
    )


def _complete(people: Sequence[CustomerDraft | None], found: Sequence[int | None], made: set[int]) -> None:
    """Fill in what an earlier order did not tell; what is known stays as people may have corrected it."""
    told = {
        id_: person
        for person, id_ in zip(people, found, strict=True)
        if person and id_ and id_ not in made and (person.name or person.phone or person.country)
    }
    if not told:
        return
    ids = sorted(told)
    execute(
        "UPDATE orders_customer c SET name = CASE WHEN c.name = '' THEN u.n ELSE c.name END,"
        " phone = CASE WHEN c.phone = '' THEN u.p ELSE c.phone END,"
        " country = CASE WHEN c.country = '' THEN u.c ELSE c.country END"
        # Locked in key order, so that two batches never wait for each other in a ring.
        " FROM (SELECT x.id, t.n, t.p, t.c FROM orders_customer x"
        " JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS t(i, n, p, c) ON x.id = t.i"
        " WHERE x.name = '' AND t.n <> '' OR x.phone = '' AND t.p <> '' OR x.country = '' AND t.c <> ''"
        " ORDER BY x.id FOR UPDATE OF x) u WHERE c.id = u.id",
        (
            as_array(ids),
            as_array([told[i].name for i in ids]),
            as_array([told[i].phone for i in ids]),
            as_array([told[i].country for i in ids]),
        ),
    )
