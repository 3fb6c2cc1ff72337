import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from measurement.api.parameters import decimal, flag, refuse_unknown, whole_number
from measurement.api.problems import INVALID_PARAMETER, Problem


def limit(text: str) -> int:
    query = QueryDict(mutable=True)
    query["limit"] = text
    return whole_number(query, "limit", lowest=1, highest=1000, default=100)


@given(st.integers(1, 1000))
def test_a_number_within_the_bounds_is_read(number: int) -> None:
    assert limit(str(number)) == number


@given(st.text(max_size=6).filter(lambda text: text not in {str(n) for n in range(1, 1001)}))
def test_every_other_text_is_refused_by_name(text: str) -> None:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= 1000:
        return  # leading noughts
    with pytest.raises(Problem) as caught:
        limit(text)
    (fault,) = caught.value.faults
    assert fault.field == "limit"
    assert fault.allowed == "a whole number from 1 to 1000"


@pytest.mark.parametrize(
    "text", ["1000000000000000000000", "\x00", "\u0967\u0966", "1_0", "-1", "0", "1.0"]
)
def test_refuses_tricks(text: str) -> None:
    with pytest.raises(Problem):
        limit(text)


def test_a_parameter_left_out_is_the_default() -> None:
    assert whole_number(QueryDict(""), "limit", lowest=1, highest=9, default=7) == 7


def test_unknown_and_doubled_parameters_are_named() -> None:
    with pytest.raises(Problem) as caught:
        refuse_unknown(QueryDict("limt=1&cursor=1&cursor=2"), ("limit", "cursor"))
    assert caught.value.kind is INVALID_PARAMETER
    unknown, doubled = caught.value.faults
    assert (unknown.field, unknown.allowed) == ("limt", "the nearest known parameter is limit")
    assert (doubled.field, doubled.given, doubled.allowed) == ("cursor", "2 times", "once")


def test_no_parameter_at_all_is_allowed_where_none_is_known() -> None:
    refuse_unknown(QueryDict(""), ())
    with pytest.raises(Problem) as caught:
        refuse_unknown(QueryDict("a=1"), ())
    assert caught.value.faults[0].allowed == "no parameter"


@pytest.mark.parametrize(("query", "value"), [("", False), ("f=0", False), ("f=1", True)])
def test_a_flag_is_0_or_1(query: str, value: bool) -> None:
    assert flag(QueryDict(query), "f") is value


@pytest.mark.parametrize("text", ["true", "", "2", "\u0661"])
def test_a_flag_is_nothing_else(text: str) -> None:
    query = QueryDict(mutable=True)
    query["f"] = text
    with pytest.raises(Problem):
        flag(query, "f")


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("-3", -3), ("0.5", 0.5), ("-1.25", -1.25)]
)
def test_a_decimal_number_is_read(text: str, number: float) -> None:
    assert decimal(text) == number
    assert isinstance(decimal(text), float if "." in text else int)


@pytest.mark.parametrize(
    "text", ["", "NaN", "inf", "1e3", "1_0", "+1", ".5", "5.", " 5", "\u0665", "1" * 16, "5\n"]
)
def test_nothing_else_is_a_decimal_number(text: str) -> None:
    assert decimal(text) is None
