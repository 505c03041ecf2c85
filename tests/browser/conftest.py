"""A browser, a live server with a small shop, and people signed in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from stockwright.kit.people import Role
from stockwright.web.tests import make

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")

# Playwright's loop runs in this thread; Django would take it for an async context.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; the tests need one."""
    wanted = [os.environ.get("STOCKWRIGHT_CHROMIUM", ""), *NAMES]
    program = next((found for name in wanted if name and (found := shutil.which(name))), None)
    assert program, "No Chromium: run tools/browser, or set STOCKWRIGHT_CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def shop(transactional_db: None) -> make.Shop:  # noqa: ARG001 - committed, not rolled back
    """The small shop, committed so that the server's threads see it."""
    return make.small_shop()


class Window:
    """A page of the browser that remembers what went wrong in it."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.address = address
        self.wrong: list[str] = []
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))

    def open(self, path: str) -> Page:
        """Go to a path and wait until it stands still."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return self.page


class Windows:
    """Opens windows in which somebody is signed in."""

    def __init__(self, browser: Browser, server: LiveServer) -> None:
        self.browser, self.server, self.contexts = browser, server, list[BrowserContext]()

    def new(self, *roles: Role, phone: bool = False, **options: Any) -> Window:
        """A window for somebody with these roles; nobody without any."""
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = self.browser.new_context(viewport=size, has_touch=phone, **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        window = Window(context, self.server.url)
        if roles:
            person = make.person(*roles)
            page = window.open("/accounts/login/")
            page.fill("[name=login]", person.email)
            page.fill("[name=password]", make.PASSWORD)
            page.click("button.primary")
            page.wait_for_url(lambda url: "login" not in url)
        return window


@pytest.fixture
def windows(chromium: Browser, live_server: LiveServer, shop: make.Shop) -> Iterator[Windows]:  # noqa: ARG001 - the shop is there first
    """Windows on the live server, closed afterwards."""
    made = Windows(chromium, live_server)
    yield made
    for context in made.contexts:
        context.close()
