/* Elements: a group that shares its options, and the frames that it makes.
   https://docs.stripe.com/js/elements_object */

const COVERED = { payment: "Payment details", card: "Card details" };

class Element extends Emitter {
  constructor(group, type, options) {
    super();
    this.group = group;
    this.type = type;
    this.options = options || {};
    this.frame = null;
    this.loaded = new Promise((resolve) => { this.isLoaded = resolve; });
  }

  mount(place) {
    if (this.destroyed) throw new IntegrationError("This Element has already been destroyed. Please create a new one.");
    const found = placeOf(place, "mount");
    if (this.frame) this.unmount();
    const frame = new Frame(`${ORIGIN}/v3/elements/${this.type}`, `${COVERED[this.type]} (local Stripe sandbox)`);
    this.frame = frame;
    frame.on("loaded", async () => {
      this.emit("loaderstart", { elementType: this.type });
      frame.tell({ type: "looks", appearance: this.group.options.appearance });
      frame.tell({ type: "setup", setup: await this.group.setup(this) });
    });
    frame.on("element", ({ event, detail }) => {
      if (event === "ready") this.isLoaded();
      // A card element always passed itself to `ready`; a Payment Element says what it is.
      this.emit(event, { elementType: this.type, ...detail });
    });
    found.replaceChildren(frame.element);
    return this;
  }

  unmount() {
    if (this.frame) this.frame.remove();
    this.frame = null;
    this.loaded = new Promise((resolve) => { this.isLoaded = resolve; });
    return this;
  }

  destroy() {
    this.unmount();
    this.destroyed = true;
    this.group.elements.delete(this.type);
    return this;
  }

  update(options) {
    Object.assign(this.options, options);
    if (this.frame) this.frame.tell({ type: "update", options });
    return this;
  }

  focus() { return this.say("focus"); }

  blur() { return this.say("blur"); }

  clear() { return this.say("clear"); }

  collapse() { return this; } // the sandbox shows no accordion

  say(name) {
    if (this.frame) this.frame.tell({ type: name });
    return this;
  }

  async ask(name, args) {
    if (!this.frame) {
      throw new IntegrationError(`The ${this.type} Element is not mounted; mount it and wait for its ready event.`);
    }
    await this.loaded;
    return this.frame.ask(name, args);
  }
}

class Elements extends Emitter {
  /* `about(options)` resolves with what a frame needs to know of the payment, or `{error}`. */
  constructor(client, options, about) {
    super();
    this.client = client;
    this.options = { ...options };
    this.about = about;
    this.elements = new Map();
    this.submitted = false;
  }

  create(type, options) {
    if (!(type in COVERED)) {
      throw new IntegrationError(`The local sandbox has no ${type} Element; it has: ${Object.keys(COVERED).join(", ")}.`);
    }
    if (this.elements.has(type)) throw new IntegrationError(`Can only create one Element of type ${type}.`);
    const made = new Element(this, type, options);
    this.elements.set(type, made);
    return made;
  }

  getElement(type) { return this.elements.get(type) || null; }

  async setup(element) {
    const { key, account } = this.client;
    return { key, account, options: element.options, about: await this.about(this.options) };
  }

  async update(options) {
    Object.assign(this.options, options);
    for (const element of this.elements.values()) {
      if (!element.frame) continue;
      element.frame.tell({ type: "looks", appearance: this.options.appearance });
      element.frame.tell({ type: "setup", setup: await this.setup(element) });
    }
    this.emit("update-end");
  }

  async fetchUpdates() {
    const about = await this.about(this.options);
    if (about.error) return { error: { message: about.error.message, status: about.error.type } };
    await this.update({});
    return {};
  }

  async submit() {
    const answer = await this.payer("elements.submit").ask("validate");
    this.submitted = !answer.error;
    return answer;
  }

  /* The Element that is paid with. */
  payer(call) {
    const found = this.getElement("payment") || this.getElement("card");
    if (!found) throw new IntegrationError(`${call} needs a Payment Element: create and mount one first.`);
    return found;
  }
}

/* What `stripe.elements(options)` knows of the payment: from the intent, or from the options. */
function aboutIntent(client) {
  return async (options) => {
    if (options.clientSecret) {
      const intent = await retrieve(client, readSecret(options.clientSecret, "elements: clientSecret"));
      if (intent.error) return intent;
      return { types: intent.payment_method_types, amount: intent.amount, currency: intent.currency };
    }
    const currency = (options.currency || "").toLowerCase();
    const debits = { eur: ["sepa_debit"], usd: ["us_bank_account"] }[currency] || [];
    const offered = ["card", ...debits];
    const wanted = options.paymentMethodTypes;
    const excluded = options.excludedPaymentMethodTypes || [];
    const types = offered.filter((type) => (wanted ? wanted.includes(type) : !excluded.includes(type)));
    return { types, amount: options.amount, currency };
  };
}

function makeElements(client, options = {}) {
  const { clientSecret, mode, amount, currency } = options;
  if (clientSecret && mode) {
    throw new IntegrationError("elements(): specify either `clientSecret` or `mode`, not both.");
  }
  if (clientSecret) readSecret(clientSecret, "elements(): clientSecret");
  if (mode && !["payment", "setup", "subscription"].includes(mode)) {
    throw new IntegrationError(`Invalid value for elements(): mode must be payment, setup or subscription, not ${mode}.`);
  }
  if (mode && mode !== "setup" && !(Number.isInteger(amount) && amount >= 0)) {
    throw new IntegrationError("Invalid value for elements(): amount must be an integer of minor units.");
  }
  if (mode && mode !== "setup" && !currency) {
    throw new IntegrationError("Missing value for elements(): currency.");
  }
  return new Elements(client, options, aboutIntent(client));
}
