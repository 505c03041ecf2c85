from __future__ import annotations

import pytest
from django.test import Client

from stockwright.channels.imports.samples import SAMPLES, sample

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_looked_at_or_taken_away(lead: Client, name: str) -> None:
    offered = lead.get("/imports/new/").content.decode()
    assert f'action="/imports/samples/{name}"' in offered
    seen = lead.post(f"/imports/samples/{name}")
    page = lead.get(str(seen["Location"])).content.decode()
    assert f"{name}</h1>" in page
    assert "Shopify" in page
    taken = lead.get(f"/imports/samples/{name}")
    assert (taken.content, taken["Content-Disposition"]) == (sample(name), f'attachment; filename="{name}"')


def test_no_other_file_is_a_sample(lead: Client) -> None:
    assert lead.get("/imports/samples/__init__.py").status_code == 404
