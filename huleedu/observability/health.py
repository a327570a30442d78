"""Whether this process, and what it stands on, works. Only the database is worth a 503: the rest fails open."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest

logger = structlog.get_logger(__name__)

Check = Callable[[], bool]
_migrated = False
"""Once every migration was found applied, this process need not look again: it cannot become older than itself."""


def may_see_details(request: HttpRequest) -> bool:
    """Whether the caller's own address is in `settings.METRICS_ALLOW` (addresses or networks).

    A proxy on this machine is no caller: what it passes on counts by the address our own proxies saw, if any are ours.
    """
    try:
        address = ipaddress.ip_address(_caller(request))
        return any(address in ipaddress.ip_network(allowed) for allowed in settings.METRICS_ALLOW)
    except ValueError:
        return False


def _caller(request: HttpRequest) -> str:
    """The caller's address; empty where somebody passes the request on whom the settings do not know."""
    if not any(request.META.get(name) for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")):
        return str(request.META.get("REMOTE_ADDR", ""))
    passed_on = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    proxies: int = settings.REST_FRAMEWORK["NUM_PROXIES"]
    return passed_on[-min(proxies, len(passed_on))].strip() if proxies else ""


def database_ready() -> bool:
    """Whether the database answers and no migration is pending."""
    global _migrated
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def broker_ready() -> bool:
    """Whether Valkey takes a value and gives it back."""
    cache.set("readyz", "1", timeout=5)
    return bool(cache.get("readyz") == "1")


def readiness(*, degrading: dict[str, Check]) -> tuple[int, dict[str, Any]]:
    """HTTP status and body of `/readyz`. A check of `degrading` that fails shows in the body and costs no 503."""
    database = _passes("database", database_ready)
    checks = {"database": "ok" if database else "unavailable"}
    for name, check in {"broker": broker_ready, **(degrading if database else {})}.items():
        checks[name] = "ok" if _passes(name, check) else "degraded"
    if not database:
        return 503, {"status": "unavailable", "checks": checks}
    return 200, {"status": "degraded" if "degraded" in checks.values() else "ok", "checks": checks}


def _passes(name: str, check: Check) -> bool:
    try:
        return check()
    except Exception:
        logger.warning("not_ready", check=name, exc_info=True)
        return False
