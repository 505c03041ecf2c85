from __future__ import annotations

import re

import pytest
from django.test import Client

from stockwright.kit.actions import can_undo, perform, undo
from stockwright.kit.bulk import fetch
from stockwright.kit.models import ActionCall, Person
from stockwright.kit.people import SYSTEM
from stockwright.today.models import Proposal
from stockwright.today.states import State
from stockwright.today.tests import make

pytestmark = pytest.mark.django_db


def signed_in(*roles: str) -> Client:
    make.person(*roles)
    client = Client()
    client.force_login(
        Person.objects.get(email=f"{'-'.join(roles)}@example.com"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def post(client: Client, where: str, **fields: object) -> str:
    """Send as htmx does."""
    return client.post(f"/today/{where}", fields, headers={"HX-Request": "true"}).content.decode()


def test_an_empty_list_is_a_good_page():
    make.order()
    ((variant, place),) = fetch("SELECT variant_id, location_id FROM stock_level")
    perform("stock.receive", {"variant_id": variant, "location_id": place, "units": 1, "opening": True}, actor=SYSTEM)
    answer = signed_in("lead").get("/").content.decode()
    assert "Nothing needs you now" in answer
    assert "First steps" not in answer
    assert "Shipped on time" in answer


def test_an_empty_shop_is_told_its_first_steps_which_facts_tick_off():
    lead = signed_in("lead")
    answer = lead.get("/").content.decode()
    assert "Nothing needs you now" not in answer
    assert "counts in EUR until you save something else" in answer
    assert (answer.count("check_circle"), answer.count("radio_button_unchecked")) == (0, 7)
    assert "/do/stock.add_location/" in answer
    perform("settings.change", {"group": "shop", "values": {}}, actor=SYSTEM)
    perform("stock.add_location", {"code": "main", "name": "Main", "kind": "warehouse"}, actor=SYSTEM)
    answer = lead.get("/").content.decode()
    assert (answer.count("check_circle"), answer.count("radio_button_unchecked")) == (2, 5)
    assert "/do/stock.add_location/" not in answer
    assert "/imports/new/" not in signed_in("reader").get("/").content.decode()


def test_numbers_are_shown_to_those_who_may_open_them():
    assert "numbers of" in signed_in("lead").get("/").content.decode()
    answer = signed_in("picker").get("/").content.decode()
    assert "Revenue" not in answer
    assert "numbers of" not in answer
    assert "/performance/" not in answer


def test_the_list_shows_money_reason_and_one_button_and_the_first_one_opened():
    with make.watching() as sight:
        sight.drafts = [make.draft(1, 1234, deadline=make.DUE), make.draft(2, 5)]
        make.look()
        answer = signed_in("lead").get("/").content.decode()
    assert "€1,234.00" in answer
    assert answer.index("Tag 1") < answer.index("Tag 2")
    assert "for each hour of waiting" in answer
    assert not re.search(r"<script>|style=|onclick", answer)


def test_nobody_gets_in_without_signing_in_or_without_the_room():
    assert Client().get("/").status_code == 302
    with make.watching("secret.tried") as sight:
        sight.drafts = [make.draft(1)]
        make.look("secret.tried")
        client = signed_in("picker")
        assert "Tag 1" not in client.get("/?tab=all").content.decode()
        assert client.get(f"/today/{make.only().pk}/").status_code == 404


def test_apply_undo_snooze_dismiss_and_assign_work_from_the_page():
    order = make.order()
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        found = make.only().pk
        answer = post(client, f"{found}/apply")
        assert "Applied" in answer
        call = re.search(r"/undo/([0-9a-f-]+)/", answer)
        assert call
        client.post(call.group(0))
        assert make.only().state == State.OPEN
        post(client, f"{found}/assign", person_id=Person.objects.get().pk, comment="mine")
        assert make.only().assignee is not None
        post(client, f"{found}/snooze", until="2026-01-01T08:00")
        assert make.only().state == State.OPEN
        answer = client.get(f"/today/{found}/snooze", headers={"HX-Request": "true"}).content.decode()
        until = re.search(r'value="([0-9-]+T[^"]+)"', answer)
        assert until
        post(client, f"{found}/snooze", until=until.group(1))
        assert make.only().state == State.SNOOZED
        assert "say why" in post(client, f"{found}/dismiss")
        post(client, f"{found}/dismiss", why="no")
        assert "Tag" in client.get("/today/decided").content.decode()
    assert (make.only().state, make.only().why) == (State.DISMISSED.value, "no")


def test_edit_shows_the_proposed_input_previews_and_applies_another():
    order = make.order()
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        found = make.only().pk
        assert 'value="seen"' in client.get(f"/today/{found}/edit").content.decode()
        answer = post(client, f"{found}/edit", order_ids=order, tag="mine", _preview="1")
        assert "What will change" in answer
        assert make.only().state == State.OPEN
        post(client, f"{found}/edit", order_ids=order, tag="mine", _apply="1")
    assert make.only().state == State.EDITED
    assert fetch("SELECT tags FROM orders_order WHERE id = %s", (order,)) == [(["mine"],)]


def test_the_dialog_of_a_group_names_its_orders_and_those_left_out_are_left_alone():
    orders = [make.order(number) for number in ("#1001", "#1002")]
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(orders[0], given={"order_ids": orders, "tag": "seen"})]
        make.look()
        found = make.only().pk
        answer = client.get(f"/today/{found}/edit").content.decode()
        assert "#1001" in answer
        assert "#1002" in answer
        post(client, f"{found}/edit", tag="seen", _check="order_ids", _apply="1")
        assert make.only().state == State.OPEN
        post(client, f"{found}/edit", order_ids=orders[1], tag="seen", _check="order_ids", _apply="1")
    assert fetch("SELECT number, tags FROM orders_order ORDER BY number") == [("#1001", []), ("#1002", ["seen"])]


def test_many_are_applied_at_once_and_one_refusal_stops_no_other():
    order = make.order()
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(order), make.draft(987654)]
        make.look()
        answer = post(client, "many", ids=[str(p.pk) for p in Proposal.objects.all()], _looked="1")
    assert "1 applied" in answer
    assert "could not be applied" in answer
    assert sorted(Proposal.objects.values_list("state", flat=True)) == ["applied", "failed"]


def test_what_many_would_do_is_shown_before_they_are_applied():
    order = make.order()
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(order), make.draft(987654)]
        make.look()
        answer = post(client, "many", ids=[str(p.pk) for p in Proposal.objects.all()])
    assert "1 proposal" in answer
    assert "1 can&#x27;t" in answer or "1 can't" in answer
    assert set(Proposal.objects.values_list("state", flat=True)) == {"open"}
    assert fetch("SELECT tags FROM orders_order WHERE id = %s", (order,)) == [([],)]


def test_the_list_and_what_was_decided_are_given_as_files_to_who_may_take_them():
    order = make.order()
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(order), make.draft(987654, 12)]
        make.look()
        post(client, f"{Proposal.objects.get(subject_id=order).pk}/apply")
        files = {path: client.get(path) for path in ("/?export=csv", "/today/decided?export=csv")}
        picker = signed_in("picker")
        assert {picker.get(path).status_code for path in files} == {403}
    texts = [b"".join(answer.streaming_content).decode() for answer in files.values()]  # type: ignore[attr-defined]
    assert f"Tag {987654}" in texts[0]
    assert f"Tag {order}," not in texts[0]
    assert f"Tag {order}" in texts[1]
    assert "applied" in texts[1]


def test_what_was_decided_offers_undo_only_while_its_call_can_be_undone():
    order = make.order()
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        post(client, f"{make.only().pk}/apply")
        assert "today.undo" in client.get("/today/decided").content.decode()
        call = make.only().applied_call
        assert call
        undo(call, actor=SYSTEM)
        assert "today.undo" not in client.get("/today/decided").content.decode()


def test_the_preview_changes_nothing():
    order = make.order()
    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        answer = signed_in("lead").get(f"/today/{make.only().pk}/preview").content.decode()
    assert "What will change" in answer
    assert fetch("SELECT tags FROM orders_order WHERE id = %s", (order,)) == [([],)]


def test_a_reader_sees_but_has_no_buttons():
    with make.watching() as sight:
        sight.drafts = [make.draft(1)]
        make.look()
        client = signed_in("reader")
        answer = client.get(f"/today/{make.only().pk}/").content.decode()
        assert "Tag 1" in answer
        assert "Dismiss" not in answer
        assert client.post(f"/today/{make.only().pk}/dismiss", {"why": "no"}).status_code == 403
    assert make.only().state == State.OPEN


def test_looking_again_from_the_page_says_what_was_found():
    assert "Looked again" in post(signed_in("lead"), "look-again")


def test_what_cannot_be_undone_is_asked_for_once_and_nowhere_offers_undo():
    order = make.order()
    client = signed_in("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(order, action="orders.fulfil", given={"order_id": order})]
        make.look()
        found = make.only().pk
        answer = post(client, f"{found}/apply")
        assert "can't be taken back" in answer or "can&#x27;t be taken back" in answer
        assert make.only().state == State.OPEN
        answer = post(client, f"{found}/apply", _sure="1")
        assert make.only().state == State.APPLIED
        assert "/undo/" not in answer
        assert "today.undo" not in client.get("/today/decided").content.decode()
    call = ActionCall.objects.get(action="today.apply")
    assert not can_undo(call)
