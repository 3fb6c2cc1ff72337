import contextlib
import json
import math

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from measurement.api.parsers import MAX_BODY_BYTES, loads, refuse_large_body
from measurement.api.problems import INVALID_BODY, TOO_LARGE, Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def text_of(value: object) -> str:
    return json.dumps(value, sort_keys=True)


@given(JSON)
def test_reads_what_json_writes(value: object) -> None:
    assert text_of(loads(json.dumps(value).encode())) == text_of(value)


@given(st.binary(max_size=50))
def test_any_bytes_are_json_or_a_problem(body: bytes) -> None:
    with contextlib.suppress(Problem):
        loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"key": "a",}',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"{'key': 'a'}",
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b"[" * 30_000 + b"]" * 30_000,
    ],
)
def test_refuses_what_is_not_utf_8_json(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        loads(body)
    assert caught.value.kind is INVALID_BODY


def test_names_a_field_that_is_there_twice() -> None:
    with pytest.raises(Problem) as caught:
        loads(b'{"key": "a", "minutes": 1, "minutes": 2}')
    assert [fault.field for fault in caught.value.faults] == ["minutes"]


def test_numbers_too_long_for_an_int_become_floats() -> None:
    assert loads(b"9" * 15) == 10**15 - 1
    assert loads(b"9" * 5_000) == math.inf


def post(body: bytes) -> HttpRequest:
    return RequestFactory().post("/", body, content_type="application/json")


def test_a_body_of_the_largest_size_is_read_and_no_larger() -> None:
    refuse_large_body(post(b"a" * MAX_BODY_BYTES))
    with pytest.raises(Problem) as caught:
        refuse_large_body(post(b"a" * (MAX_BODY_BYTES + 1)))
    assert caught.value.kind is TOO_LARGE


def test_a_body_that_is_too_large_is_read_to_its_end() -> None:
    request = post(b"a" * 10_000_000)
    with pytest.raises(Problem):
        refuse_large_body(request)
    assert request.read() == b""


def test_a_length_that_is_no_number_is_no_body() -> None:
    refuse_large_body(RequestFactory().generic("POST", "/", b"a", CONTENT_LENGTH="long"))
