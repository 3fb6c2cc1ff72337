"""`python -m benchmarks.client`: many people at once, in a process of their own, on real sockets.

Reads a JSON object from its input: `port`, `task_type` and `sessions`, one a person; without
`sessions` it sends the form to a bare view, for `people` of them. Prints what came of it as JSON.
Some people's connections are cut, and some send twice at once; everybody tries again until the
site has said that their task is stored.
"""

import asyncio
import datetime
import json
import re
import resource
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

PATIENCE_SECONDS: Final = 600
SECONDS_BETWEEN_TRIES: Final = 0.2
STORED: Final = 302
# Of ten people one sends twice at once, one is cut off before the answer, one in mid-sentence.
EACH: Final = 10
TWICE, CUT_BEFORE_THE_ANSWER, CUT_IN_MID_SENTENCE = 9, 3, 6


@dataclass
class Phase:
    """What was asked of the server in a phase: one time in seconds for each answer."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cut: int = 0
    failed: int = 0


@dataclass
class Person:
    """Somebody with a browser; `number` decides what befalls them."""

    number: int
    session: str = ""
    csrf: str = ""
    token: str = ""
    key: str = ""

    @property
    def minutes(self) -> int:
        """Minutes that this person types, so that a mixed-up log is found."""
        return self.number % 1440 + 1

    def read(self, head: str, page: str) -> None:
        """Take from the page what its form will send."""
        self.csrf = _found(r"(?i)set-cookie: csrf=([^;]*)", head)
        self.token = _found(r'name="csrfmiddlewaretoken" value="([^"]*)"', page)
        self.key = _found(r'name="key" value="([^"]*)"', page)

    def form(self, task_type: str) -> bytes:
        """Return what the browser sends."""
        today = datetime.date.today()  # noqa: DTZ011  # as the person's calendar says
        return urlencode(
            {
                "csrfmiddlewaretoken": self.token,
                "key": self.key,
                "task_type": task_type,
                "ai": "no",
                "minutes": self.minutes,
                "date_day": today.day,
                "date_month": today.month,
                "date_year": today.year,
            }
        ).encode()


class Crowd:
    """Everybody, before one server."""

    def __init__(self, port: int, people: list[Person], task_type: str) -> None:
        self.port = port
        self.people = people
        self.task_type = task_type

    async def show(self) -> Phase:
        """Let everybody open the form at once."""
        phase = Phase()

        async def one(person: Person) -> None:
            while True:
                answer = await self._ask(phase, self._head("GET", person))
                if answer is not None and answer[0] == 200:
                    person.read(answer[1], answer[2])
                    return
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)

        await self._all(phase, one)
        return phase

    async def store(self) -> Phase:
        """Let everybody send the form at once, until it is stored."""
        phase = Phase()

        async def one(person: Person) -> None:
            body = person.form(self.task_type)
            sent = self._head("POST", person, len(body)) + body
            fate = person.number % EACH
            if fate == CUT_BEFORE_THE_ANSWER:
                await self._cut(phase, sent)
            elif fate == CUT_IN_MID_SENTENCE:
                await self._cut(phase, sent[: -len(body) // 2])
            times = 2 if fate == TWICE else 1
            await asyncio.gather(*(self._until_stored(phase, sent) for _ in range(times)))

        await self._all(phase, one)
        return phase

    async def _all(self, phase: Phase, one: Any) -> None:
        began = time.perf_counter()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*map(one, self.people))
        phase.seconds = time.perf_counter() - began

    async def _until_stored(self, phase: Phase, sent: bytes) -> None:
        while True:
            answer = await self._ask(phase, sent)
            if answer is not None and answer[0] == STORED:
                return
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    async def _ask(self, phase: Phase, sent: bytes) -> tuple[int, str, str] | None:
        """Send a request and return status, head and body of its answer; None if none came."""
        began = time.perf_counter()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(sent)
            answer = await reader.read()
            writer.close()
        except OSError:
            answer = b""
        head, _, body = answer.decode().partition("\r\n\r\n")
        status = int(head.split(" ", 2)[1]) if head else 0
        if status not in (200, STORED):
            phase.failed += 1
            return None
        phase.times.append(time.perf_counter() - began)
        return status, head, body

    async def _cut(self, phase: Phase, sent: bytes) -> None:
        """Send something and hang up without waiting for an answer."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(sent)
            await writer.drain()
            writer.close()
            phase.cut += 1
        except OSError:
            phase.failed += 1

    def _head(self, method: str, person: Person, length: int = 0) -> bytes:
        site = f"127.0.0.1:{self.port}"
        lines = [f"{method} /log/ HTTP/1.1", f"Host: {site}", "Connection: close"]
        if person.session:
            cookies = f"session={person.session}" + (f"; csrf={person.csrf}" * bool(person.csrf))
            lines.append(f"Cookie: {cookies}")
        if length:
            lines += [
                f"Origin: http://{site}",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {length}",
            ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Let the crowd do what was asked; return what came of it."""
    if "sessions" not in asked:
        people = [Person(n) for n in range(asked["people"])]
        crowd = Crowd(asked["port"], people, asked["task_type"])
        return {"store": vars(await crowd.store())}
    people = [Person(n, session) for n, session in zip(count(), asked["sessions"], strict=False)]
    crowd = Crowd(asked["port"], people, asked["task_type"])
    shown, stored = await crowd.show(), await crowd.store()
    acknowledged = [(person.key, person.minutes) for person in people]
    return {"show": vars(shown), "store": vars(stored), "acknowledged": acknowledged}


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"the answer has no {pattern}: {text[:2000]}")
    return match.group(1)


if __name__ == "__main__":
    # A socket each.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
