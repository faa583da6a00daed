"""A real browser for the pages that liftmart writes, and what goes wrong in it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, Route, sync_playwright

CHROMIUM = os.environ.get("LIFTMART_CHROMIUM") or shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium: install Debian's, or name one in LIFTMART_CHROMIUM"
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, file: Path, **options: object) -> Iterator[tuple[Page, list[str]]]:
    """Open a page that must need no other file; at the end there must have been no problem."""
    context = browser.new_context(**({"viewport": DESKTOP} | options))  # type: ignore[arg-type]
    page = context.new_page()
    uri = file.as_uri()
    problems: list[str] = []

    def requested(request: Request) -> None:
        if request.url.partition("#")[0] != uri and not request.url.startswith("data:"):
            problems.append(f"request of {request.url}")

    def refused(route: Route) -> None:
        route.abort()

    def answered(dialog: Dialog) -> None:
        problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    context.route(re.compile("^(https?|wss?):"), refused)
    page.on("request", requested)
    page.on("console", lambda said: problems.append(f"console {said.type}: {said.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("dialog", answered)
    yield page, problems
    context.close()
    assert not problems, "\n".join(problems)
