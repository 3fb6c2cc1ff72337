"""Saves drafts as a page does while one types, and tells what it shows of them."""

from django.test import Client

from tests.measurement.pages.page import Page

QUIET = {"accept": "application/json"}


def save(client: Client, sent: dict[str, str], path: str = "/log/draft/") -> int:
    """Save as the page does while one types."""
    return client.post(path, sent, headers=QUIET).status_code


def shown(client: Client, path: str = "/log/") -> dict[str, str]:
    """Return what the controls of the page hold, as a browser would send them."""
    controls = [attributes for tag, attributes in Page(client.get(path)).tags if tag == "input"]
    held = {
        one["name"] or "": one.get("value") or ""
        for one in controls
        if one.get("type") not in ("radio", "checkbox") or "checked" in one
    }
    del held["csrfmiddlewaretoken"]
    return held


def says_when(client: Client, path: str = "/log/") -> bool:
    return "These are your answers from" in Page(client.get(path)).text
