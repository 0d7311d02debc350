"""Everything that a guide names exists: calls, parameters, events, components, modules, pages."""

import re
from importlib.util import find_spec
from inspect import get_annotations
from typing import get_args

import pytest
from stripe.checkout import Session

from marketplace import database
from marketplace.cli import cli
from marketplace.cli import stripe as wrapper
from marketplace.design import EVERY, AccountsApi, ChargeType, Design, LossOwner, Onboarding
from marketplace.design.rules import RULES
from marketplace.guide import business, code, options, prompt, report, requests, sentences, steps
from tests.guide import sdk
from tests.stripe_cli.test_triggers import TRIGGERS

GUIDES = [report.guide(design) for design in EVERY]
BUILDABLE = [guide for guide in GUIDES if guide.judgement.can_be_built]
# An error code: the SDK lists but a few of them.
CODES = {"capability_not_available_without_other_capability"}
TYPE = re.compile(r"`((?:v2\.core\.)?[a-z_]+(?:\[[a-z_.]+\])?(?:\.[a-z_]+)+)`")
BLOCK = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
PATH = re.compile(r"/v[12]/[^`]+")
NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
# The same request comes up in many designs; looked at once it is enough.
EXTRA = [
    it for model in business.MODELS for earn in business.earnings(model) for it in earn.requests
]
CALLS = list({repr(it): it for it in (*EXTRA, *(c for g in GUIDES for c in g.requests))}.values())


@pytest.mark.parametrize("request_", CALLS, ids=lambda it: it.sdk)
def test_every_request_is_one_that_the_sdk_makes(request_: requests.Request) -> None:
    shape = sdk.params_of(request_.sdk)
    assert shape is not None
    assert list(sdk.faults(shape, dict(request_.params))) == []
    assert request_.sdk.rpartition(".")[2] in {"create", "list", "retrieve", "update"}


def test_a_parameter_that_does_not_exist_would_be_found() -> None:
    shape = sdk.params_of("v1.accounts.create")
    wrong = {"controler": {}, "controller": {"fees": {"payer": "platform"}}}
    assert len(list(sdk.faults(shape, wrong))) == 2
    assert not sdk.is_event("v2.core.account[recipient].capability_status_updated")
    assert not sdk.is_event("account.create")


def test_every_path_belongs_to_its_call() -> None:
    for request_ in CALLS:
        api, *names, verb = request_.sdk.split(".")
        words = [part for part in request_.path.split("/") if part and part not in request_.ids]
        assert words == [api, *names], request_
        assert request_.method == ("POST" if verb in {"create", "update"} else "GET")


def test_every_event_is_one_that_stripe_sends() -> None:
    named = {name for it in GUIDES for row in it.webhooks for name in row.types}
    named |= {name for it in GUIDES for step in it.steps for name in step.events}
    assert named
    assert [name for name in sorted(named) if not sdk.is_event(name)] == []


def test_thin_and_snapshot_events_never_share_an_endpoint() -> None:
    for it in GUIDES:
        for row in it.webhooks:
            assert {name.startswith("v2.") for name in row.types} == {row.payload == "thin"}


def test_every_event_that_a_step_waits_for_is_registered() -> None:
    for it in GUIDES:
        registered = {name for row in it.webhooks for name in row.types}
        waited = {name for step in it.steps for name in step.events}
        assert waited - registered <= {"v2.core.account.created"}, options.short(it.design)


def test_every_component_is_one_that_an_account_session_knows() -> None:
    named = {row.component for it in GUIDES for row in it.screens if row.component}
    assert named <= sdk.COMPONENTS
    assert {"account_onboarding", "notification_banner"} <= named


def test_every_module_that_a_step_names_exists() -> None:
    named = {name for it in GUIDES for step in it.steps for name in step.here}
    assert {"marketplace.charges.separate", "marketplace.onboarding.api"} <= named
    assert all(find_spec(name) for name in named)
    texts = "".join(prompt.markdown(it) for it in GUIDES)
    assert set(re.findall(r"`(marketplace\.[a-z_.0-9]+)`", texts)) == named


def test_a_step_is_as_far_as_its_modules_are() -> None:
    page = f"{steps.DOCS}/connect"
    for modules, standing in (
        (("marketplace.orders", "marketplace.charges.direct"), "runs here"),
        (("marketplace.orders", "marketplace.nowhere"), "partly built here"),
        (("marketplace.nowhere.at_all",), "not built here yet"),
    ):
        step = steps.Step("Do it", "ours", (), (), modules, page, (), ())
        assert step.standing == standing


def test_every_page_is_one_of_stripes() -> None:
    pages = {step.page for it in GUIDES for step in it.steps}
    pages |= {rule.source for rule in RULES}
    for model in business.MODELS:
        pages |= {
            model.page,
            *(page for it in business.earnings(model) for page in it.pages.values()),
        }
    assert all(re.fullmatch(r"https://docs\.stripe\.com(/[a-z0-9_-]+)+", page) for page in pages)


def test_the_text_names_no_event_that_does_not_exist() -> None:
    known = {row.name for it in GUIDES for row in it.settings}
    text = "".join(prompt.markdown(it) + prompt.prompt(it) for it in BUILDABLE)
    named = {name for name in TYPE.findall(text) if not name.startswith("marketplace.")}
    assert "v2.core.account[requirements].updated" in named
    assert [name for name in sorted(named - known) if not sdk.is_event(name)] == []


def test_every_name_in_a_sentence_is_one_of_the_sdks() -> None:
    said = " ".join(sentences.sentences())
    named = set(NAME.findall(said))
    assert {"refund_application_fee", "transfer_data", "details_submitted"} <= named
    assert named - sdk.names() == CODES


def test_every_value_in_a_sentence_is_one_that_the_object_takes() -> None:
    said = " ".join(sentences.sentences())
    values = set(re.findall(r"\b([a-z]+_[a-z]+)=([a-z]+)\b", said))
    assert values == {("payment_status", "paid"), ("payment_status", "unpaid")}
    hint = get_annotations(Session)["payment_status"]
    taken = {value for member in get_args(hint) for value in get_args(member)}
    assert {value for _, value in values} <= taken


def test_every_command_can_be_typed() -> None:
    typed = {command for it in GUIDES for step in it.steps for command in step.commands}
    assert "marketplace stripe trigger payout.failed" in typed
    targets = set(
        re.findall(r"^([a-z-]+):", (database.ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    for command in typed:
        program, *arguments = command.split()
        if program == "make":
            assert arguments[0] in targets
            continue
        assert program == "marketplace"
        assert arguments[0] in cli.commands, command
        if arguments[:2] == ["stripe", "trigger"]:
            ours = wrapper.FIXTURES / f"{arguments[2]}.json"
            assert arguments[2] in TRIGGERS or ours.is_file(), command


def test_the_python_that_is_shown_can_be_run() -> None:
    """As it stands in the Markdown of every design, and in every prompt."""
    texts = [*map(prompt.markdown, GUIDES), *map(prompt.prompt, BUILDABLE)]
    shown = {block for text in texts for block in BLOCK.findall(text)}
    assert shown >= {code.python(it) for guide in BUILDABLE for it in guide.requests}
    assert [fault for block in shown for fault in sdk.faults_of_call(block)] == []
    wrong = 'stripe.v1.refunds.create({"charg": "ch_1"}, {"stripe_acount": "acct_1"})'
    assert len(list(sdk.faults_of_call(wrong))) == 2


def _but_for_events(name: re.Match[str]) -> str:
    return "" if sdk.is_event(name[1]) else name[0]


def test_every_name_in_the_texts_is_one_of_the_sdks() -> None:
    texts = [*map(prompt.markdown, GUIDES), *map(prompt.prompt, BUILDABLE)]
    told = {line for text in texts for line in BLOCK.sub("", text).splitlines()}
    told = {TYPE.sub(_but_for_events, PATH.sub("", line)) for line in told}
    named = {name for line in told for name in NAME.findall(line)}
    assert {"account_onboarding", "application_fee_amount", "fees_collector"} <= named
    assert named - sdk.names() <= CODES


def test_a_call_is_made_for_the_seller_where_the_charge_is_the_sellers() -> None:
    for it in GUIDES:
        direct = it.design.charge_type is ChargeType.DIRECT
        for request_ in it.requests:
            if request_.sdk in {"v1.checkout.sessions.create", "v1.refunds.create"}:
                assert (request_.account is not None) == direct


def test_money_is_only_ever_moved_under_an_idempotency_key() -> None:
    for request_ in CALLS:
        shown = code.python(request_)
        links = {"account_links", "login_links", "account_sessions"}
        once = request_.method == "POST" and not links & set(request_.sdk.split("."))
        assert ("idempotency_key" in shown) == once


def describes(design: Design, text: str) -> None:
    for question in options.QUESTIONS:
        assert f"{question.name}={question.chosen(design).value}" in text


@pytest.mark.parametrize("it", BUILDABLE, ids=lambda it: options.short(it.design))
def test_there_is_a_prompt_for_every_design_that_can_be_built(it: report.Guide) -> None:
    text = prompt.prompt(it)
    describes(it.design, text)
    for step in it.steps:
        assert step.title in text
    for request_ in it.requests:
        assert code.python(request_) in text
    other = "v1.accounts" if it.design.accounts_api is AccountsApi.V2 else "v2.core.accounts"
    assert f"stripe.{other}.create" not in text
    assert ("source_transaction" in text) == (it.design.charge_type is ChargeType.SEPARATE)
    assert ("tos_acceptance" in text or "terms_of_service" in text) == (
        it.design.onboarding is Onboarding.API
    )
    negative = "balance goes negative is shown to the operator"
    assert (negative in text) == (it.design.loss_owner is LossOwner.PLATFORM)
