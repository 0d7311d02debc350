"""In which language a page comes: by the address, by memory, by the browser, or in English."""

import re
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from marketplace import orders
from marketplace.application import create_app
from marketplace.config import Settings
from marketplace.design import Dashboard
from marketplace.errors import SoldOut
from marketplace.lifecycles import PayoutStatus
from marketplace.models import BankAccount, Order, Seller
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.web import context, show
from tests import builders
from tests.browsing import Keep

ASKED = {
    "items": [
        {"code": "individual.dob.day", "due": "past"},
        {"code": "company.tax_id", "due": "now"},
        {"code": "external_account", "due": "later"},
    ],
    "problems": [
        {"requirement": "company.tax_id", "code": "invalid_tax_id_format", "reason": "In English."}
    ],
    "alternatives": [
        {"codes": ["company.vat_id", "company.name"], "instead_of": ["company.tax_id"]}
    ],
}
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
WORDS = re.compile(r"[A-Za-z']{2,}(?: [A-Za-z']{2,}){3,}")


def page(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def lang(client: FlaskClient, path: str, **headers: str) -> str:
    found = page(client.get(path, headers=headers or None).text).html
    assert found is not None
    return str(found["lang"])


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-Hans-CN, en;q=0.5", "zh-CN"),
        ("de-DE,de;q=0.9,zh;q=0.5,en;q=0.3", "zh-CN"),
        ("en-GB,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh;q=0, en", "en"),
        ("fr, *;q=0.5", "en"),
        ("%%%, ;;q=x", "en"),
    ],
)
def test_a_first_visit_is_answered_as_the_browser_asks(
    client: FlaskClient, accepted: str, tag: str
) -> None:
    assert lang(client, "/", **{"Accept-Language": accepted}) == tag


def test_a_choice_is_remembered_and_counts_for_more_than_the_browser(client: FlaskClient) -> None:
    assert lang(client, "/?lang=zh") == "zh-CN"
    assert lang(client, "/sign-in", **{"Accept-Language": "en"}) == "zh-CN"
    assert lang(client, "/sign-in?lang=en", **CHINESE) == "en"
    assert lang(client, "/", **CHINESE) == "en"


def test_a_language_that_nobody_knows_changes_nothing(client: FlaskClient) -> None:
    answer = client.get("/?lang=%3Cscript%3E")
    assert "Set-Cookie" not in answer.headers
    assert page(answer.text).select_one("html[lang=en]")
    client.set_cookie("lang", "klingon")
    assert lang(client, "/") == "en"


def test_an_answer_says_what_it_depends_on_and_what_it_is_in(client: FlaskClient) -> None:
    for path in ("/", "/guide.md", "/guide.json", "/nothing-here"):
        headers = client.get(path, headers=CHINESE).headers
        assert {"Accept-Language", "Cookie"} <= {
            word.strip() for word in headers["Vary"].split(",")
        }
        assert headers["Content-Language"] == "zh-CN"
    with client.get("/static/theme.css") as answer:
        assert "Content-Language" not in answer.headers


def test_the_cookie_holds_a_word_and_is_as_strict_as_the_others(settings: Settings) -> None:
    environ = {"DATA_DIR": str(settings.data_dir), "SECRET_KEY": "c" * 40}
    for address, secure in (("http://127.0.0.1:4242", False), ("https://market.example", True)):
        app = create_app(Settings.from_environ({**environ, "PUBLIC_URL": address}))
        cookie = app.test_client().get("/?lang=zh", base_url=address).headers["Set-Cookie"]
        assert cookie.startswith("lang=zh;")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) == secure
        context.wiring(app).engine.dispose()


def test_each_page_leads_to_itself_in_the_other_language(client: FlaskClient) -> None:
    found = page(client.get("/guide?charge=direct&amount=25").text)
    link = found.select_one(".languages a[lang=zh-CN]")
    assert link is not None
    assert link["href"] == "?charge=direct&amount=25&lang=zh"
    assert link["hreflang"] == "zh-CN"
    assert link.text.strip() == "简体中文"
    assert found.select_one(".languages a[aria-current][lang=en]")
    again = page(client.get(f"/guide{link['href']}").text)
    assert again.select_one("#charge-direct[checked]")
    assert again.select_one("html[lang=zh-CN]")


def test_what_a_form_sent_is_not_put_into_a_link(client: FlaskClient) -> None:
    answer = client.post("/sign-up?next=/sell", data={"name": ""})
    assert answer.status_code == 422
    link = page(answer.text).select_one(".languages a[lang=zh-CN]")
    assert link is not None
    assert link["href"] == "/?lang=zh"


def test_the_platforms_desk_is_in_english_and_says_so_in_the_language_that_was_asked_for(
    olivia: FlaskClient,
) -> None:
    found = page(olivia.get("/platform?lang=zh").text)
    assert found.select_one("html[lang=en]")
    regret = found.select_one("footer p[lang=zh-CN]")
    assert regret is not None
    assert "英文" in regret.text


@pytest.mark.parametrize(
    "path",
    ["/", "/basket", "/sign-in", "/sign-up", "/guide/compare", "/nothing-here"]
    + ["/guide/start?model=marketplace&fees=yes&subscriptions=yes&products=yes"]
    + [
        f"/guide?accounts={api}&charge={charge}&dashboard={dashboard}"
        for api in ("v1", "v2")
        for charge, dashboard in (
            ("direct", "full"),
            ("destination", "express"),
            ("separate", "none"),
        )
    ],
)
def test_no_english_sentence_is_left_on_a_chinese_page(client: FlaskClient, path: str) -> None:
    found = page(client.get(path, headers=CHINESE).text)
    for tag in found.select("code, kbd, pre, .brand, [lang=en], .demo-person strong, select"):
        tag.decompose()
    texts = [*found.stripped_strings]
    texts += [
        str(tag[name]) for name in ("title", "aria-label") for tag in found.select(f"[{name}]")
    ]
    assert [text for text in texts if WORDS.search(text.replace("Tidewater Market", ""))] == []


def test_amounts_and_dates_are_written_as_the_readers_do(app: Flask) -> None:
    moment = datetime(2026, 11, 21, 15, 4, tzinfo=UTC)
    with app.test_request_context("/?lang=zh"):
        assert "US$12.50" in show.money(Money(1250, "usd"))
        assert "¥100.00" in show.money(Money(10000, "cny"))
        assert "ISK\xa01,000" in show.money(Money(100_000, "isk"))  # as Stripe counts, not as CLDR
        assert "2026年11月21日" in show.day(moment)
        assert "2026年11月21日 15:04 UTC" in show.moment(moment)
    with app.test_request_context("/?lang=en"):
        assert "$12.50" in show.money(Money(1250, "usd"))
        assert "Nov 21, 2026, 3:04\u202fPM UTC" in show.moment(moment) or "3:04 PM" in show.moment(
            moment
        )


def test_a_wrong_password_is_told_in_the_readers_language(client: FlaskClient) -> None:
    form = {"email": "ada@example.com", "password": "wrong wrong wrong"}
    answer = client.post("/sign-in?lang=zh", data=form)
    assert "邮箱或密码错误。" in answer.text


def test_a_sentence_with_values_is_translated_with_them(app: Flask) -> None:
    with app.test_request_context("/?lang=zh"):
        assert (
            show.problem(SoldOut("Lamp {x}", 2))
            == "Lamp {x} 仅剩 2 件。 请减少数量，或选择其他商品。"
        )
    with app.test_request_context("/"):
        assert show.problem(SoldOut("Lamp", 0)).startswith("Lamp is sold out.")


def test_what_people_write_is_never_taken_for_markup_or_for_a_pattern(app: Flask) -> None:
    with app.test_request_context("/?lang=zh"):
        for evil in ("<b>%(x)s</b>", "100 % {sure}", "%s%n"):
            assert show.translated(evil) == evil
            html = app.jinja_env.from_string("{{ it|translated }}").render(it=evil)
            assert "<b>" not in html


def placed(session: orm.Session, shop: Seller) -> Order:
    """An order that waits for its payment; Stripe has not been asked."""
    bowl = builders.product(session, shop)
    order = orders.place(session, [Wanted(bowl.id, 1)], None, builders.nonce())
    session.commit()
    return order


def test_the_whole_shop_is_in_chinese(client: FlaskClient, session: orm.Session) -> None:
    shop = builders.seller(session)
    bowl = builders.product(session, shop)
    form = {"product_id": bowl.id, "quantity": 1, "nonce": builders.nonce()}
    paths = ["/", f"/products/{bowl.id}", f"/shops/{shop.slug}", "/basket"]
    paths += [f"/checkout/{shop.slug}", f"/orders/{placed(session, shop).token}"]
    assert client.post("/basket/add", data=form, headers=CHINESE).status_code == 303
    for path in paths:
        answer = client.get(path, headers=CHINESE)
        assert answer.status_code == 200, path
        found = page(answer.text)
        for tag in found.select("code, [lang=en], .brand"):
            tag.decompose()
        left = [text for text in found.stripped_strings if WORDS.search(text)]
        assert left == [], path


def english_left(html: str) -> list[str]:
    """The sentences of a page that nobody translated; names and code may be in any language."""
    found = page(html)
    for tag in found.select("code, [lang=en], .brand, svg, select[name=country]"):
        tag.decompose()
    texts = [*found.stripped_strings]
    for name in ("title", "aria-label", "data-label", "alt", "data-failed", "data-empty"):
        texts += [str(tag[name]) for tag in found.select(f"[{name}]")]
    return [text for text in texts if WORDS.search(text)]


@pytest.mark.parametrize("design", [Dashboard.EXPRESS, Dashboard.NONE], ids=str)
def test_the_sellers_pages_are_in_chinese(
    keep: Keep, session: orm.Session, design: Dashboard
) -> None:
    bea = keep("Bea", dashboard=design, stripe_id="acct_1Bea", requirements=ASKED)
    builders.product(session, bea.shop)
    order = placed(session, bea.shop)
    builders.payout(session, bea.shop, status=PayoutStatus.FAILED, failure_code="no_account")
    facts = {"last4": "6789", "currency": "usd", "country": "US", "status": "errored"}
    session.add(BankAccount(seller_id=bea.shop.id, stripe_id="ba_1Bea", is_default=True, **facts))
    session.commit()
    bea.browser.get("/?lang=zh")
    paths = ("", "/account", "/products", "/products/new", "/orders", f"/orders/{order.id}")
    for path in (*paths, "/payments", "/money", "/disputes", "/documents"):
        answer = bea.browser.get(f"/sell{path}")
        assert answer.status_code == 200, path
        assert page(answer.text).select_one("html[lang=zh-CN]")
        assert english_left(answer.text) == [], path
    answer = bea.browser.post("/sell/products/new", data={"price": "12.345", "stock": "x"})
    assert answer.status_code == 422
    assert english_left(answer.text) == []
    assert "USD 最多有 2 位小数。" in answer.text


def test_a_shops_own_name_is_never_translated(client: FlaskClient, session: orm.Session) -> None:
    order = placed(session, builders.seller(session, name="Guide"))
    found = page(client.get(f"/orders/{order.token}", headers=CHINESE).text)
    names = [tag.text for tag in found.select("svg text.story-name")]
    assert {"Guide", "买家", "交易市场"} <= set(names)
    assert "买家将向" in found.text


def test_countries_are_called_as_the_readers_call_them(client: FlaskClient) -> None:
    found = page(client.get("/guide?country=DE", headers=CHINESE).text)
    chosen = found.select_one("#country option[selected]")
    assert chosen is not None
    assert (chosen["value"], chosen.text) == ("DE", "德国")
