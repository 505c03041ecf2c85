from __future__ import annotations

import logging
import os
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django import Settings
from schemathesis import checks
from schemathesis.generation import GenerationMode

from stockwright.api.tests.make import make_key, make_person
from stockwright.kit.actions import all_actions
from stockwright.kit.people import Role
from stockwright.kit.wsgi import application

CHECKS = [
    checks.not_a_server_error,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]
# Of each operation, of sound and of broken input alike: few for everybody's test run, many for a thorough one.
EXAMPLES = 100 if os.environ.get("STOCKWRIGHT_HYPOTHESIS") == "thorough" else 5


@pytest.fixture
def key(settings: Settings) -> str:
    settings.API_RATE_BURST = 1_000_000
    person = make_person(Role.LEAD)
    # Numbers that no generator hits, or it would revoke its own key.
    return make_key(person, pk=8_876_543_211)


@pytest.mark.django_db(transaction=True)
def test_no_input_breaks_the_api_or_its_document(key: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.ERROR, logger="django.request")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    broken: list[str] = []
    for result in schema.get_all_operations():
        operation: Any = cast("Any", result).ok()
        if _is_of_a_test(operation.path):
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                _try(operation, mode, key)
            except BaseExceptionGroup as group:
                broken += [f"{operation.label}: {error}" for error in group.exceptions]
            except AssertionError as error:
                broken.append(f"{operation.label}: {error}")
    assert not broken, "\n\n".join(broken)


def _is_of_a_test(path: str) -> bool:
    """Other tests of the same run register verbs and topics of their own."""
    name = path.rsplit("/", 1)[-1].split(".", maxsplit=1)[0]
    return name in {"probe", "echo"} or any(
        verb.name == path.rsplit("/", 1)[-1] and ".tests." in verb.handler.__module__ for verb in all_actions()
    )


def _try(operation: Any, mode: GenerationMode, key: str) -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {key}"
        case.call_and_validate(checks=CHECKS)

    run()
