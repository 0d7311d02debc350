"""The guide's pages: open to all, cheap, complete without JavaScript, kind to odd addresses."""

import itertools
import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient

from marketplace import onboarding
from marketplace.design import DEFAULT, EVERY, Onboarding
from marketplace.design.rules import judge
from marketplace.guide import options
from marketplace.web import context
from tests.browsing import queries

REFUSED = "/guide?dashboard=express&fees=account&losses=platform"
PAGES = ["/guide", REFUSED, "/guide?charge=separate&accounts=v2&dashboard=none", "/guide/compare"]
PAGES += ["/guide/start", "/guide/start?model=platform&subscriptions=yes"]


def look(client: FlaskClient, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return BeautifulSoup(answer.data, "html.parser")


def words(page: Tag) -> str:
    return page.get_text(" ", strip=True)


@pytest.mark.parametrize("path", [*PAGES, "/guide.md", "/guide.json", "/guide/prompt.md"])
def test_a_guest_reads_it_without_a_query_or_a_call(
    app: Flask, client: FlaskClient, path: str
) -> None:
    with queries(app) as asked:
        assert client.get(path).status_code == 200
    assert asked == []
    assert context.wiring(app).trace.calls() == []


def test_every_design_has_a_page_that_says_its_verdict(client: FlaskClient) -> None:
    for design in EVERY[::7]:
        query = "&".join(f"{name}={value}" for name, value in options.address(design).items())
        page = look(client, f"/guide?{query}")
        title = page.select_one("#verdict")
        assert title is not None
        assert judge(design).verdict.value.capitalize() in title.text
        chosen = [str(field["value"]) for field in page.select("input[type=radio][checked]")]
        assert chosen == list(options.address(design).values())
        assert bool(page.select("#prompt")) == judge(design).can_be_built


def test_a_refused_design_names_its_rule_source_and_ways_out(client: FlaskClient) -> None:
    page = look(client, REFUSED)
    assert "losses-need-fees" in words(page)
    assert page.select(".rule a[href^='https://docs.stripe.com']")
    near = page.select_one(".out a")
    assert near is not None
    assert "Refused" not in words(look(client, str(near["href"])))


def test_options_that_would_be_refused_stay_and_can_be_chosen(client: FlaskClient) -> None:
    page = look(client, "/guide")
    api = page.select_one("#onboarding-api")
    assert api is not None
    assert not api.has_attr("disabled")
    about = page.select_one("#onboarding-api-about")
    assert about is not None
    assert "api-onboarding-needs-full-control" in about.text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("dashboard=nix", "nothing is called that"),
        ("amount=lots", "Amount: write digits"),
        ("commission=x", "write a percentage"),
        ("country=ZZ", "No shop can be opened"),
    ],
)
def test_an_odd_address_is_answered_and_nothing_is_lost(
    client: FlaskClient, query: str, told: str
) -> None:
    page = look(client, f"/guide?charge=separate&{query}")
    assert told in words(page)
    assert page.select("#charge-separate[checked]")


def test_the_sample_goes_along_to_other_designs(client: FlaskClient) -> None:
    page = look(client, "/guide?amount=25&commission=5&country=US")
    assert "$25.00" in words(page)
    link = page.select_one(".presets a")
    assert link is not None
    assert "amount=25" in str(link["href"])


def test_a_sale_that_loses_money_is_told(client: FlaskClient) -> None:
    assert "you would pay $0.24 for this sale" in words(
        look(client, "/guide?amount=3&commission=5")
    )


def test_the_markdown_and_the_prompt_are_text(client: FlaskClient) -> None:
    for path in ("/guide.md?accounts=v1", "/guide/prompt.md?accounts=v1"):
        answer = client.get(path)
        assert answer.content_type == "text/markdown; charset=utf-8"
        assert "stripe.v1.accounts.create(" in answer.text


def test_the_json_has_what_programs_need(client: FlaskClient) -> None:
    told = json.loads(client.get("/guide.json?charge=direct&losses=nobody").data)
    needed = {"verdict", "rules", "steps", "requests", "webhooks", "money"}
    assert needed <= told.keys()
    assert told["design"]["charge"] == "direct"
    assert told["faults"] == ["losses: nothing is called nobody"]
    assert sum(told["money"]["holdings"].values()) == 0


def test_what_cannot_be_built_has_no_prompt_and_says_why(client: FlaskClient) -> None:
    answer = client.get(REFUSED.replace("/guide", "/guide/prompt.md"))
    assert answer.status_code == 409
    assert "losses-need-fees" in answer.text


def test_two_designs_are_compared_and_strangers_replaced(client: FlaskClient) -> None:
    page = look(client, f"/guide/compare?a={options.short(DEFAULT)}&b=nonsense")
    assert "“nonsense” is no design" in words(page)
    assert page.select("tr.differs")


@pytest.mark.parametrize(
    ("query", "leads_to"),
    [
        ("model=platform", "hosted-full-direct-account-stripe-v2"),
        ("model=marketplace", "hosted-express-destination-platform-platform-v2"),
        ("model=marketplace&several=yes", "hosted-express-separate-platform-platform-v2"),
        ("model=platform&several=yes", "hosted-full-direct-account-stripe-v2"),
    ],
)
def test_two_questions_about_the_business_answer_the_six(
    client: FlaskClient, query: str, leads_to: str
) -> None:
    page = look(client, f"/guide/start?{query}&fees=yes&subscriptions=yes")
    link = page.select_one("#choices ~ p a.btn")
    assert link is not None
    design, unknown = options.read(dict(parse_qsl(urlsplit(str(link["href"])).query)))
    assert (options.short(design), unknown) == (leads_to, ())
    assert "Application fees" in words(page)
    assert "stripe.v1.subscriptions.create(" in words(page)
    assert page.select("#fees[checked]")
    assert not page.select("#products[checked]")


def test_a_business_that_nobody_knows_is_asked_for_again(client: FlaskClient) -> None:
    page = look(client, "/guide/start?model=bank")
    assert "Choose what your business is." in words(page)
    assert not page.select("#choices")
    assert "Choose what" not in words(look(client, "/guide/start"))


def test_the_page_says_that_this_shop_runs_every_choice(client: FlaskClient) -> None:
    for design in EVERY[::19]:
        page = words(look(client, f"/guide?{urlencode(options.address(design))}"))
        assert "All six choices run in this shop today" in page


def test_a_choice_that_the_shop_lost_is_said_to_be_described_only(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {way: it for way, it in onboarding.WAYS.items() if way is not Onboarding.EMBEDDED}
    monkeypatch.setattr(onboarding, "WAYS", kept)
    page = words(look(client, "/guide?onboarding=embedded"))
    assert "Described only, not run by this shop yet: In your pages, asked by Stripe" in page


@pytest.mark.parametrize("code", ["en", "zh"])
def test_what_is_typed_into_the_address_is_shown_as_words(client: FlaskClient, code: str) -> None:
    evil = "%3Cscript%3Ealert(1)%3C/script%3E"
    asked = (
        f"/guide?dashboard={evil}&amount={evil}&country={evil}&x=1",
        f"/guide/compare?a={evil}",
    )
    for path in asked:
        page = look(client, f"{path}&lang={code}")
        assert not [tag for tag in page.find_all("script") if "alert" in tag.text]
        assert "alert(1)" in words(page) or "amount=" in path


@pytest.mark.parametrize("path", PAGES)
def test_headings_labels_tables_and_ids_are_in_order(client: FlaskClient, path: str) -> None:
    page = look(client, path)
    assert len(page.find_all("h1")) == 1
    levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    labelled = {label["for"] for label in page.select("label[for]")}
    fields = page.select("main input:not([type=hidden]), main select")
    assert {field["id"] for field in fields} <= labelled
    assert all(table.find("caption") for table in page.find_all("table"))
    assert all(
        words(heading) for table in page.find_all("table") for heading in table.find_all("th")
    )
    named = [str(tag["aria-label"]) for tag in page.select("[role=region][aria-label]")]
    titles = [words(heading) for heading in page.find_all("h2")]
    assert len({*named, *titles}) == len(named) + len(titles)
    ids = [str(tag["id"]) for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    assert not page.select("[style], [onclick]")


def test_the_menu_leads_to_the_guide(client: FlaskClient) -> None:
    entry = look(client, "/guide").select_one("nav [aria-current=page]")
    assert entry is not None
    assert entry.text == "Guide"
