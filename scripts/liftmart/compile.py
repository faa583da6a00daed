"""Write the SQL of the project in the dialect of an engine, without a connection to it."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from liftmart.dbt import project_folder, reason
from liftmart.errors import UserError

# Any credential compiles; this way of signing in asks nobody for it.
OFFLINE = {"bigquery": {"LIFTMART_BIGQUERY_METHOD": "oauth-secrets"}}


def compile_project(target: str, variables: Mapping[str, object], folder: Path) -> list[Path]:
    """Compile every model and test; return the files, which are in `folder`/compiled.

    Raises:
        UserError: The adapter is not installed, or something can't be compiled for the engine.
    """
    if importlib.util.find_spec(f"dbt.adapters.{target}") is None:
        raise UserError(
            f"--target {target} needs dbt-{target}: install requirements-{target}.txt"
            " into an environment of liftmart's"
        )
    from dbt.cli.main import dbtRunner

    project = str(project_folder())
    arguments = [
        *("compile", "--no-introspect", "--no-populate-cache"),
        *("--project-dir", project, "--profiles-dir", project),
        *("--target", target, "--vars", json.dumps(variables)),
        *("--target-path", str(folder), "--log-path", str(folder / "logs")),
        *("--log-level", "none", "--log-level-file", "info"),
    ]
    os.environ.update(OFFLINE.get(target, {}))
    logging.raiseExceptions = False
    result = dbtRunner().invoke(arguments)
    if not result.success:
        results = getattr(result.result, "results", [])
        messages = [node.message for node in results if node.message]
        raise UserError(f"--target {target}: {reason([*messages, result.exception][0])}")
    return sorted((folder / "compiled").rglob("*.sql"))
