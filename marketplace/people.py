"""People: signing up, signing in, staying signed in, signing out.

Nothing here exists at Stripe; a seller's identity there is the connected account. The rule that
bites: whoever tries passwords must learn nothing, so an unknown address takes as long and says the
same as a wrong password, and too many failures on one address close it for a while, from wherever
they come.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace import clock
from marketplace.database import phase
from marketplace.errors import Invalid, NotFound, Sentence, TooMany
from marketplace.models import LoginAttempt, LoginSession, Role, User

LEAST_PASSWORD = 10
MOST_PASSWORD = 256
STAY_SIGNED_IN = timedelta(days=14)
FREE_FAILURES = 5
FIRST_WAIT = 30
LONGEST_WAIT = 900
FORGET_FAILURES = timedelta(hours=1)
MOST_NAME = 100
WRONG = Sentence("The address or the password is wrong.")
TAKEN = Sentence("Somebody signed up with this address already. Sign in instead.")
NO_ADDRESS = Sentence("Write an address like ada@example.com.")
NO_NAME = Sentence("Write a name of at most {most} characters.", most=MOST_NAME)
COMMON_PASSWORD = Sentence("This is one of the first passwords that anybody tries. Choose another.")
# Only these people may be signed in as with one click, and all of it only in the sandbox: their
# password is printed for everybody to read.
DEMO_DOMAIN = "demo.example"
# Long enough for the rule, and still among the first that anybody tries.
COMMON = frozenset(
    "1234567890 0123456789 12345678910 123456789a password123 password1234 passwordpassword "
    "qwertyuiop qwerty1234 qwerty12345 iloveyou123 1q2w3e4r5t 1qaz2wsx3edc abcdefghij abc1234567 "
    "letmein123 welcome123 football123 baseball123 administrator changeme123 aaaaaaaaaa".split()
)

_EMAIL = re.compile(r"[^@\s\x00-\x1f<>\"',;]{1,64}@[^@\s\x00-\x1f<>\"',;]{1,189}\.[^@\s.]{2,63}")
_HASHER = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
# Checked when there is nobody of that address, so that this takes as long as a wrong password.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh login: the person, and the token for the cookie, which is kept nowhere else."""

    user: User
    token: str


def normal_email(email: str) -> str:
    """The form in which an address is stored and looked for."""
    return email.strip().casefold()


def is_address(email: str) -> bool:
    """Tell whether this looks like an email address."""
    return _EMAIL.fullmatch(email) is not None


def sign_up(
    session: orm.Session, *, email: str, name: str, password: str, role: Role = Role.BUYER
) -> User:
    """Make a person; raises Invalid with the fields that cannot be used. Flushes, commits not."""
    email, name = normal_email(email), " ".join(name.split())
    faults = {
        "email": None if _EMAIL.fullmatch(email) else NO_ADDRESS,
        "name": None if 0 < len(name) <= MOST_NAME else NO_NAME,
        "password": _fault_of(password, email, name),
    }
    found = {field: fault for field, fault in faults.items() if fault}
    if found:
        raise Invalid("Some of this cannot be used.", found)
    user = User(email=email, name=name, password_hash=_HASHER.hash(password), role=role)
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        taken = {"email": TAKEN}
        raise Invalid("This address is taken.", taken) from error
    return user


def sign_in(session: orm.Session, email: str, password: str, user_agent: str = "") -> SignedIn:
    """Check a password and begin a login session; commits, in two phases around the hashing.

    Raises Invalid, with the same words for an unknown address and a wrong password, and TooMany
    after repeated failures on the address.
    """
    digest = _digest(normal_email(email))
    with phase(session):
        _slow_down(session, digest)
        attempt = LoginAttempt(email_hash=digest, succeeded=False)
        session.add(attempt)
    user = by_email(session, email)
    session.commit()  # hashing takes 30 ms: hold no transaction meanwhile
    if not _matches(user.password_hash if user else _NOBODY, password) or user is None:
        raise Invalid(WRONG, {"password": WRONG})
    with phase(session):
        attempt.succeeded = True
        return begin(session, user, user_agent)


def begin(session: orm.Session, user: User, user_agent: str = "") -> SignedIn:
    """Begin a login session with a token that nobody had before. Flushes, commits not."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=_digest(token),
            user_id=user.id,
            expires_at=clock.now() + STAY_SIGNED_IN,
            user_agent=user_agent[:120],
        )
    )
    session.flush()
    return SignedIn(user, token)


def holder(session: orm.Session, token: str) -> User | None:
    """The person whose valid login session has this token."""
    return session.scalar(
        sa.select(User)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.token_hash == _digest(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > clock.now(),
        )
    )


def sign_out(session: orm.Session, token: str) -> None:
    """End the login session of this token; nothing happens when there is none. Commits not."""
    session.execute(
        sa.update(LoginSession)
        .where(LoginSession.token_hash == _digest(token), LoginSession.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def by_email(session: orm.Session, email: str) -> User | None:
    """The person with this address."""
    return session.scalar(sa.select(User).where(User.email == normal_email(email)))


def appoint(session: orm.Session, email: str) -> User:
    """Let the person with this address run the marketplace. Flushes, commits not.

    Raises NotFound for somebody who has not signed up.
    """
    user = by_email(session, email)
    if user is None:
        raise NotFound("Nobody signed up with this address.")
    user.role = Role.OPERATOR
    session.flush()
    return user


def demo_people(session: orm.Session, limit: int = 8) -> list[User]:
    """The people of the demo, in the order in which they were made."""
    query = sa.select(User).where(User.email.endswith(f"@{DEMO_DOMAIN}", autoescape=True))
    return list(session.scalars(query.order_by(User.id).limit(limit)))


def is_demo(user: User) -> bool:
    """Tell whether this is one of the people of the demo."""
    return is_demo_address(user.email)


def are_demo(session: orm.Session) -> bool:
    """Tell whether the people of the demo, whom only the sandbox has, are in this database."""
    demo = User.email.endswith(f"@{DEMO_DOMAIN}", autoescape=True)
    return session.scalar(sa.select(User.id).where(demo).limit(1)) is not None


def is_demo_address(email: str) -> bool:
    """Tell whether somebody of this address would be one of the people of the demo."""
    return normal_email(email).endswith(f"@{DEMO_DOMAIN}")


def _slow_down(session: orm.Session, digest: str) -> None:
    """Raise TooMany when the address failed too often lately; forget what is long ago."""
    now = clock.now()
    horizon = now - FORGET_FAILURES
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.at < horizon))
    tries = session.execute(
        sa.select(LoginAttempt.at, LoginAttempt.succeeded)
        .where(LoginAttempt.email_hash == digest)
        .order_by(LoginAttempt.id.desc())
        .limit(FREE_FAILURES + 10)
    ).all()
    failures = next((i for i, row in enumerate(tries) if row.succeeded), len(tries))
    if failures < FREE_FAILURES:
        return
    wait = min(FIRST_WAIT * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT)
    left = wait - int((now - tries[0].at).total_seconds())
    if left > 0:
        raise TooMany(_wait(left), left)


def _wait(seconds: int) -> str:
    if seconds < 120:  # noqa: PLR2004
        return Sentence("Too many tries. Wait {count} seconds, then try again.", count=seconds)
    minutes = -(-seconds // 60)
    return Sentence("Too many tries. Wait {count} minutes, then try again.", count=minutes)


def _fault_of(password: str, email: str, name: str) -> str | None:
    if len(password) < LEAST_PASSWORD:
        return Sentence(
            "Use at least {least} characters; a short sentence is good.", least=LEAST_PASSWORD
        )
    if len(password) > MOST_PASSWORD:
        return Sentence("Use at most {most} characters.", most=MOST_PASSWORD)
    if password.casefold() in COMMON | {email, name.casefold()}:
        return COMMON_PASSWORD
    return None


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password[: MOST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
