from __future__ import annotations

import re

import pytest
from django.test import Client

from stockwright.insight import queries
from stockwright.insight.asking import BadDays, answer, contracts
from stockwright.insight.tests import make
from stockwright.kit.errors import NotFound
from stockwright.kit.kpis import all_kpis
from stockwright.kit.models import Person

pytestmark = pytest.mark.django_db

DAYS = "first=2026-03-02&last=2026-03-03"


def signed_in(role: str) -> Client:
    person = Person.objects.create_user(f"{role}@example.com", "correct horse battery", name=role, roles=[role])
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_overview_shows_every_kpi_with_its_value():
    make.shop()
    make.count()
    page = signed_in("analyst").get(f"/performance/?{DAYS}").content.decode()
    assert all(str(kpi.title) in page for kpi in all_kpis())
    assert "€95.00" in page
    assert "2–3" in page or "2 Mar – 3 Mar 2026" in page


def test_the_overview_says_that_history_is_not_counted_yet_and_counts_it_when_asked():
    make.shop()
    make.count(most=1)
    make.count(most=queries.days_to_count() - 1)
    client = signed_in("lead")
    assert "History is being counted: 1 day is left" in client.get("/performance/").content.decode()
    client.post("/performance/count")
    assert "History is being counted" not in client.get("/performance/").content.decode()


@pytest.mark.parametrize("kpi", all_kpis(), ids=lambda kpi: kpi.name)
def test_each_kpi_has_a_page_with_its_definition_and_files(kpi):  # noqa: ANN001 - as in the table above
    make.shop()
    make.count()
    client = signed_in("analyst")
    page = client.get(f"/performance/{kpi.name}/?{DAYS}").content.decode()
    assert "How this is counted" in page
    assert '<script id="course-data" type="application/json">' in page
    assert client.get(f"/performance/{kpi.name}/series.csv?{DAYS}").status_code == 200
    assert client.get(f"/performance/{kpi.name}/records.csv?{DAYS}").status_code == (200 if kpi.drill else 404)


def test_records_are_told_in_a_file_with_a_line_each():
    make.shop()
    client = signed_in("analyst")
    answered = client.get(f"/performance/orders/records.csv?{DAYS}")
    text = b"".join(answered).decode("utf-8-sig")
    assert len(text.strip().splitlines()) == 5


def test_records_say_what_decided_whether_they_were_on_time():
    placed = make.shop()
    make.touch("UPDATE orders_order SET ship_by = '2026-03-03 17:00Z' WHERE id = %s", placed["foreign"])
    make.count()
    page = signed_in("analyst").get(f"/performance/on_time_ship/?{DAYS}").content.decode()
    assert "not on time; all others" in page
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page[page.index(f"/orders/{placed['foreign']}/") :], re.DOTALL)
    # Promised, left, late by, and the total in the shop's money.
    assert {"3 Mar 17:00", "4 Mar 09:00", "16 h", "€5.00"} <= set(cells)


@pytest.mark.parametrize("days", ["first=nonsense", "first=2026-03-04&last=2026-03-01", "first=0001-01-01"])
def test_days_that_make_no_sense_are_refused(days: str):
    assert signed_in("analyst").get(f"/performance/?{days}").status_code == 400


def test_unknown_kpis_are_not_found_and_pickers_do_not_see_performance():
    assert signed_in("analyst").get("/performance/nonsense/").status_code == 404
    assert signed_in("picker").get("/performance/").status_code == 403


def test_the_plain_answer_names_the_sums_and_the_course():
    make.shop()
    make.count()
    first, last = make.TWO_DAYS.first, make.TWO_DAYS.last
    told = answer("average_order_value", first, last, grain="day")
    assert (told["value"], told["numerator"], told["denominator"], told["currency"]) == ("23.75", "95", "4", "EUR")
    assert [step["value"] for step in told["series"]] == ["30", "5"]
    assert answer("revenue", first, last, channel="market")["value"] == "5"


def test_the_plain_answer_refuses_what_it_does_not_know():
    first, last = make.TWO_DAYS.first, make.TWO_DAYS.last
    with pytest.raises(NotFound):
        answer("nonsense", first, last)
    with pytest.raises(NotFound):
        answer("orders", first, last, channel="nowhere")
    with pytest.raises(BadDays):
        answer("orders", last, first)


def test_every_contract_says_what_it_counts():
    for contract in contracts():
        assert all(contract[part] for part in ("title", "definition", "numerator", "clock", "exclusions", "version"))


def test_amounts_of_the_records_stand_under_each_other():
    make.shop()
    make.count()
    page = signed_in("analyst").get(f"/performance/orders/?{DAYS}").content.decode()
    assert '<th class="number">Total</th>' in page
    amounts = re.findall(r'<td class="number">(€[\d.,]+)</td><td class="number">', page)
    assert len(amounts) > 1
    assert len({amount.partition(".")[2] != "" for amount in amounts}) == 1
