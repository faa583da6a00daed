"""Write dbt's documentation of what was built last as one page that opens without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from liftmart import dbt
from liftmart.errors import Interrupted, UserError, explained
from liftmart.postgres import PostgresWarehouse
from liftmart.report.page import as_json, script_hash
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse, replace_file

# Where dbt's page takes what it shows.
PLACES = {'"MANIFEST.JSON INLINE DATA"': "manifest", '"CATALOG.JSON INLINE DATA"': "catalog"}
# What dbt's page would ask the disk for, and how it does not: an icon that was not packed with it,
# and addresses that are templates still when the browser first sees them.
REQUESTS = {
    """<link rel="shortcut icon" href="${require('./assets/favicons/favicon.ico')}"/>""": "",
    ' xlink:href="{{': ' ng-attr-xlink:href="{{',
    ' src="{{ logo }}"': ' ng-src="{{ logo }}"',
}


def write_docs(warehouse: Warehouse, wait: bool, terminal: Terminal) -> Path:
    """Write <warehouse>/docs.html: the project as it was built last, with its source and variables.

    Args:
        warehouse: Its last build passed its tests.
        wait: Wait for another run on this warehouse.
        terminal: Told how far it is.

    Returns:
        The page, complete: who reads it meanwhile sees the one before.

    Raises:
        UserError: There is no such build, another run holds the warehouse, or the page cannot be
            written.
        Interrupted: Somebody pressed Ctrl-C.
    """
    if not isinstance(warehouse, PostgresWarehouse) and not warehouse.build.exists():
        raise UserError(f"nothing is built in {warehouse.folder}: run liftmart build first")
    warehouse.create()
    with explained(warehouse.folder), warehouse.locked(wait, terminal.say):
        state = warehouse.read_state()
        if not state.get("passed"):
            raise UserError(
                "the last build did not end or did not pass its tests: run liftmart build"
            )
        variables = {**state["variables"], "source": state["source"]}
        folder = warehouse.folder / f".docs.{os.getpid()}.tmp"
        temporary = warehouse.folder / f".docs.html.{os.getpid()}.tmp"
        try:
            with terminal.stage("docs") as stage:
                dbt.describe(warehouse, variables, folder, stage)
                temporary.write_text(render(folder), encoding="utf-8")
                replace_file(temporary, warehouse.docs)
        except (KeyboardInterrupt, Interrupted):
            raise Interrupted("interrupted: run the same command again") from None
        finally:
            temporary.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
    return warehouse.docs


def render(folder: Path) -> str:
    """Return dbt's page with what it shows in it: `dbt docs generate --static`, made safe.

    Args:
        folder: Has index.html, manifest.json and catalog.json of dbt.
    """
    page = (folder / "index.html").read_text(encoding="utf-8")
    for request, instead in REQUESTS.items():
        page = page.replace(request, instead)
    for place, name in PLACES.items():
        text = (folder / f"{name}.json").read_text(encoding="utf-8")
        page = page.replace(place, as_json(json.loads(text, object_hook=without_paths)), 1)
    # The page runs its own scripts and fetches nothing, whatever HTML a description brings.
    hashes = " ".join(map(script_hash, re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)))
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; font-src data:;"
        f" style-src 'unsafe-inline'; script-src 'unsafe-eval' {hashes}"
    )
    return page.replace(
        "<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1
    )


def without_paths(node: dict[str, Any]) -> dict[str, Any]:
    """Return what dbt says of something without where on this machine it is."""
    return {
        name: value
        for name, value in node.items()
        if name not in ("compiled_path", "root_path") or not isinstance(value, str)
    }
