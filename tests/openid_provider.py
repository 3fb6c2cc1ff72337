"""A real little OpenID provider on this machine: it signs, checks what it is sent, and can fail."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "trialsite", "a-secret-of-the-tests"
Document = dict[str, Any]


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """Signs in whoever comes, as `person`. Tests change what is said on the way."""

    def __init__(self) -> None:
        self.key = new_key()
        self.url = ""
        self.person: Document = {
            "sub": "person-1",
            "email": "robin.teapot@example.com",
            "email_verified": True,
        }
        self.says_no: str | None = None
        self.change: dict[str, Callable[[Document], Any]] = {}
        self.header = {"kid": "key-1"}
        self.algorithm = "RS256"
        self.signing_key: Any = self.key
        self.broken: set[str] = set()
        self.asked: list[str] = []
        self._codes: dict[str, Document] = {}

    def said(self, what: str, document: Document) -> Any:
        """Return a document, changed as the test wants it."""
        change = self.change.get(what)
        return change(document) if change else document

    def description(self) -> Document:
        names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
        paths = ("/authorize", "/token", "/userinfo", "/keys")
        ends = {name: self.url + path for name, path in zip(names, paths, strict=True)}
        return {"issuer": self.url, **ends}

    def keys(self) -> Document:
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "key-1", "use": "sig", "alg": "RS256"}]}

    def authorise(self, query: dict[str, str]) -> str:
        """Return where the browser goes on to."""
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert set(query["scope"].split()) == {"openid", "email"}
        assert query["code_challenge_method"] == "S256"
        answer = {"state": query["state"]}
        if self.says_no:
            answer["error"] = self.says_no
        else:
            answer["code"] = secrets.token_urlsafe(8)
            self._codes[answer["code"]] = dict(query)
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str]) -> Document:
        """Return the signed statement for a code; it works once."""
        asked = self._codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert challenge == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        assert (form["client_id"], form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        now = int(time.time())
        claims = self.said(
            "claims",
            {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **self.person},
        )
        signed = jwt.encode(claims, self.signing_key, self.algorithm, headers=self.header)
        return {"access_token": "opens-userinfo", "token_type": "Bearer", "id_token": signed}


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.provider.asked.append(path)
        if path == "/authorize":
            self.send_response(302)
            flat = {name: values[0] for name, values in query.items()}
            self.send_header("Location", self.provider.authorise(flat))
            self.end_headers()
            return
        makers: dict[str, tuple[str, Callable[[], Document]]] = {
            "/.well-known/openid-configuration": ("description", self.provider.description),
            "/keys": ("keys", self.provider.keys),
            "/userinfo": ("userinfo", lambda: dict(self.provider.person)),
        }
        what, make = makers[path]
        if what == "userinfo":
            assert self.headers["Authorization"] == "Bearer opens-userinfo"
        self._send(what, make())

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._send("token", self.provider.token(form))

    def _send(self, what: str, document: Document) -> None:
        body = json.dumps(self.provider.said(what, document)).encode()
        self.send_response(503 if what in self.provider.broken else 200)
        if what not in self.provider.broken:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *about: object) -> None:
        """Stay silent."""


@contextmanager
def running() -> Iterator[Provider]:
    """Have a provider answer for as long as the block lasts."""
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
