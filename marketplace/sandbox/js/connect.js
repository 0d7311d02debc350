/* Connect's embedded components, served by the local sandbox with the names and calls of Stripe's
   own connect.js, so that a page needs only another address (@stripe/connect-js finds this script
   when it is already on the page).

   A component is a custom element around a frame of the sandbox. The frame gets the account
   session's client secret by message, exchanges it at its own origin, and tells the page what
   happens. Nothing secret ever stands in an address of the host page.

   https://docs.stripe.com/connect/get-started-connect-embedded-components */
(() => {
  "use strict";

  const BASE = new URL("./", document.currentScript.src).href;
  const ORIGIN = new URL(BASE).origin;
  const MOST_TRIES = 2;
  const COMMON = ["setOnLoadError", "setOnLoaderStart"];
  const COMPONENTS = {
    "account-management": ["setCollectionOptions", "setOnSectionOpen"],
    "account-onboarding": [
      "setFullTermsOfServiceUrl", "setRecipientTermsOfServiceUrl", "setPrivacyPolicyUrl",
      "setSkipTermsOfServiceCollection", "setCollectionOptions", "setOnExit", "setOnStepChange",
    ],
    "balance-report": [],
    balances: [],
    "disputes-list": [],
    documents: [],
    "financial-account": ["setFinancialAccount"],
    "financial-account-transactions": ["setFinancialAccount"],
    "instant-payouts-promotion": [
      "setOnInstantPayoutsPromotionLoaded", "setOnInstantPayoutCreated",
    ],
    "issuing-card": [
      "setDefaultCard", "setCardSwitching", "setFetchEphemeralKey", "setShowSpendControls",
    ],
    "issuing-cards-list": ["setFetchEphemeralKey", "setShowSpendControls", "setIssuingProgram"],
    "notification-banner": ["setCollectionOptions", "setOnNotificationsChange"],
    "payment-details": ["setPayment", "setOnClose"],
    "payment-disputes": ["setPayment", "setOnDisputesLoaded"],
    "payment-method-settings": [],
    payments: ["setDefaultFilters"],
    "payout-details": ["setPayout", "setOnClose"],
    "payout-reconciliation-report": ["setOnReportAvailabilityLoaded"],
    payouts: [],
    "payouts-list": [],
    "reporting-chart": [],
    "tax-registrations": [
      "setOnAfterTaxRegistrationAdded", "setDisplayCountries", "setOnAfterTaxRegistrationExpired",
    ],
    "tax-settings": [
      "setHideProductTaxCodeSelector", "setDisplayHeadOfficeCountries", "setOnTaxSettingsUpdated",
    ],
    "terminal-hardware-orders": [],
    "terminal-hardware-shop": [],
  };
  const CALLBACKS = {
    exit: "setOnExit",
    close: "setOnClose",
    step: "setOnStepChange",
    section: "setOnSectionOpen",
    notifications: "setOnNotificationsChange",
    disputes: "setOnDisputesLoaded",
  };
  const ONE_OF = { "payment-details": "setPayment", "payment-disputes": "setPayment", "payout-details": "setPayout" };

  /* What an instance's components share: the key, the current client secret, the looks. */
  class Connection {
    constructor(params) {
      for (const name of ["publishableKey", "fetchClientSecret"]) {
        if (!params || !params[name]) {
          throw new Error(`Stripe Connect: \`${name}\` is required.`);
        }
      }
      if (typeof params.fetchClientSecret !== "function") {
        throw new Error("Stripe Connect: `fetchClientSecret` must be a function.");
      }
      this.params = params;
      this.appearance = params.appearance || {};
      this.elements = new Set();
      this.ended = false;
      const eager = params.metaOptions && params.metaOptions.eagerClientSecretPromise;
      this.pending = eager ? Promise.resolve(eager) : null;
    }

    /* The client secret; a stale one (it was refused) is replaced once for all components. */
    secret(stale) {
      if (this.pending && stale) {
        const known = this.pending;
        return known.then(
          (value) => (value === stale && this.pending === known ? this.renew() : this.pending),
          () => this.renew(),
        );
      }
      return this.pending || this.renew();
    }

    renew() {
      const asked = new Promise((resolve) => resolve(this.params.fetchClientSecret()));
      this.pending = asked;
      asked.catch(() => {
        if (this.pending === asked) this.pending = null;
      });
      return asked;
    }

    update(options) {
      if (options.appearance) this.appearance = options.appearance;
      if (options.locale) this.params.locale = options.locale;
      for (const element of this.elements) element.tell({ type: "looks", appearance: this.appearance });
    }

    async logout() {
      this.ended = true;
      this.pending = null;
      const waiting = [...this.elements].map((element) => element.end());
      await Promise.all(waiting);
    }
  }

  class Component extends HTMLElement {
    constructor() {
      super();
      this.settings = {};
    }

    setConnector(connection) {
      this.connection = connection;
      if (this.isConnected) this.mount();
    }

    connectedCallback() {
      if (this.connection) this.mount();
    }

    disconnectedCallback() {
      this.unmount();
    }

    mount() {
      if (this.frame || this.connection.ended) return;
      this.tries = 0;
      this.style.display = "block";
      const frame = document.createElement("iframe");
      frame.title = `${this.component.replace(/-/g, " ")} (local Stripe sandbox)`;
      Object.assign(frame.style, { border: "0", width: "100%", height: "0", display: "block" });
      frame.src = `${BASE}frame`;
      this.frame = frame;
      this.hears = (event) => {
        if (event.origin === ORIGIN && event.source === frame.contentWindow) this.hear(event.data);
      };
      window.addEventListener("message", this.hears);
      this.connection.elements.add(this);
      frame.addEventListener("error", () => this.fail("api_connection_error", "The frame did not load."));
      this.replaceChildren(frame);
    }

    unmount() {
      if (!this.frame) return;
      window.removeEventListener("message", this.hears);
      this.connection.elements.delete(this);
      this.frame.remove();
      this.frame = null;
      if (this.onEnd) this.onEnd();
    }

    tell(message) {
      if (this.frame && this.frame.contentWindow) this.frame.contentWindow.postMessage(message, ORIGIN);
    }

    /* What the frame says; each page of it says "ready" first. */
    hear(message) {
      if (!message || !this.frame) return;
      if (message.type === "ready") {
        this.tell({ type: "looks", appearance: this.connection.appearance });
        if (this.onEnd) {
          this.tell({ type: "leave" }); // it was asked before this page could hear it
        } else if (message.gate) {
          this.say("setOnLoaderStart", { elementTagName: this.component });
          this.enter();
        } else if (!message.over) {
          this.tries = 0;
        }
      } else if (message.type === "height") {
        this.frame.style.height = `${message.height}px`;
      } else if (message.type === "refused") {
        this.refused(message.error);
      } else if (message.type === "expired") {
        this.again("The account session has expired.");
      } else if (message.type === "ended") {
        this.unmount();
      } else if (message.type === "step" && message.detail.step === this.step) {
        return; // the same step again: its fields were wrong, or filled in with test values
      } else if (CALLBACKS[message.type]) {
        if (message.type === "step") this.step = message.detail.step;
        this.say(CALLBACKS[message.type], message.detail);
      }
    }

    async enter() {
      try {
        this.used = await this.connection.secret(this.stale);
      } catch (problem) {
        this.fail("account_session_create_error", `fetchClientSecret failed: ${problem && problem.message}`);
        return;
      }
      this.tell({
        type: "enter",
        key: this.connection.params.publishableKey,
        secret: this.used,
        component: this.component,
        options: this.options(),
      });
    }

    /* An expired secret is fetched anew; anything else is the page's to handle. */
    refused(error) {
      if (error.code === "account_session_expired") this.again(error.message);
      else this.fail(error.type, error.message);
    }

    /* Start over with another secret, unless that has been tried without success. */
    again(message) {
      this.tries += 1;
      this.stale = this.used;
      if (this.tries > MOST_TRIES) this.fail("authentication_error", message);
      else this.frame.src = `${BASE}frame`;
    }

    options() {
      const found = {};
      const asked = this.settings.setCollectionOptions;
      if (asked && asked.fields) found.fields = asked.fields;
      if (asked && asked.futureRequirements) found.future = asked.futureRequirements;
      if (asked && asked.requirements) found.requirements = asked.requirements;
      const which = ONE_OF[this.component];
      if (which && this.settings[which]) found.id = this.settings[which];
      return found;
    }

    fail(type, message) {
      this.say("setOnLoadError", { elementTagName: this.component, error: { type, message } });
    }

    say(setter, detail) {
      const listener = this.settings[setter];
      if (typeof listener === "function") listener(detail);
    }

    end() {
      if (!this.frame) return null;
      return new Promise((resolve) => {
        this.onEnd = resolve;
        this.tell({ type: "leave" });
        window.setTimeout(() => this.unmount(), 5000);
      });
    }
  }

  /* `setX` for pages that use this script alone, `setXInternalOnly` for the npm package. */
  function define(component) {
    const Kind = class extends Component {};
    Kind.prototype.component = component;
    for (const setter of [...COMMON, ...COMPONENTS[component]]) {
      Kind.prototype[setter] = function set(value) {
        const again = this.settings[setter] !== undefined && !setter.startsWith("setOn");
        this.settings[setter] = value;
        if (again && this.frame) this.frame.src = `${BASE}frame`;
      };
      Kind.prototype[`${setter}InternalOnly`] = Kind.prototype[setter];
    }
    const name = `stripe-connect-${component}`;
    if (!customElements.get(name)) customElements.define(name, Kind);
  }

  Object.keys(COMPONENTS).forEach(define);

  const known = window.StripeConnect || {};
  const StripeConnect = {
    ...known,
    init(params) {
      const connection = new Connection(params);
      return {
        connect: connection,
        create(component) {
          if (!COMPONENTS[component]) {
            throw new Error(`Stripe Connect: there is no component \`${component}\`.`);
          }
          const element = document.createElement(`stripe-connect-${component}`);
          element.setConnector(connection);
          return element;
        },
        update: (options) => connection.update(options || {}),
        logout: () => connection.logout(),
        debugInstance: () => ({ sandbox: ORIGIN }),
      };
    },
  };
  window.StripeConnect = StripeConnect;
  if (typeof known.onLoad === "function") known.onLoad();
})();
