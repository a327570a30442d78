"""The options of our connections to PostgreSQL. Pure: the settings import it."""

from __future__ import annotations

from typing import Any


def add_options(database: dict[str, Any], *, pool: dict[str, int] | None, limits: dict[str, int]) -> None:
    """Add them to a database of the settings. `limits`: seconds a statement, a lock and an idle transaction may take.

    A connection that hangs would otherwise keep its locks, and everybody who waits for them, for ever. 0: no limit.
    """
    options = database.setdefault("OPTIONS", {})
    # Statements reach the server with bound parameters, so that `log_statement=mod` writes no student's name.
    options["server_side_binding"] = True
    given = [f"-c {name}_timeout={seconds}s" for name, seconds in limits.items() if seconds]
    # Compiling a statement takes longer than any of ours runs: it would begin at once where a school has many batches.
    options["options"] = " ".join([options.get("options", ""), "-c jit=off", *given]).strip()
    if pool:
        options["pool"] = pool
        database["CONN_HEALTH_CHECKS"] = True
