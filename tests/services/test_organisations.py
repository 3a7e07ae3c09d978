"""Member organisations: created and described by administrators, public for everybody."""

import pytest

from coalition.domain.errors import AlreadyExists, NotFound, NotPermitted, UnknownCode
from coalition.services import organisations
from coalition.services.work import NOBODY, reading
from tests.conftest import Coalition


def test_a_member_is_created_with_its_texts_in_every_language(any_coalition: Coalition):
    with any_coalition.work("administrator") as work:
        made = organisations.create_organisation(
            work,
            " shore-7 ",
            " Near Shore ",
            names={"bg": "Близък бряг"},
            about={"bg": "Помага."},
            website="https://shore.example",
        )
    with reading(any_coalition.runtime, NOBODY) as work:
        found = organisations.organisation(work, "Shore-7")
    assert found == made
    assert (found.code, found.name, found.website) == ("SHORE-7", "Near Shore", "https://shore.example")
    assert (found.name_in("bg"), found.name_in("en")) == ("Близък бряг", "Near Shore")
    assert (found.about_in("bg"), found.about_in("en")) == ("Помага.", "Помага.")


def test_a_code_is_taken_whatever_its_letter_case(any_coalition: Coalition):
    with pytest.raises(AlreadyExists) as refused, any_coalition.work("administrator") as work:
        organisations.create_organisation(work, "first", "Another First")
    assert refused.value.key == "FIRST"


@pytest.mark.parametrize("code", ["", "-A", "_A", "A B", "ЦЕНТЪР", "X" * 41, "A/B", "A\nB"])
def test_a_code_that_cannot_stand_in_an_address_is_refused(coalition: Coalition, code: str):
    with pytest.raises(UnknownCode), coalition.work("administrator") as work:
        organisations.create_organisation(work, code, "Name")


def test_describing_a_member_replaces_what_was_said_of_it(any_coalition: Coalition):
    with any_coalition.work("administrator") as work:
        organisations.describe_organisation(
            work, "first", name="Renamed ", names={"bg": "Нов"}, about={"en": "Help."}, website="https://a.example"
        )
    with any_coalition.reading("lead") as work:
        found = organisations.organisation(work, "FIRST")
        assert [item.code for item in organisations.list_organisations(work)] == ["FIRST", "SECOND"]
    assert (found.name, found.names, found.about, found.website) == (
        "Renamed",
        {"bg": "Нов"},
        {"en": "Help."},
        "https://a.example",
    )


def test_a_member_that_does_not_exist_is_not_found(coalition: Coalition):
    for act in (
        lambda work: organisations.organisation(work, "NOWHERE"),
        lambda work: organisations.describe_organisation(work, "NOWHERE", name="x", names={}, about={}, website=""),
    ):
        with pytest.raises(NotFound), coalition.work("administrator") as work:
            act(work)


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator"])
def test_only_administrators_look_after_members(coalition: Coalition, who: str):
    for act in (
        lambda work: organisations.create_organisation(work, "THIRD", "Third"),
        lambda work: organisations.describe_organisation(work, "FIRST", name="x", names={}, about={}, website=""),
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)
    with coalition.reading("lead") as work:
        assert [item.name for item in organisations.list_organisations(work)] == [
            "First Member",
            "Second Member",
        ]
