/* Checkout on the shop's own page: the whole payment page in a frame (`ui_mode=embedded_page`), or
   a Payment Element that pays a Checkout Session (`ui_mode=elements`).
   https://docs.stripe.com/js/embedded_checkout https://docs.stripe.com/js/custom_checkout */

let embedded = null; // the one embedded Checkout that a page may have

const EXPANDED = ["line_items", "payment_intent", "setup_intent"];

async function fetchSession(client, secret, mode) {
  const parts = /^(cs_test_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+$/.exec(String(secret));
  if (!parts) throw new IntegrationError(`Invalid Checkout Session client secret: ${secret}.`);
  const session = await callApi(client, "GET", `/v1/payment_pages/${parts[1]}`, {
    client_secret: secret, expand: EXPANDED,
  });
  if (!session.error && session.ui_mode !== mode) {
    throw new IntegrationError(`This Checkout Session has ui_mode=${session.ui_mode}; ${mode} is needed here.`);
  }
  return session;
}

class EmbeddedCheckout {
  constructor(session, secret, onComplete) {
    this.session = session;
    this.secret = secret;
    this.onComplete = onComplete;
    this.frame = null;
  }

  mount(place) {
    if (this.destroyed) throw new IntegrationError("This embedded Checkout was destroyed; create a new one.");
    const found = placeOf(place, "mount");
    if (this.frame) throw new IntegrationError("Embedded Checkout is already mounted.");
    this.frame = new Frame(`${ORIGIN}/c/embed/${this.secret}`, "Checkout (local Stripe sandbox)");
    this.frame.on("complete", ({ landing }) => this.complete(landing));
    found.append(this.frame.element);
  }

  complete(landing) {
    if (landing) window.location.assign(landing);
    else if (!this.completed && this.onComplete) this.onComplete();
    this.completed = true; // the frame says it again when it is loaded again
  }

  unmount() {
    if (this.frame) this.frame.remove();
    this.frame = null;
  }

  destroy() {
    this.unmount();
    this.destroyed = true;
    if (embedded === this) embedded = null;
  }
}

async function makeEmbeddedCheckout(client, options = {}) {
  if (embedded) throw new IntegrationError("You cannot have multiple Embedded Checkout objects.");
  if (!options.clientSecret && !options.fetchClientSecret) {
    throw new IntegrationError("createEmbeddedCheckoutPage() needs clientSecret or fetchClientSecret.");
  }
  const pending = {};
  embedded = pending;
  try {
    const secret = options.clientSecret || (await options.fetchClientSecret());
    const session = await fetchSession(client, secret, "embedded_page");
    if (session.error) throw Object.assign(new Error(session.error.message), session.error);
    if (options.onComplete && session.redirect_on_completion === "always") {
      throw new IntegrationError("onComplete can be used only when redirect_on_completion is `if_required` or `never`.");
    }
    embedded = new EmbeddedCheckout(session, secret, options.onComplete);
    return embedded;
  } catch (problem) {
    if (embedded === pending) embedded = null;
    throw problem;
  }
}

const DIVISORS = { bhd: 1000, jod: 1000, kwd: 1000, omr: 1000, tnd: 1000 };
for (const code of "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ")) DIVISORS[code] = 1;

function asMoney(minor, currency) {
  if (!currency) return { minorUnitsAmount: 0, amount: "" }; // a session in setup mode
  const divisor = DIVISORS[currency] || 100;
  const digits = String(divisor).length - 1;
  const shown = new Intl.NumberFormat("en", {
    style: "currency", currency: currency.toUpperCase(), minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  return { minorUnitsAmount: minor, amount: shown.format(minor / divisor) };
}

function asLine(item) {
  const money = (minor) => asMoney(minor, item.currency);
  const unit = item.price ? item.price.unit_amount : item.amount_total / item.quantity;
  return {
    id: item.id, name: item.description, description: null, quantity: item.quantity, images: [],
    priceId: item.price ? item.price.id : null, unitAmount: money(unit), unitAmountDecimal: null,
    subtotal: money(item.amount_subtotal), total: money(item.amount_total), discount: money(item.amount_discount || 0),
    taxExclusive: money(0), taxInclusive: money(0), unitLabel: null, discountAmounts: null, taxAmounts: null,
    recurring: null, adjustableQuantity: null, isRemovable: false, pricing: null,
  };
}

/* The session as the page sees it. */
function asSession(page, buyer, complete) {
  const money = (minor) => asMoney(minor, page.currency);
  const nothing = money(0);
  const failed = page.payment_intent ? page.payment_intent.last_payment_error : (page.setup_intent || {}).last_setup_error;
  const status = { type: page.status };
  if (page.status === "complete") status.paymentStatus = page.payment_status;
  return {
    id: page.id, livemode: false, currency: page.currency, currencyOptions: null, status,
    minorUnitsAmountDivisor: DIVISORS[page.currency] || 100, email: buyer.email, phoneNumber: buyer.phoneNumber,
    billingAddress: buyer.billingAddress, businessName: null, nameCollection: null, shippingAddress: null, shipping: null,
    canConfirm: page.status === "open" && Boolean(buyer.email) && complete,
    lastPaymentError: failed ? { message: failed.message } : null, discountAmounts: null, recurring: null,
    lineItems: ((page.line_items || {}).data || []).map(asLine), optionalItems: null, savedPaymentMethods: null,
    shippingOptions: [], surcharge: null, tax: { status: "ready" }, taxAmounts: null, taxIdInfo: null,
    total: {
      appliedBalance: nothing, balanceAppliedToNextInvoice: false, discount: nothing, shippingRate: nothing,
      subtotal: money(page.amount_subtotal), surcharge: nothing, taxExclusive: nothing, taxInclusive: nothing,
      total: money(page.amount_total),
    },
  };
}

const refusal = (message, code = null) => ({ type: "error", error: { message, code } });

class CheckoutElements extends Emitter {
  constructor(client, options) {
    super();
    this.client = client;
    this.options = options;
    const known = options.defaultValues || {};
    this.buyer = { email: known.email || null, phoneNumber: known.phoneNumber || null, billingAddress: known.billingAddress || null };
    this.complete = false;
    this.page = null;
    this.group = new Elements(client, { ...options.elementsOptions }, () => this.about());
  }

  async load() {
    this.secret = await this.options.clientSecret;
    const page = await fetchSession(this.client, this.secret, "elements");
    if (!page.error) {
      this.page = page;
      this.buyer.email = page.customer_email || this.buyer.email;
    }
    return page;
  }

  async about() {
    const page = this.page || (await this.load());
    return page.error ? page : { types: page.payment_method_types, amount: page.amount_total, currency: page.currency };
  }

  async loadActions() {
    const page = await this.load();
    if (page.error) return refusal(page.error.message);
    const absent = (name) => async () => refusal(`The local sandbox does not cover ${name}.`);
    const others = [
      "applyPromotionCode", "removePromotionCode", "updateShippingAddress", "updateLineItemQuantity", "updateTaxIdInfo",
      "updateShippingOption", "updateIndividualName", "updateBusinessName", "addOptionalLineItem", "removeOptionalLineItem",
    ];
    const actions = Object.fromEntries(others.map((name) => [name, absent(name)]));
    return {
      type: "success",
      actions: {
        ...actions,
        getSession: () => this.session(),
        updateEmail: async (email) => this.updateEmail(email),
        updatePhoneNumber: async (phoneNumber) => this.know({ phoneNumber }),
        updateBillingAddress: async (billingAddress) => this.know({ billingAddress }),
        validateElements: () => this.validate(),
        runServerUpdate: (update) => this.serverUpdate(update),
        confirm: (args) => this.confirm(args),
      },
    };
  }

  session() { return asSession(this.page, this.buyer, this.complete); }

  know(facts) {
    Object.assign(this.buyer, facts);
    return this.told();
  }

  told() {
    const session = this.session();
    this.emit("change", session);
    return { type: "success", session };
  }

  updateEmail(email) {
    if (email && !/^[^@\s]+@[^@\s]+$/.test(email)) return refusal("Your email is invalid.", "invalidEmail");
    return this.know({ email });
  }

  async serverUpdate(update) {
    try {
      await update();
    } catch (problem) {
      return refusal(problem.message);
    }
    const page = await this.load();
    return page.error ? refusal(page.error.message) : this.told();
  }

  async validate() {
    const answer = await this.group.submit();
    if (!answer.error) return { type: "success", session: this.session() };
    const wrong = { message: answer.error.message, element: "payment" };
    return { type: "error", error: { code: "validation_error", message: wrong.message, validation_errors: [wrong] } };
  }

  async confirm(args = {}) {
    if (args.email) this.buyer.email = args.email;
    if (!this.buyer.email) return refusal("An email is needed: call updateEmail() or pass `email`.");
    const address = args.returnUrl || this.page.return_url;
    if (!address && args.redirect !== "if_required") {
      throw new IntegrationError("confirm(): returnUrl is required when the Session has no return_url.");
    }
    const method = await this.method(args.paymentMethod);
    if (method.error) return refusal(method.error.message, method.error.type === "card_error" ? "paymentFailed" : null);
    const page = await callApi(this.client, "POST", `/v1/payment_pages/${this.page.id}/confirm`, {
      client_secret: this.secret, payment_method: method.id, expected_amount: this.page.amount_total,
      expand: EXPANDED,
    });
    return this.afterConfirm(page, address, args.redirect);
  }

  /* The id of the payment method to pay with: a saved one, or what the Element holds. */
  async method(saved) {
    if (saved) return { id: saved };
    const payer = this.group.payer("confirm");
    const wrong = await payer.ask("validate");
    if (wrong.error) return wrong;
    return payer.ask("createPaymentMethod", { body: { billing_details: { email: this.buyer.email } } });
  }

  async afterConfirm(page, address, redirect) {
    let problem = page.error;
    const found = page.payment_intent || page.setup_intent;
    if (!problem && found && found.status === "requires_action") {
      const intent = readSecret(found.client_secret, "confirm");
      problem = (await followActions(this.client, intent, found)).error;
    }
    await this.load();
    if (problem) {
      this.emit("change", this.session());
      const failed = refusal(problem.message, problem.type === "card_error" ? "paymentFailed" : null);
      if (failed.error.code) failed.error.paymentFailed = { declineCode: problem.decline_code || null };
      return failed;
    }
    if (redirect === "if_required") return this.told();
    window.location.assign(address.replace("{CHECKOUT_SESSION_ID}", this.page.id));
    return NEVER;
  }

  createPaymentElement(options) {
    const element = this.group.create("payment", options);
    element.on("change", (event) => {
      this.complete = event.complete;
      if (this.page) this.told();
    });
    return element;
  }

  getPaymentElement() { return this.group.getElement("payment"); }

  changeAppearance(appearance) { this.group.update({ appearance }); }

  loadFonts() {} // the sandbox shows the system's fonts
}
