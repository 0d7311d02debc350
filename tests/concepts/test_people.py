"""People sign up and in; whoever tries passwords learns nothing and is slowed down."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import clock, people
from marketplace.database import phase
from marketplace.errors import Invalid, TooMany
from marketplace.models import LoginAttempt, LoginSession, Role, User
from tests import sparing

GOOD = "a quiet harbour"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def noor(session: orm.Session, email: str = "noor@x.example", name: str = "Noor") -> User:
    with phase(session):
        return people.sign_up(session, email=email, name=name, password=GOOD)


def test_an_address_is_kept_casefolded_and_found_in_any_case(session: orm.Session) -> None:
    noor(session, email=" Noor@X.example ")
    found = people.by_email(session, "NOOR@x.EXAMPLE")
    assert found is not None
    assert (found.email, found.role) == ("noor@x.example", Role.BUYER)


def test_the_password_is_stored_as_argon2id_with_19_mib(
    session: orm.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_HASHER", sparing.HASHER)
    assert noor(session).password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""), ("email", "noor"), ("email", "noor@localhost"), ("email", "a b@x.example"),
        ("email", "a@b@x.example"), ("email", "n" * 300 + "@x.example"), ("email", "a\r@x.example"),
        ("name", "  "), ("name", "n" * 101),
        ("password", "short"), ("password", "x" * 257), ("password", "Password123"),
        ("password", "noor@x.example"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_by_field(session: orm.Session, field: str, value: str) -> None:
    given = {"email": "noor@x.example", "name": "Noor", "password": GOOD, field: value}
    with pytest.raises(Invalid) as refused, phase(session):
        people.sign_up(
            session, email=given["email"], name=given["name"], password=given["password"]
        )
    assert set(refused.value.fields) == {field}
    assert session.scalar(sa.select(sa.func.count(User.id))) == 0


def test_a_password_of_256_characters_of_any_script_works_whole(session: orm.Session) -> None:
    password = "ä好🌊 " * 64
    with phase(session):
        people.sign_up(session, email="noor@x.example", name="Noor", password=password)
    assert people.sign_in(session, "noor@x.example", password).user.name == "Noor"
    with pytest.raises(Invalid):
        people.sign_in(session, "noor@x.example", password[:-1])


def test_an_address_is_taken_only_once(session: orm.Session) -> None:
    noor(session)
    with pytest.raises(Invalid) as refused:
        noor(session, email="NOOR@x.example")
    assert set(refused.value.fields) == {"email"}


def test_a_login_token_is_random_long_and_stored_only_as_a_hash(session: orm.Session) -> None:
    noor(session)
    first = people.sign_in(session, "noor@x.example", GOOD)
    second = people.sign_in(session, "noor@x.example", GOOD)
    assert first.token != second.token
    assert len(first.token) >= 43  # 256 bits
    kept = list(session.scalars(sa.select(LoginSession.token_hash)))
    assert len(kept) == 2
    assert not {first.token, second.token} & set(kept)


def test_a_token_opens_until_it_is_revoked_or_old(session: orm.Session) -> None:
    user = noor(session)
    with clock.reading(lambda: NOON):
        login = people.sign_in(session, "noor@x.example", GOOD)
        assert people.holder(session, login.token) == user
        assert people.holder(session, login.token[:-1]) is None
    with clock.reading(lambda: NOON + people.STAY_SIGNED_IN):
        assert people.holder(session, login.token) is None
    with clock.reading(lambda: NOON):
        people.sign_out(session, login.token)
        assert people.holder(session, login.token) is None


def test_a_wrong_password_and_an_unknown_address_say_the_same(session: orm.Session) -> None:
    noor(session)
    told = []
    for email in ("noor@x.example", "nobody@x.example"):
        with pytest.raises(Invalid) as refused:
            people.sign_in(session, email, "not the password")
        told.append((str(refused.value), refused.value.fields))
    assert told[0] == told[1]


def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(
    session: orm.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    noor(session)
    checked = []

    class Counting:
        def verify(self, password_hash: str, _password: str) -> bool:
            checked.append(password_hash.split("$")[3])
            return False

    monkeypatch.setattr(people, "_HASHER", Counting())
    for email in ("noor@x.example", "nobody@x.example"):
        with pytest.raises(Invalid):
            people.sign_in(session, email, "not the password")
    assert checked == ["m=64,t=1,p=1"] * 2  # what `sparing` set for both


def fail(session: orm.Session, times: int, email: str = "noor@x.example") -> None:
    for _ in range(times):
        with pytest.raises(Invalid):
            people.sign_in(session, email, "not the password")


def test_after_five_failures_an_address_waits_and_the_right_password_waits_too(
    session: orm.Session,
) -> None:
    noor(session)
    with clock.reading(lambda: NOON):
        fail(session, 5)
        with pytest.raises(TooMany) as slowed:
            people.sign_in(session, "noor@x.example", GOOD)
    assert slowed.value.retry_after == 30
    with clock.reading(lambda: NOON + timedelta(seconds=30)):
        assert people.sign_in(session, "noor@x.example", GOOD).token
        fail(session, 4)  # a success starts the count anew
        assert people.sign_in(session, "noor@x.example", GOOD).token


def test_each_further_failure_doubles_the_wait(session: orm.Session) -> None:
    with clock.reading(lambda: NOON):
        fail(session, 5)
    with clock.reading(lambda: NOON + timedelta(seconds=31)):
        fail(session, 1)
        with pytest.raises(TooMany) as slowed:
            people.sign_in(session, "noor@x.example", GOOD)
    assert slowed.value.retry_after == 60


def test_one_address_that_fails_does_not_slow_another(session: orm.Session) -> None:
    noor(session)
    with clock.reading(lambda: NOON):
        fail(session, 5, email="mallory@x.example")
        assert people.sign_in(session, "noor@x.example", GOOD).token


def test_failures_are_forgotten_and_never_name_the_address(session: orm.Session) -> None:
    with clock.reading(lambda: NOON):
        fail(session, 3)
    assert all("noor" not in row.email_hash for row in session.scalars(sa.select(LoginAttempt)))
    with clock.reading(lambda: NOON + timedelta(hours=2)):
        fail(session, 1)
    assert session.scalar(sa.select(sa.func.count(LoginAttempt.id))) == 1


def test_only_the_people_of_the_demo_are_demo_people(session: orm.Session) -> None:
    noor(session, email="noor@evil-demo.example")
    ada = noor(session, email="ada@demo.example", name="Ada")
    assert people.demo_people(session) == [ada]
    assert people.is_demo(ada)
