"""A till: one shop with a connected account in a running sandbox, and the way there."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm

from marketplace import clock, orders
from marketplace.config import Settings
from marketplace.gateway import client as gateway
from marketplace.gateway.trace import Trace
from marketplace.models import Order, Payment, Product
from marketplace.orders import Wanted
from tests import builders
from tests.running import Running
from tests.sandbox import merchants

SITE = "http://shop.example"


class Wire(gateway.TracedClient):
    """The SDK's way to Stripe; on request an answer gets lost after Stripe did its work,
    or the call before it gets there (`stop`)."""

    lose: Callable[[str, str], bool] | None = None
    stop = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if self.stop and self.lose and self.lose(method, url):
            raise sdk.APIConnectionError("there is no line")
        answer = super().request(method, url, *args, **kwargs)
        if self.lose and self.lose(method, url):
            raise sdk.APIConnectionError("the line went dead")
        return answer


@dataclass
class Till:
    """Everything around one shop: its rows, its account at Stripe, and the way there."""

    session: orm.Session
    stripe: sdk.StripeClient
    trace: Trace
    wire: Wire
    sandbox: Running
    bowl: Product

    def place(self, quantity: int = 1) -> Order:
        wanted = [Wanted(self.bowl.id, quantity)]
        return orders.place(self.session, wanted, None, builders.nonce())

    def start(self, order: Order) -> str:
        return orders.start_payment(self.session, self.stripe, order, public_url=SITE)

    def settle(self, order: Order) -> Order:
        attempt = self.attempts(order)[-1]
        assert attempt.checkout_session_id is not None
        orders.settle(
            self.session, self.stripe, attempt.checkout_session_id, attempt.stripe_account
        )
        return self.look(order)

    def settle_last(self, order: Order) -> Order:
        """What an event or the return page does, whatever the last attempt is at Stripe."""
        orders.ask(self.session, self.stripe, self.attempts(order)[-1])
        return self.look(order)

    def own_session(self) -> orm.Session:
        """Another session on the same database, for another thread."""
        return orm.Session(self.session.get_bind(), expire_on_commit=False)

    def look(self, order: Order) -> Order:
        self.session.commit()  # let go of what was read before: others have written since
        return orders.load(self.session, order.token)

    def attempts(self, order: Order) -> list[Payment]:
        return self.look(order).payments

    def stock(self) -> int | None:
        self.session.expire_all()
        return self.session.scalar(sa.select(Product.stock).where(Product.id == self.bowl.id))

    def sessions(self) -> list[Any]:
        return list(self.stripe.v1.checkout.sessions.list().data)

    def sweep(self, later: timedelta = timedelta(minutes=5)) -> int:
        """What the sweep does some time from now."""
        moment = clock.now() + later
        with clock.reading(lambda: moment):
            return orders.finish_requested(self.session, self.stripe, public_url=SITE)


@pytest.fixture
def till(session: orm.Session, settings: Settings, sandbox: Running) -> Till:
    """Bea sells a bowl for 10.00 and keeps 8.77 of it; three are left."""
    trace = Trace()
    wire = Wire(trace)
    sandbox.key = settings.stripe_key
    client = sdk.StripeClient(
        settings.stripe_key,
        base_addresses={"api": sandbox.url},
        max_network_retries=0,
        http_client=wire,
    )
    bea = builders.seller(session, "Bea's Bowls", stripe_id=merchants.seller(sandbox), fee_bps=1230)
    bowl = builders.product(session, bea, "Blue bowl", 1000, stock=3)
    return Till(session, client, trace, wire, sandbox, bowl)


def at_once(work: Callable[[], None], times: int = 4) -> None:
    """Do the same in several threads at the same moment."""
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
