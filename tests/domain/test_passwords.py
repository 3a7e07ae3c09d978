import pytest

from coalition.domain.passwords import MAXIMUM_LENGTH, generated_password, weakness


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too_short"),
        ("x" * (MAXIMUM_LENGTH + 1), "too_long"),
        ("ababababababab", "too_plain"),
        ("password123456", "too_common"),
        ("Парола-Парола1", "too_common"),
        ("snezhana.asenova", "too_common"),
        ("three brown horses", ""),
        ("кафява къща край реката", ""),
    ],
)
def test_what_is_too_weak_says_why(password, reason):
    assert weakness(password, ["Снежана Асенова", "snezhana.asenova@example.org"]) == reason


def test_made_up_passwords_are_strong_and_never_the_same():
    made = {generated_password() for _ in range(50)}
    assert len(made) == 50
    assert {weakness(password, []) for password in made} == {""}
