"""What is kept of a form that could not be saved."""

from datetime import UTC, datetime

import pytest

from coalition.domain.kept_forms import LASTS, SECRET, expired_before, once_of, worth_keeping

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_everything_is_kept_in_its_order_but_secrets_and_what_belongs_to_one_showing():
    typed = [("town", " Дол "), ("ticked", "a"), ("ticked", "b"), ("town", "")]
    assert worth_keeping([*typed, *((name, "secret") for name in SECRET)]) == tuple(typed)


def test_a_day_is_the_longest():
    assert expired_before(NOW) == NOW - LASTS


@pytest.mark.parametrize("text", ["", "short", "a" * 65, "with a space in the middle of it", "ü" * 43, "a" * 42 + "\n"])
def test_nothing_but_a_name_that_the_server_could_have_made_is_one(text: str):
    assert once_of(text) == ""
    assert once_of("a" * 43) == "a" * 43
