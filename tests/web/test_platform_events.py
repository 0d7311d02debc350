"""The operator's webhook inbox: what came, what was refused, and what is handled again."""

import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace.database import phase
from marketplace.lifecycles import (
    InboxState,
)
from marketplace.models import (
    InboxEvent,
)
from marketplace.webhooks import inbox
from tests.web.test_platform import event_row, text


def test_a_refused_delivery_is_told_but_never_stored(
    olivia: FlaskClient, session: orm.Session
) -> None:
    olivia.post("/webhooks/stripe", data=b"{}", headers={"Stripe-Signature": "t=1,v1=a"})
    assert "This endpoint is closed" in text(olivia, "/events")
    assert inbox.latest(session) == []


def test_an_events_body_is_shown_as_text_and_without_what_opens_a_payment(
    olivia: FlaskClient, session: orm.Session
) -> None:
    trap = "</pre><script>alert(1)</script>"
    about = {
        "id": "cs_1",
        "object": "checkout.session",
        "customer_details": {"name": trap},
        "client_secret": "cs_secret_canary",
        "url": "https://checkout.stripe.com/c/canary",
    }
    name = event_row(session, type="checkout.session.completed", data={"object": about})
    page = olivia.get(f"/platform/events/{name}").get_data(as_text=True)
    assert "canary" not in page
    assert "<script>alert" not in page
    assert trap in BeautifulSoup(page, "html.parser").get_text()


def test_a_replay_makes_the_event_new_and_twice_is_once(
    olivia: FlaskClient, session: orm.Session
) -> None:
    name = event_row(session)
    with phase(session):
        session.execute(sa.update(InboxEvent).values(state=InboxState.DEAD, attempts=9))
    for _ in range(2):
        answer = olivia.post(f"/platform/events/{name}/replay")
        assert answer.headers["Location"].endswith(f"/platform/events/{name}")
    session.rollback()
    session.expire_all()
    row = inbox.get(session, name)
    assert (row.state, row.attempts) == (InboxState.NEW, 0)
    progress = olivia.get(f"/platform/events/{name}/progress")
    assert "waits for its turn" in progress.get_data(as_text=True)
    assert "Poll-Again" not in progress.headers


def test_all_dead_events_are_replayed_by_one_button(
    olivia: FlaskClient, session: orm.Session
) -> None:
    names = [event_row(session) for _ in range(3)]
    with phase(session):
        session.execute(sa.update(InboxEvent).values(state=InboxState.DEAD))
        session.execute(
            sa.update(InboxEvent).where(InboxEvent.id == names[0]).values(state=InboxState.DONE)
        )
    olivia.post("/platform/events/replay", data={"state": "dead"})
    assert olivia.post("/platform/events/replay", data={"state": "done"}).status_code == 404
    session.rollback()
    counts = inbox.counts(session)
    assert (counts[InboxState.NEW], counts[InboxState.DONE]) == (2, 1)
