"""What a user can cause, said in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


class UserError(Exception):
    """The work cannot be done: says why and what to do. Ends the command with exit code 1."""

    exit_code = 1


class UsageError(UserError):
    """The command was called wrongly. Ends it with exit code 2."""

    exit_code = 2


class Interrupted(UserError):
    """Somebody pressed Ctrl-C. Ends the command with exit code 130, as shells expect."""

    exit_code = 130


def first_line(error: object) -> str:
    """Return the first line of an error that says something, without DuckDB's error class."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return re.sub(r"^[A-Z][\w-]*( [\w-]+)* Error: ", "", lines[0])


def explain_text(text: str, folder: Path) -> UserError | None:
    """Return what a message on the disk or on a lock means to the user, None for any other.

    Args:
        text: What the operating system or DuckDB said, whoever passed it on.
        folder: The folder that was worked in.
    """
    if re.search(r"No space left|Disk quota|File too large", text):
        return UserError(
            f"there is no space left for {folder}: make room and run the same command again"
            " (what was published is untouched)"
        )
    holder = re.search(r"Could not set lock on file \"(.+?)\".*?held in (.+?) \(PID (\d+)\)", text)
    if holder:
        file, program, process = holder.groups()
        return UserError(
            f"{file} is open in process {process} ({Path(program).name}):"
            " close it there and run the same command again"
        )
    memory = re.search(r"(?:allocate|pin) .*/([\d.]+ \w+) used\)", text)
    if memory:
        return UserError(
            f"{memory.group(1)} of memory is too little for this build:"
            " set the environment variable LIFTMART_MEMORY_LIMIT to more"
        )
    damaged = re.search(r'"(.+?)" exists, but it is not a valid DuckDB', text)
    if damaged:
        return UserError(f"{damaged.group(1)} is damaged: run liftmart build, which makes it anew")
    if re.search(r"Permission denied|Operation not permitted|Read-only file system", text):
        named = re.search(r"['\"](/.+?)['\"]", text)
        return UserError(
            f"{named.group(1) if named else folder} may not be written: choose another folder or"
            " give yourself the right to write there"
        )
    return None


def explain(error: OSError | duckdb.Error, folder: Path) -> UserError | None:
    """Return what an error of the operating system or DuckDB means, None for a defect of ours."""
    problem = explain_text(str(error), folder)
    if problem is not None:
        return problem
    if isinstance(error, OSError) and error.strerror is not None:
        return UserError(f"{error.filename or folder}: {error.strerror}")
    if isinstance(error, OSError | duckdb.IOException | duckdb.OutOfMemoryException):
        return UserError(first_line(error))
    return None


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say in a `UserError` what an error of the disk or of a lock in a folder means."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise (explain(error, folder) or error) from None
