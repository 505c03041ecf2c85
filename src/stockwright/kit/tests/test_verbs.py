from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from stockwright.kit.actions import perform, undo
from stockwright.kit.business import Hours, Shop, read_setting, setting
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, NotFound, NotPermitted, Refused
from stockwright.kit.journal import timeline
from stockwright.kit.models import (
    ActionCall,
    ApiKey,
    Comment,
    InboxMessage,
    Notification,
    OutboxEffect,
    Person,
    SavedView,
    Setting,
)
from stockwright.kit.outbox import deliver
from stockwright.kit.people import SYSTEM, Actor, Role, actor_of
from stockwright.kit.people.keys import find_key
from stockwright.kit.people.mentions import mentioned
from stockwright.kit.tests.make import at_once, make_lead, make_person
from stockwright.kit.verbs.person import AlreadyHere, LastLead, NotYourself, OnlyPeople

NEW = {"email": "New@Shop.example", "name": "New", "roles": ["picker"]}


def do(actor: Actor, verb: str, /, **given: Any) -> Any:
    return perform(verb, given, actor=actor).result


# People


@pytest.mark.django_db
def test_somebody_added_with_a_password_can_sign_in_and_the_password_is_kept_nowhere():
    made = do(SYSTEM, "person.create", **NEW, password="correct horse battery")
    person = Person.objects.get(pk=made.person_id)
    assert (person.email, person.roles) == ("new@shop.example", ["picker"])
    assert person.check_password("correct horse battery")
    assert "horse" not in str(ActionCall.objects.values("given", "result").get())


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "new@shop.example"])
def test_refuses_weak_passwords_and_leaves_nobody(password: str):
    with pytest.raises(BadInput):
        do(SYSTEM, "person.create", **NEW, password=password)
    assert not Person.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("broken", [{"email": "nobody"}, {"roles": ["owner"]}, {"name": ""}])
def test_refuses_people_who_can_not_be(broken: dict[str, Any]):
    with pytest.raises(BadInput):
        do(SYSTEM, "person.invite", **{**NEW, **broken})


@pytest.mark.django_db
def test_an_invitation_gives_a_link_once_and_sends_another_by_mail(client: Any):
    made = perform("person.invite", NEW, actor=SYSTEM)
    link = made.plain(reveal=True)["result"]["link"]
    assert link not in str(ActionCall.objects.values("result").get())
    assert not Person.objects.get().has_usable_password()
    deliver(OutboxEffect.objects.get().pk)
    assert "/accounts/password/reset/key/" in mail.outbox[0].body
    assert client.get(link, follow=True).status_code == 200
    again = do(SYSTEM, "person.invite_again", person_id=made.result.person_id)
    assert again.link.get_secret_value()


@pytest.mark.django_db
def test_nobody_is_there_twice_whatever_the_case():
    do(SYSTEM, "person.invite", **NEW, send_mail=False)
    with pytest.raises(AlreadyHere):
        do(SYSTEM, "person.invite", **{**NEW, "email": "NEW@shop.example"})


@pytest.mark.django_db(transaction=True)
def test_two_invitations_at_once_make_one_person():
    outcomes = at_once(*[lambda: do(SYSTEM, "person.invite", **NEW, send_mail=False)] * 2)
    assert sorted(type(o).__name__ for o in outcomes) == ["AlreadyHere", "Invited"]


@pytest.mark.django_db
def test_changed_roles_hold_and_can_be_taken_back():
    person = make_person(Role.PICKER)
    outcome = perform("person.change_roles", {"person_id": person.pk, "roles": ["buyer", "buyer"]}, actor=SYSTEM)
    person.refresh_from_db()
    assert person.roles == ["buyer"]
    undo(outcome.call_id, actor=SYSTEM)
    person.refresh_from_db()
    assert person.roles == ["picker"]


@pytest.mark.django_db
def test_the_last_lead_stays_one():
    lead = make_lead()
    make_person(Role.PICKER)
    with pytest.raises(LastLead):
        do(SYSTEM, "person.change_roles", person_id=lead.person_id, roles=["reader"])
    with pytest.raises(LastLead):
        do(SYSTEM, "person.deactivate", person_id=lead.person_id)


@pytest.mark.django_db(transaction=True)
def test_two_leads_can_not_shut_each_other_out_at_once():
    first, second = make_lead("a@shop.example"), make_lead("b@shop.example")
    at_once(
        lambda: do(first, "person.deactivate", person_id=second.person_id),
        lambda: do(second, "person.deactivate", person_id=first.person_id),
    )
    assert Person.objects.filter(is_active=True).count() == 1


@pytest.mark.django_db
def test_deactivating_ends_keys_for_good():
    lead, person = make_lead(), make_person(Role.PICKER)
    with pytest.raises(NotYourself):
        do(lead, "person.deactivate", person_id=lead.person_id)
    secret = do(actor_of(person), "key.create_own", name="script", scopes=["view.*"]).secret.get_secret_value()
    assert find_key(secret)
    do(lead, "person.deactivate", person_id=person.pk)
    assert find_key(secret) is None
    with pytest.raises(Refused):
        do(lead, "person.deactivate", person_id=person.pk)
    do(lead, "person.activate", person_id=person.pk)
    assert find_key(secret) is None
    assert do(actor_of(Person.objects.get(pk=person.pk)), "key.create_own", name="another", scopes=["view.*"])


@pytest.mark.django_db
def test_people_change_their_own_name_and_preferences():
    actor = actor_of(make_person(Role.READER))
    do(actor, "person.change_own", name="Augusta", preferences={"theme": "dark", "rows": 50})
    do(actor, "person.change_own", preferences={"rows": None})
    person = Person.objects.get()
    assert (person.name, person.preferences) == ("Augusta", {"theme": "dark"})
    with pytest.raises(BadInput):
        do(actor, "person.change_own", preferences={"x": "y" * 30_000})
    with pytest.raises(OnlyPeople):
        do(SYSTEM, "person.change_own", name="Machine")


@pytest.mark.django_db
def test_only_leads_decide_about_people():
    for name in ("person.invite", "person.change_roles", "person.deactivate"):
        with pytest.raises(NotPermitted):
            do(actor_of(make_person(Role.BUYER, email=f"{name}@shop.example")), name)


# Keys


@pytest.mark.django_db
def test_a_key_is_shown_once_and_kept_as_a_hash():
    actor = actor_of(make_person(Role.SUPPORT))
    outcome = perform("key.create_own", {"name": "script", "scopes": ["orders.*"]}, actor=actor)
    secret = outcome.plain(reveal=True)["result"]["secret"]
    row = ApiKey.objects.get()
    assert secret.startswith(row.prefix)
    assert find_key(secret) == row
    stored = str(ActionCall.objects.values().get()) + str(timeline("person", actor.person_id or 0)) + str(vars(row))
    assert secret[12:] not in stored


@pytest.mark.django_db
@pytest.mark.parametrize("scopes", [[], ["ORDERS"], ["[a-z]*"], ["a.b.c"], ["orders.*; drop"]])
def test_refuses_scopes_that_are_no_patterns_of_ours(scopes: list[str]):
    with pytest.raises(BadInput):
        do(actor_of(make_person(Role.READER)), "key.create_own", name="x", scopes=scopes)


@pytest.mark.django_db
def test_a_key_makes_no_keys():
    person = make_person(Role.LEAD)
    do(actor_of(person), "key.create_own", name="script", scopes=["*"])
    with pytest.raises(Refused, match="sign in"):
        do(actor_of(ApiKey.objects.get()), "key.create_own", name="child", scopes=["view.*"])


@pytest.mark.django_db
def test_unknown_expired_and_revoked_keys_open_nothing():
    person = make_person(Role.READER)
    made = do(actor_of(person), "key.create_own", name="a", scopes=["view.*"], days=1)
    secret = made.secret.get_secret_value()
    for wrong in ("", "sw_", secret[:-1], secret[:-1] + ("A" if secret[-1] != "A" else "B"), "é" * 55, secret + "\x00"):
        assert find_key(wrong) is None
    ApiKey.objects.update(expires_at=now() - timedelta(seconds=1))
    assert find_key(secret) is None
    ApiKey.objects.update(expires_at=None)
    assert find_key(secret)
    assert ApiKey.objects.get().last_used_at
    do(actor_of(person), "key.revoke_own", key_id=made.key_id)
    assert find_key(secret) is None


@pytest.mark.django_db
def test_people_revoke_their_own_keys_and_leads_anybodys():
    lead, person, other = make_lead(), make_person(Role.READER), make_person(Role.READER, email="o@shop.example")
    made = do(actor_of(person), "key.create_own", name="a", scopes=["view.*"])
    with pytest.raises(NotFound):
        do(actor_of(other), "key.revoke_own", key_id=made.key_id)
    with pytest.raises(NotPermitted):
        do(actor_of(other), "key.revoke", key_id=made.key_id)
    do(lead, "key.revoke", key_id=made.key_id)
    with pytest.raises(Refused):
        do(lead, "key.revoke", key_id=made.key_id)


# Comments


PEOPLE = [(1, "Ada Byron", "ada@shop.example"), (2, "Ada Smith", "smith@shop.example"), (3, "Bo", "bo@shop.example")]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@bo please look", [3]),
        ("@Ada Byron and @ADA SMITH", [1, 2]),
        ("@ada.byron, see", [1]),
        ("@ada", []),
        ("@ada@shop.example!", [1]),
        ("mail ada@shop.example or bo@bo", []),
        ("@bob", []),
        ("@bo @bo", [3]),
        ("@", []),
        ("", []),
    ],
)
def test_who_is_mentioned(text: str, ids: list[int]):
    assert mentioned(text, PEOPLE) == ids


@pytest.mark.django_db
def test_a_comment_tells_whom_it_mentions_and_stands_on_the_records_timeline():
    author, told = make_lead(), make_person(Role.READER, email="bo@shop.example", name="Bo")
    made = do(author, "comment.add", type="person", object_id=author.person_id, text="@Bo is it packed? @Lea Lead")
    assert made.mentioned == (told.pk,)
    assert list(Comment.objects.get().mentions.all()) == [told]
    assert Notification.objects.get().text == "Lea Lead on Lea Lead: @Bo is it packed? @Lea Lead"
    assert timeline("person", author.person_id or 0)[0].data["text"].startswith("@Bo")
    assert not OutboxEffect.objects.exists()


@pytest.mark.django_db
def test_who_wants_mail_gets_it_once():
    author, told = make_lead(), make_person(Role.READER, email="bo@shop.example", name="Bo")
    do(actor_of(told), "person.change_own", preferences={"mail_mentions": True})
    do(author, "comment.add", type="person", object_id=told.pk, text="@bo hello")
    effect = OutboxEffect.objects.get()
    assert effect.payload["to"] == ["bo@shop.example"]
    assert effect.kind == "mail.send"


@pytest.mark.django_db
def test_a_record_that_may_not_be_read_is_neither_spoken_on_nor_named():
    lead, picker = make_lead(), make_person(Role.PICKER, email="bo@shop.example", name="Bo")
    with pytest.raises(NotPermitted):
        do(actor_of(picker), "comment.add", type="person", object_id=picker.pk, text="hello")
    made = do(lead, "comment.add", type="person", object_id=picker.pk, text="@Bo earns too much")
    assert made.mentioned == ()
    assert not Notification.objects.exists()
    for type_, id_ in (("person", 999_999), ("order", 999_999), ("secret", 1)):
        with pytest.raises(NotFound):
            do(lead, "comment.add", type=type_, object_id=id_, text="hello")


@pytest.mark.django_db
@pytest.mark.parametrize("given", [{"type": "Order!"}, {"object_id": 0}, {"object_id": 2**63}, {"text": " "}])
def test_refuses_comments_on_nothing_or_of_nothing(given: dict[str, Any]):
    with pytest.raises(BadInput):
        do(make_lead(), "comment.add", **{"type": "order", "object_id": 1, "text": "x", **given})


# Notifications and views


@pytest.mark.django_db
def test_people_read_their_own_notifications():
    mine, other = make_person(Role.READER), make_person(Role.READER, email="o@shop.example")
    for person in (mine, mine, other):
        Notification.objects.create(person=person, text="x", created_at=now())
    first = Notification.objects.filter(person=mine).first()
    theirs = Notification.objects.get(person=other)
    assert first
    assert do(actor_of(mine), "notification.read", ids=[first.pk, theirs.pk]).notifications == 1
    assert do(actor_of(mine), "notification.read").notifications == 1
    theirs.refresh_from_db()
    assert theirs.read_at is None


@pytest.mark.django_db
def test_views_are_kept_replaced_by_name_and_deleted_by_their_owner():
    mine, other, lead = (
        make_person(Role.READER), make_person(Role.READER, email="o@shop.example"), make_lead(),
    )  # fmt: skip
    first = do(actor_of(mine), "view_saved.save", page="orders", name="Late", query="?late=1", shared=True)
    again = do(actor_of(mine), "view_saved.save", page="orders", name="Late", query="late=2", shared=True)
    assert first == again
    assert SavedView.objects.get().query == "late=2"
    with pytest.raises(NotFound):
        do(actor_of(other), "view_saved.delete", view_id=first.view_id)
    do(lead, "view_saved.delete", view_id=first.view_id)
    assert not SavedView.objects.exists()


# Settings


@pytest.mark.django_db(transaction=True)
def test_changed_settings_hold_at_once_and_can_be_taken_back():
    assert setting(Hours).handling_days == 0
    outcome = perform("settings.change", {"group": "hours", "values": {"handling_days": 2}}, actor=SYSTEM)
    assert outcome.result.before == {"handling_days": 0}
    assert setting(Hours).handling_days == 2
    undo(outcome.call_id, actor=SYSTEM)
    assert setting(Hours).handling_days == 0


@pytest.mark.django_db
def test_other_settings_of_the_group_stay():
    do(SYSTEM, "settings.change", group="shop", values={"name": "Teapots"})
    do(SYSTEM, "settings.change", group="shop", values={"currency": "gbp"})
    assert read_setting("shop") == Shop(name="Teapots", currency="GBP")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("group", "values", "error"),
    [
        ("nothing", {}, NotFound),
        ("shop", {"currency": "XXQ"}, BadInput),
        ("shop", {"colour": "red"}, BadInput),
        ("hours", {"zone": "Mars/Olympus"}, BadInput),
        ("hours", {"working_days": []}, BadInput),
    ],
)
def test_refuses_settings_that_make_no_sense(group: str, values: dict[str, Any], error: type[Exception]):
    with pytest.raises(error):
        do(SYSTEM, "settings.change", group=group, values=values)
    assert not Setting.objects.exists()


@pytest.mark.django_db
def test_what_another_version_stored_beside_is_ignored():
    Setting.objects.create(name="shop", value={"name": "Old", "slogan": "gone"}, changed_at=now())
    assert read_setting("shop") == Shop(name="Old", currency="EUR")


# Inbox and outbox


@pytest.mark.django_db
def test_quarantined_messages_are_replayed_or_given_up_with_a_reason():
    first, second = (
        InboxMessage.objects.create(
            source="t", topic="t", dedupe_key=str(i), payload={}, received_at=now(), state="quarantined"
        )
        for i in range(2)
    )
    assert do(SYSTEM, "inbox.replay", ids=[first.pk]).messages == 1
    assert do(SYSTEM, "inbox.dismiss", ids=[first.pk, second.pk], why="a test").messages == 1
    assert list(InboxMessage.objects.order_by("id").values_list("state", "reason")) == [
        ("pending", ""),
        ("superseded", "a test"),
    ]
    with pytest.raises(Refused):
        do(SYSTEM, "inbox.replay", ids=[first.pk, 10**18])
    assert timeline("inbox_message", second.pk)[0].kind == "inbox.dismissed"


@pytest.mark.django_db
def test_effects_are_replayed_or_not_sent():
    do(SYSTEM, "probe.write", name="a")
    effect = OutboxEffect.objects.get()
    with pytest.raises(Refused):
        do(SYSTEM, "outbox.replay", ids=[effect.pk])
    do(SYSTEM, "outbox.cancel", ids=[effect.pk], why="wrong address")
    effect.refresh_from_db()
    assert (effect.state, effect.error) == ("cancelled", "wrong address")
    with pytest.raises(Refused):
        do(SYSTEM, "outbox.cancel", ids=[effect.pk], why="again")


@pytest.mark.django_db
@pytest.mark.parametrize("scopes", [["foo.bar"], ["view.stock", "order.*"]])
def test_a_scope_that_covers_nothing_is_refused_with_what_there_is(scopes: list[str]):
    with pytest.raises(BadInput, match=r"There is nothing called .*view\.stock.*settings\.\*"):
        do(actor_of(make_person(Role.LEAD)), "key.create_own", name="x", scopes=scopes)


@pytest.mark.django_db
def test_a_key_is_made_for_something():
    with pytest.raises(BadInput):
        do(actor_of(make_person(Role.LEAD)), "key.create_own", name="x")
