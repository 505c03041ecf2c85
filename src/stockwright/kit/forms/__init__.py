"""Forms made from the typed input of actions, with a preview of what will change."""

from __future__ import annotations

from stockwright.kit.forms.fields import Field, Option, say_choices
from stockwright.kit.forms.form import ActionForm, form_of
from stockwright.kit.forms.picks import Choice, all_picks, filled_in, fills, held_now, pick_of, picks

__all__ = [
    "ActionForm",
    "Choice",
    "Field",
    "Option",
    "all_picks",
    "filled_in",
    "fills",
    "form_of",
    "held_now",
    "pick_of",
    "picks",
    "say_choices",
]
