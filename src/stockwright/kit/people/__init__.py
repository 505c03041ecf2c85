"""Who may do what."""

from __future__ import annotations

from stockwright.kit.people.actors import SYSTEM, Actor, actor_of
from stockwright.kit.people.roles import GRANTS, Role, may

__all__ = ["GRANTS", "SYSTEM", "Actor", "Role", "actor_of", "may"]
