"""What a user can cause, said in one line."""

from __future__ import annotations

import errno
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


def explain(error: OSError | duckdb.Error, folder: Path) -> UserError | None:
    """Return what an error of the disk or of a lock means to the user, None for a defect.

    Args:
        error: What the operating system or DuckDB raised.
        folder: The folder that was worked in.
    """
    text = str(error)
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or re.search(
        r"No space left|Disk quota|File too large", text
    ):
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
    if code in (errno.EACCES, errno.EPERM, errno.EROFS) or re.search(
        r"Permission denied|Read-only file system", text
    ):
        where = getattr(error, "filename", None) or folder
        return UserError(
            f"{where} may not be written: choose another folder or give yourself the right to"
            " write there"
        )
    if isinstance(error, OSError):
        if error.strerror is None:
            return UserError(first_line(error))
        return UserError(f"{error.filename or folder}: {error.strerror}")
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return UserError(first_line(error))
    return None


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say in a `UserError` what an error of the disk or of a lock in a folder means."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise (explain(error, folder) or error) from None
