import pytest

from coalition.domain.errors import UnusableName
from coalition.domain.names import LONGEST, Name, checked


def test_a_name_is_one_line_without_spare_spaces():
    assert checked("  Near \n  Shore ") == "Near Shore"


@pytest.mark.parametrize("text", ["", "   ", "\n", "x" * (LONGEST + 1)])
def test_nothing_and_too_much_are_no_names(text):
    with pytest.raises(UnusableName):
        checked(text)


def test_a_name_is_read_in_a_language_or_as_it_is():
    name = Name("Near Shore", {"bg": "Близък бряг"})
    assert (name.in_language("bg"), name.in_language("el")) == ("Близък бряг", "Near Shore")
