"""What things cost: calls to Stripe for a seller and for a sale, queries for a page.

The figures are written to artifacts/figures.txt. What is promised is asserted; the rest is there to
be looked at when it changes.
"""

import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event

from marketplace.models import InboxEvent, Scope
from tests.journeys.conftest import Town

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = Path(os.environ.get("ARTIFACTS") or ROOT / "artifacts")
MOST_QUERIES = 12
ID = re.compile(r"[a-z]+(_test)?_[A-Za-z0-9]{12,}")
PAGES = {
    "Ben": ("/", "/products/1", "/shops/nadia-weaves", "/basket", "/orders"),
    "Nadia": ("/sell", "/sell/account", "/sell/products", "/sell/orders", "/sell/orders/1"),
}


@contextmanager
def _calls(town: Town) -> Iterator[Counter[str]]:
    """The calls that the marketplace makes to Stripe, by method and kind of address."""
    before, found = len(town.wiring.trace.calls()), Counter[str]()
    yield found
    for call in town.wiring.trace.calls()[before:]:
        parts = call.path.split("/")
        name = "/".join("…" if ID.fullmatch(part) else part for part in parts[2:])
        found[f"{call.method} {name}"] += 1


def _queries(town: Town, who: str, path: str) -> int:
    """How many statements one look at a page costs; the engine's own threads are not counted."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if threading.current_thread().name.startswith("waitress"):
            seen.append(statement)

    event.listen(town.wiring.engine, "before_cursor_execute", note)
    try:
        assert town.browser(who).open(town.site + path).status == 200, path
    finally:
        event.remove(town.wiring.engine, "before_cursor_execute", note)
    return len(seen)


def _table(title: str, counts: dict[str, int]) -> str:
    lines = [f"  {count:>4}  {name}" for name, count in counts.items()]
    return "\n".join([f"{title}: {sum(counts.values())}", *lines])


def test_what_a_seller_a_sale_and_a_page_cost(town: Town) -> None:
    nadia = town.begin_shop("Nadia", "Nadia weaves")
    with _calls(town) as started:
        nadia.press("Set up payments with Stripe")
    with _calls(town) as onboarded:
        nadia.open(town.onboard(nadia.away or ""))
        town.settle()
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.sign_up("Ben")
    ben.open("/").follow("Woven rug").press("Put into the basket")
    ben.open("/basket").follow("Check out")
    with _calls(town) as opened:
        ben.press("Order and pay")
    with _calls(town) as paid:
        ben.open(town.pay(ben.away or ""))
        town.settle()
    assert started == {"POST core/accounts": 1, "POST core/account_links": 1}
    assert opened == {"POST checkout/sessions": 1}
    # v2 names bank accounts by their ids only, so they are asked for besides.
    assert set(onboarded) == {"GET core/accounts/…", "GET accounts/…/external_accounts"}
    with town.database() as session:
        heard = session.query(InboxEvent).filter(InboxEvent.scope != Scope.PLATFORM).count()
    # At most once for each event and once for the return page; far less unless they come slowly.
    assert onboarded["GET core/accounts/…"] <= heard + 1
    pages = {f"{path} ({who})": _queries(town, who, path) for who in PAGES for path in PAGES[who]}
    assert max(pages.values()) <= MOST_QUERIES, pages
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    tables = [
        _table("Calls to Stripe to start onboarding", started),
        _table("Calls to Stripe for the facts of one onboarding", onboarded),
        _table("Calls to Stripe to open a payment page", opened),
        _table("Calls to Stripe for the facts of one sale", paid),
        _table("Queries per page, all together", pages),
    ]
    (ARTIFACTS / "figures.txt").write_text("\n\n".join(tables) + "\n")
