from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from stockwright.kit.actions import Action, all_actions
from stockwright.kit.models import ApiKey, Person
from stockwright.kit.people import Actor, Role, actor_of, may
from stockwright.kit.people.roles import EVERYBODY, GRANTS, LABELS, LEAD_ONLY

OTHERS = [role for role in Role if role is not Role.LEAD]


def shipped() -> list[Action]:
    """Every verb but those of tests in this run."""
    return [verb for verb in all_actions() if ".tests." not in verb.handler.__module__]


def lead_only(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in LEAD_ONLY)


def test_every_action_is_decided_to_be_somebodys_or_the_leads_alone():
    undecided = [v.name for v in shipped() if not lead_only(v.name) and not may([r.value for r in OTHERS], v.name)]
    assert undecided == []


def test_nothing_that_is_the_leads_alone_is_granted_to_others():
    granted = [v.name for v in shipped() if lead_only(v.name) and may([r.value for r in OTHERS], v.name)]
    assert granted == []


def test_a_lead_may_do_everything():
    assert all(may([Role.LEAD.value], verb.name) for verb in shipped())


@pytest.mark.parametrize("role", [Role.READER])
def test_who_only_reads_changes_nothing_but_their_own_things(role: Role):
    may_do = [verb.name for verb in shipped() if may([role.value], verb.name)]
    assert all(any(fnmatchcase(name, pattern) for pattern in EVERYBODY) for name in may_do)


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        (Role.PICKER, "stock.receive", True),
        (Role.PICKER, "stock.adjust", False),
        (Role.PICKER, "orders.cancel", False),
        (Role.PICKER, "view.customers", False),
        (Role.PICKER, "view.settings", False),
        (Role.BUYER, "stock.adjust", True),
        (Role.BUYER, "orders.cancel", False),
        (Role.BUYER, "import.start", True),
        (Role.BUYER, "import.finish", False),
        (Role.SUPPORT, "orders.cancel", True),
        (Role.SUPPORT, "orders.add_channel", False),
        (Role.SUPPORT, "stock.adjust", False),
        (Role.SUPPORT, "view.customers", True),
        (Role.MERCHANDISER, "catalog.change_variant", True),
        (Role.MERCHANDISER, "stock.receive", False),
        (Role.ANALYST, "insight.set_target", True),
        (Role.ANALYST, "orders.hold", False),
        (Role.READER, "view.orders", True),
        (Role.READER, "comment.add", True),
        (Role.READER, "key.create_own", True),
        (Role.READER, "key.revoke", False),
    ],
)
def test_roles_hold_what_their_work_asks_for(role: Role, permission: str, allowed: bool):
    assert may([role.value], permission) is allowed


def test_unknown_roles_hold_nothing_of_their_own():
    assert not may(["owner"], "view.orders")
    assert set(LABELS) == set(GRANTS) == set(Role)


def test_a_key_may_do_no_more_than_its_person_and_its_scopes():
    person = Person(pk=1, email="a@b.org", name="Ada", roles=[Role.SUPPORT.value])
    actor = actor_of(ApiKey(pk=7, name="script", person=person, scopes=["orders.*", "stock.adjust"]))
    assert (actor.code, actor.name, actor.person_id) == ("key:7", "Ada (script)", 1)
    assert actor.may("orders.hold")
    assert not actor.may("stock.adjust")
    assert not actor.may("view.orders")
    assert not actor.may("comment.add")


def test_who_may_not_is_told_whether_the_key_or_the_role_is_the_cause():
    person = Person(pk=1, email="a@b.org", name="Ada", roles=[Role.SUPPORT.value])
    key = actor_of(ApiKey(pk=7, name="script", person=person, scopes=["orders.*"]))
    assert key.refusal("view.orders").message == (
        "This key was not made for view.orders: it may do orders.*. Make one that may."
    )
    assert "role" in key.refusal("stock.adjust").message
    assert actor_of(person).refusal("view.settings").message == (
        "Ada may not see Settings; ask an operations lead for the role."
    )


@pytest.mark.parametrize("permission", ["orders.hold", "comment.add", "view.today"])
def test_somebody_deactivated_may_do_nothing_nor_may_their_keys(permission: str):
    person = Person(pk=1, email="a@b.org", name="Ada", roles=[Role.LEAD.value], is_active=False)
    key = ApiKey(pk=7, name="script", person=person, scopes=["*"])
    assert not actor_of(person).may(permission)
    assert not actor_of(key).may(permission)
    assert not Actor("x", "x").may("orders.hold")
