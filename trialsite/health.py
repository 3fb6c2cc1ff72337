"""Is the site well? `/healthz`: the process is up. `/readyz`: what it needs answers too."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trialsite import heartbeat


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is up."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, broker and worker are well, else 503, naming each."""
    parts = {"database": _database_answers, "broker": _broker_answers, "worker": _worker_beats}
    ready = {name: _well(check) for name, check in parts.items()}
    return JsonResponse(
        {"ready": all(ready.values()), **ready}, status=200 if all(ready.values()) else 503
    )


def _well(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError):
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _broker_answers() -> bool:
    with heartbeat.redis_client(settings.REDIS_URL) as client:
        return bool(client.ping())


def _worker_beats() -> bool:
    return heartbeat.is_fresh(settings.REDIS_URL)
