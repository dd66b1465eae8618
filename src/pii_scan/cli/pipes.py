"""What happens when the reader of standard output goes away, as `head` does: silence, and the exit code stays."""

from __future__ import annotations

import os


def drop_stdout() -> None:
    """Leads standard output nowhere from now on, so that what is still buffered raises nothing at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
