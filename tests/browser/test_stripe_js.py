"""stripe.js in a real browser: a shop's page on another port, around the sandbox's frames."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from tests.browser.conftest import PATIENCE
from tests.running import Running
from tests.sandbox.merchants import seller

from .shop_page import Shop, open_shop

VISA, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000002760003184"

PAY = """
  const stripe = Stripe(asked.key, asked.account ? { stripeAccount: asked.account } : {});
  const elements = stripe.elements({ clientSecret: asked.secret, appearance: {
    variables: { colorPrimary: "#0a7a4a" } } });
  const element = elements.create("payment");
  element.on("ready", (event) => heard.push(["ready", event.elementType]));
  element.on("change", (event) => heard.push(["change", event.complete, event.value.type]));
  element.mount("#place");
  click(() => stripe.confirmPayment({
    elements, confirmParams: { return_url: asked.shop + "/back?order=7" },
    redirect: asked.redirect }));
"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def shop(sandbox: Running) -> Iterator[Shop]:
    with open_shop(sandbox) as shop:
        yield shop


def intent(sandbox: Running, account: str | None = None, **more: Any) -> stripe.PaymentIntent:
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    params: Any = {"amount": 2500, "currency": "usd", **more}
    return sandbox.client().v1.payment_intents.create(params, options)


def typed(page: Page, number: str, expiry: str = "12/34", code: str = "123") -> FrameLocator:
    """Bea types a card into the frame."""
    frame = page.frame_locator("#place iframe")
    frame.get_by_label("Card number").press_sequentially(number)
    frame.get_by_label("Expiration date").press_sequentially(expiry.replace("/", ""))
    frame.get_by_label("Security code").press_sequentially(code)
    return frame


def said(page: Page) -> Any:
    """What the page's script was told in the end."""
    expect(page.locator("#said")).not_to_be_empty()
    return json.loads(page.locator("#said").inner_text())


def test_a_buyer_pays_by_card_and_comes_back_to_the_return_url(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    wanted = intent(sandbox)
    shop.opens(page, PAY, secret=wanted.client_secret)
    frame = typed(page, VISA)
    expect(frame.get_by_text("Local sandbox.")).to_be_visible()
    expect(frame.get_by_label("US bank account")).to_be_visible()
    expect(frame.get_by_label("SEPA Direct Debit")).to_be_hidden()
    expect(frame.get_by_label("Account number")).to_be_hidden()
    assert frame.get_by_label("Card number").input_value() == "4242 4242 4242 4242"
    page.wait_for_function("heard.length && heard.at(-1).join() === 'change,true,card'")
    assert page.evaluate("heard[0]") == ["ready", "payment"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{shop.url}/back?**")
    for part in (
        "order=7",
        f"payment_intent={wanted.id}",
        f"payment_intent_client_secret={wanted.client_secret}",
        "redirect_status=succeeded",
    ):
        assert part in page.url
    assert sandbox.client().v1.payment_intents.retrieve(wanted.id).status == "succeeded"


def test_nothing_can_be_typed_before_the_element_is_ready(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    """On a slow line the frame is there long before it knows what is paid for."""
    held: list[Route] = []
    slow = [True]

    def hold(route: Route) -> None:
        if slow:
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/payment_intents/*", hold)
    shop.opens(page, PAY, secret=intent(sandbox).client_secret)
    frame = page.frame_locator("#place iframe")
    expect(frame.get_by_text("Loading")).to_be_visible()
    expect(frame.get_by_label("Card number")).to_be_hidden()
    assert page.evaluate("heard") == []
    slow.clear()  # it may be asked only now: what is shown first does not wait for the asking
    for route in held:
        route.continue_()
    expect(frame.get_by_label("Card number")).to_be_visible()
    expect(frame.get_by_text("Loading")).to_be_hidden()
    page.wait_for_function("heard.length > 0")
    assert page.evaluate("heard") == [["ready", "payment"]]


def test_a_declined_card_is_told_to_the_page_and_beside_the_field_and_another_one_pays(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    nora = seller(sandbox)
    wanted = intent(sandbox, nora, application_fee_amount=100)
    shop.opens(page, PAY, secret=wanted.client_secret, account=nora, redirect="if_required")
    frame = page.frame_locator("#place iframe")
    page.get_by_role("button", name="Pay").click()
    assert said(page)["error"]["code"] == "incomplete_number"
    expect(frame.get_by_role("alert")).to_have_text("Your card number is incomplete.")

    frame.get_by_text("Fill in test details").click()
    frame.get_by_role("button", name="The bank gives no reason").click()
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("#said")).to_contain_text("card_declined")
    error = said(page)["error"]
    assert (error["type"], error["decline_code"]) == ("card_error", "generic_decline")
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert "application_fee_amount" not in error["payment_intent"]
    expect(frame.get_by_role("alert")).to_have_text(error["message"])

    frame.get_by_role("button", name="Visa, available in two business days").click()
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("#said")).to_contain_text("succeeded")
    paid = said(page)["paymentIntent"]
    assert (paid["id"], paid["status"]) == (wanted.id, "succeeded")


@pytest.mark.parametrize(
    ("button", "status"),
    [("Approve the payment", "succeeded"), ("Refuse", "requires_payment_method")],
)
def test_3d_secure_is_asked_for_over_the_page(
    sandbox: Running, shop: Shop, page: Page, button: str, status: str
) -> None:
    wanted = intent(sandbox)
    shop.opens(page, PAY, secret=wanted.client_secret, redirect="if_required")
    typed(page, CHALLENGED)
    page.get_by_role("button", name="Pay").click()
    bank = page.frame_locator("dialog iframe")
    bank.get_by_role("button", name=button).click()
    told = said(page)
    expect(page.locator("dialog")).to_have_count(0)
    assert sandbox.client().v1.payment_intents.retrieve(wanted.id).status == status
    if status == "succeeded":
        assert told["paymentIntent"]["status"] == "succeeded"
    else:
        assert told["error"]["code"] == "payment_intent_authentication_failure"
        assert told["error"]["payment_intent"]["id"] == wanted.id


def test_a_page_may_ask_for_the_card_before_there_is_an_intent(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    wanted = intent(sandbox, currency="eur")
    shop.opens(
        page,
        """
        const stripe = Stripe(asked.key);
        const elements = stripe.elements({ mode: "payment", amount: 2500, currency: "eur" });
        elements.create("payment", {
          defaultValues: { billingDetails: { name: "Bea Buyer" } },
          fields: { billingDetails: { email: "never" } },
        }).mount("#place");
        click(async () => {
          const submitted = await elements.submit();
          if (submitted.error) return submitted;
          const details = { billing_details: { email: "bea@example.com" } };
          return stripe.confirmPayment({ elements, clientSecret: asked.secret,
            confirmParams: { return_url: asked.shop + "/back", payment_method_data: details },
            redirect: "if_required" });
        });
        """,
        secret=wanted.client_secret,
    )
    frame = page.frame_locator("#place iframe")
    frame.get_by_label("SEPA Direct Debit").check()
    frame.get_by_label("IBAN").fill("AT611904300234573201")
    expect(frame.get_by_label("Full name")).to_have_value("Bea Buyer")
    expect(frame.get_by_label("Email")).to_be_hidden()
    page.get_by_role("button", name="Pay").click()
    assert said(page)["paymentIntent"]["status"] == "processing"
    charge = sandbox.client().v1.charges.list({"payment_intent": wanted.id}).data[0]
    assert (charge.billing_details.name, charge.billing_details.email) == (
        "Bea Buyer",
        "bea@example.com",
    )


def test_tokens_and_payment_methods_are_made_in_the_browser(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    shop.opens(
        page,
        """
        const stripe = Stripe(asked.key);
        const bank = await stripe.createToken("bank_account", { country: "US", currency: "usd",
          routing_number: "110000000", account_number: "000123456789" });
        const person = await stripe.createToken("person", { person: undefined,
          first_name: "Nora", dob: { day: 1, month: 1, year: 1901 } });
        const account = await stripe.createToken("account", { business_type: "individual",
          individual: { first_name: "Nora" }, tos_shown_and_accepted: true });
        const made = await stripe.createPaymentMethod(
          { type: "card", card: { token: "tok_visa" } });
        const wrong = await stripe.retrievePaymentIntent("pi_1_secret_2");
        say({ bank, person, account, made, wrong });
        """,
    )
    told = said(page)
    assert told["bank"]["token"]["id"].startswith("btok_")
    assert told["person"]["token"]["type"] == "person"
    assert told["account"]["token"]["type"] == "account"
    assert told["made"]["paymentMethod"]["card"]["last4"] == "4242"
    assert told["wrong"]["error"]["code"] == "resource_missing"
    nora = sandbox.client().v1.accounts.create(
        {"type": "express", "country": "US", "capabilities": {"transfers": {"requested": True}}}
    )
    bank = sandbox.client().v1.accounts.external_accounts.create(
        nora.id, {"external_account": told["bank"]["token"]["id"]}
    )
    assert bank.object == "bank_account"


def test_the_server_confirms_with_what_the_form_gathered(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    shop.opens(
        page,
        """
        const stripe = Stripe(asked.key);
        const elements = stripe.elements({ mode: "payment", amount: 2500, currency: "usd" });
        elements.create("payment").mount("#place");
        click(async () => {
          const submitted = await elements.submit();
          if (submitted.error) return submitted;
          return stripe.createConfirmationToken({ elements,
            params: { return_url: asked.shop + "/back" } });
        });
        """,
    )
    typed(page, "4242424242424242")
    page.get_by_role("button", name="Pay").click()
    token = said(page)["confirmationToken"]
    assert token["payment_method_preview"]["card"]["last4"] == "4242"
    paid = sandbox.client().v1.payment_intents.create(
        {"amount": 2500, "currency": "usd", "confirm": True, "confirmation_token": token["id"]}
    )
    assert paid.status == "succeeded"


def test_the_mistakes_of_a_page_are_thrown_at_it(shop: Shop, page: Page) -> None:
    shop.opens(
        page,
        """
        const wrong = [];
        const stripe = Stripe(asked.key);
        for (const act of [() => Stripe(""), () => Stripe("sk_test_1"), () => Stripe("pk_live_1"),
            () => stripe.elements({ clientSecret: "x" }),
            () => stripe.elements({ mode: "payment" }),
            () => stripe.confirmPayment({ clientSecret: "pi_1_secret_2" })]) {
          try { await act(); wrong.push("nothing"); } catch (problem) { wrong.push(problem.name); }
        }
        say(wrong);
        """,
    )
    assert said(page) == ["IntegrationError"] * 6


def session(sandbox: Running, **more: Any) -> stripe.checkout.Session:
    line = {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 2500}}
    line["price_data"]["product_data"] = {"name": "A blue mug"}  # type: ignore[index]
    params: Any = {"mode": "payment", "line_items": [line], **more}
    return sandbox.client().v1.checkout.sessions.create(params)


EMBED = """
  const stripe = Stripe(asked.key);
  const checkout = await stripe.createEmbeddedCheckoutPage({
    fetchClientSecret: async () => asked.secret,
    ...(asked.stays ? { onComplete: () => say({ completed: true }) } : {}) });
  checkout.mount("#place");
"""


def test_embedded_checkout_pays_in_the_page_and_tells_it(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    stays = session(sandbox, ui_mode="embedded_page", redirect_on_completion="never")
    shop.opens(page, EMBED, secret=stays.client_secret, stays=True)
    frame = page.frame_locator("#place iframe")
    frame.get_by_role("button", name="Asks for 3-D Secure").click()
    frame.get_by_role("button", name="Refuse", exact=True).click()
    expect(frame.get_by_text("unable to authenticate")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    frame.get_by_role("button", name="Visa, available in two business days").click()
    assert said(page) == {"completed": True}
    expect(frame.get_by_role("heading", name="This is already paid")).to_be_visible()
    assert sandbox.client().v1.checkout.sessions.retrieve(stays.id).payment_status == "paid"


def test_embedded_checkout_goes_to_the_return_url_after_3d_secure_in_its_frame(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    leaves = session(
        sandbox,
        ui_mode="embedded_page",
        return_url=f"{shop.url}/back?session={{CHECKOUT_SESSION_ID}}",
    )
    shop.opens(page, EMBED, secret=leaves.client_secret)
    frame = page.frame_locator("#place iframe")
    frame.get_by_role("button", name="Asks for 3-D Secure").click()
    frame.get_by_role("button", name="Approve the payment").click()
    page.wait_for_url(f"{shop.url}/back?session={leaves.id}")


def test_a_session_can_be_paid_by_the_shops_own_form(
    sandbox: Running, shop: Shop, page: Page
) -> None:
    own = session(sandbox, ui_mode="elements", return_url=f"{shop.url}/back")
    shop.opens(
        page,
        """
        const checkout = Stripe(asked.key).initCheckoutElementsSdk({ clientSecret: asked.secret });
        const loaded = await checkout.loadActions();
        checkout.on("change", (session) => heard.push(session.canConfirm));
        checkout.createPaymentElement().mount("#place");
        await loaded.actions.updateEmail("bea@example.com");
        const before = loaded.actions.getSession();
        click(async () => {
          const done = await loaded.actions.confirm({ redirect: "if_required" });
          return { before: [before.total.total.amount, before.lineItems[0].name], done };
        });
        """,
        secret=own.client_secret,
    )
    typed(page, CHALLENGED)
    page.wait_for_function("heard.at(-1) === true")
    page.get_by_role("button", name="Pay").click()
    page.frame_locator("dialog iframe").get_by_role("button", name="Approve the payment").click()
    told = said(page)
    assert told["before"] == ["$25.00", "A blue mug"]
    assert told["done"]["session"]["status"] == {"type": "complete", "paymentStatus": "paid"}
    assert sandbox.client().v1.checkout.sessions.retrieve(own.id).status == "complete"


@pytest.mark.parametrize("number", [VISA, CHALLENGED])
def test_a_card_is_saved_for_later_without_a_payment(
    sandbox: Running, shop: Shop, page: Page, number: str
) -> None:
    customer = sandbox.client().v1.customers.create({"name": "Bea"})
    wanted = sandbox.client().v1.setup_intents.create({"customer": customer.id})
    shop.opens(page, PAY.replace("confirmPayment", "confirmSetup"), secret=wanted.client_secret)
    typed(page, number)
    page.get_by_role("button", name="Pay").click()
    if number == CHALLENGED:
        bank = page.frame_locator("dialog iframe")
        bank.get_by_role("button", name="Approve the payment").click()
    page.wait_for_url(f"{shop.url}/back?**")
    assert f"setup_intent={wanted.id}" in page.url
    saved = sandbox.client().v1.setup_intents.retrieve(wanted.id)
    assert saved.status == "succeeded"
