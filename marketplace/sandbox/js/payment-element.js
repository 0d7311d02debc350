/* Inside the frame of an Element: what is typed here goes to the sandbox from here, and the shop's
   page only hears how it ended. */
(() => {
  "use strict";

  const form = document.getElementById("element");
  const host = window.parent;
  if (!form || host === window) return;
  const known = { key: "", account: "", origin: "*" };
  const field = (name) => form.elements.namedItem(name);
  const digits = (name) => field(name).value.replace(/\D/g, "");

  const say = (message) => host.postMessage(message, known.origin);
  const tell = (event, detail = {}) => say({ type: "element", detail: { event, detail } });

  function chosen() {
    const radio = form.querySelector("input[name=type]:checked");
    return radio ? radio.value : "card";
  }

  const left = (name) => field(name).closest(".slot").hidden;
  const PERSON = [
    ["name", () => left("name") || field("name").value.trim(), "incomplete_name", "Your name is incomplete."],
    ["email", () => left("email") || /^\S+@\S+$/.test(field("email").value), "incomplete_email", "Your email is incomplete."],
  ];

  /* What is wrong with the fields: [field, code, sentence] of the first mistake. */
  const RULES = {
    card: [
      ["number", () => digits("number").length >= 13, "incomplete_number", "Your card number is incomplete."],
      ["number", () => luhn(digits("number")), "invalid_number", "Your card number is invalid."],
      ["exp", () => /^\d{2}\s*\/\s*\d{2}$/.test(field("exp").value), "incomplete_expiry", "Your card's expiration date is incomplete."],
      ["cvc", () => digits("cvc").length >= 3, "incomplete_cvc", "Your card's security code is incomplete."],
    ],
    sepa_debit: [
      ["iban", () => field("iban").value.replace(/\s/g, "").length >= 15, "incomplete_iban", "Your IBAN is incomplete."],
      ...PERSON,
    ],
    us_bank_account: [
      ["account_number", () => digits("account_number").length >= 4, "incomplete_account_number", "Your account number is incomplete."],
      ...PERSON,
    ],
  };

  function luhn(number) {
    let sum = 0;
    [...number].reverse().forEach((digit, at) => {
      const value = Number(digit) * (at % 2 ? 2 : 1);
      sum += value > 9 ? value - 9 : value;
    });
    return sum % 10 === 0;
  }

  const mistake = () => RULES[chosen()].find(([, holds]) => !holds());

  function show(name, message) {
    for (const input of form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    const problem = document.getElementById("problem");
    problem.hidden = !message;
    problem.textContent = message || "";
    if (!name) return;
    const input = field(name);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "problem");
    input.closest(".slot").append(problem);
  }

  function validate() {
    const wrong = mistake();
    if (!wrong) {
      show();
      return { selectedPaymentMethod: chosen() };
    }
    show(wrong[0], wrong[3]);
    field(wrong[0]).focus();
    return { error: { type: "validation_error", code: wrong[2], message: wrong[3] } };
  }

  function change() {
    const filled = [...form.querySelectorAll("input:not([type=radio])")].some((input) => input.value);
    tell("change", { empty: !filled, complete: !mistake(), collapsed: false, value: { type: chosen() } });
  }

  function card() {
    const [month, year] = field("exp").value.split("/").map((part) => Number(part.trim()));
    return { number: digits("number"), exp_month: month, exp_year: year, cvc: digits("cvc") };
  }

  function method(more = {}) {
    const type = chosen();
    const details = { ...more.billing_details };
    const data = { ...more, type };
    if (type === "card") data.card = card();
    if (type === "sepa_debit") data.sepa_debit = { iban: field("iban").value.replace(/\s/g, "") };
    if (type === "us_bank_account") {
      data.us_bank_account = { account_number: digits("account_number"), routing_number: digits("routing_number"), account_holder_type: "individual" };
    }
    if (type !== "card") {
      details.name = details.name || field("name").value.trim();
      details.email = details.email || field("email").value.trim();
    }
    data.billing_details = details;
    return data;
  }

  function encode(value, name = "", into = new URLSearchParams()) {
    if (value === undefined || value === null) return into;
    if (typeof value === "object") {
      for (const [key, item] of Object.entries(value)) encode(item, name ? `${name}[${key}]` : key, into);
    } else {
      into.append(name, String(value));
    }
    return into;
  }

  async function post(path, params) {
    const headers = { Authorization: `Bearer ${known.key}` };
    if (known.account) headers["Stripe-Account"] = known.account;
    try {
      const response = await fetch(path, { method: "POST", headers, body: encode(params) });
      return await response.json();
    } catch (problem) {
      return { error: { type: "api_connection_error", message: problem.message } };
    }
  }

  const CODES = { incorrect_cvc: "cvc", invalid_cvc: "cvc", expired_card: "exp", invalid_expiry_year: "exp", invalid_expiry_month: "exp" };
  const CONFIRM = /^\/v1\/(payment|setup)_intents\/[A-Za-z0-9_]+\/confirm$/;

  const ASKED = {
    validate,

    async confirm({ path, body }) {
      if (!CONFIRM.test(path)) return { error: { type: "invalid_request_error", message: "Unknown path." } };
      // The SDK's annotations, by which the sandbox reads requests, know of no card number in
      // `payment_method_data`; the payment method is therefore made first.
      const { payment_method_data: more, ...params } = body;
      const made = await post("/v1/payment_methods", method(more));
      const answer = made.error ? made : await post(path, { ...params, payment_method: made.id });
      blame(answer.error);
      return answer;
    },

    async createPaymentMethod({ body }) {
      const answer = await post("/v1/payment_methods", method(body));
      blame(answer.error);
      return answer;
    },

    createToken: ({ body }) => post("/v1/tokens", { card: { ...card(), ...body } }),
  };

  /* A refusal that is about a field is shown beside it as well. */
  function blame(error) {
    if (error && error.type === "card_error") show(chosen() === "card" ? CODES[error.code] || "number" : null, error.message);
    else show();
  }

  function choose() {
    for (const section of form.querySelectorAll("[data-type]")) {
      section.hidden = !section.dataset.type.split(" ").includes(chosen());
    }
    show();
  }

  /* What the page knows of the buyer already, and what it says it will send itself. */
  function prefill({ defaultValues = {}, fields = {} }) {
    const details = defaultValues.billingDetails || {};
    for (const name of ["name", "email"]) {
      if (details[name] && !field(name).value) field(name).value = details[name];
      const never = fields.billingDetails === "never" || (fields.billingDetails || {})[name] === "never";
      field(name).closest(".slot").hidden = never;
    }
  }

  function setUp({ key, account, options, about }) {
    Object.assign(known, { key, account });
    prefill(options);
    const failed = about.error;
    document.getElementById("loading").hidden = true;
    document.getElementById("failed").hidden = !failed;
    form.hidden = Boolean(failed);
    if (failed) {
      document.getElementById("failed").textContent = failed.message;
      tell("loaderror", { error: failed });
      return;
    }
    const types = form.dataset.only ? ["card"] : about.types;
    const radios = [...form.querySelectorAll("input[name=type]")];
    for (const radio of radios) radio.closest("label").hidden = !types.includes(radio.value);
    const first = radios.find((radio) => radio.checked && types.includes(radio.value)) || radios.find((radio) => types.includes(radio.value));
    if (first) first.checked = true;
    document.getElementById("types").hidden = radios.filter((radio) => types.includes(radio.value)).length < 2;
    choose();
    if (!known.ready) tell("ready"); // an update of the options does not say it again
    known.ready = true;
  }

  function tidy(input) {
    if (input.selectionStart !== input.value.length) return;
    if (input.name === "number") input.value = digits("number").slice(0, 19).replace(/(\d{4})(?=\d)/g, "$1 ");
    if (input.name === "exp") {
      const typed = digits("exp").slice(0, 4);
      if (typed.length > 2) input.value = `${typed.slice(0, 2)} / ${typed.slice(2)}`;
    }
  }

  form.addEventListener("submit", (event) => event.preventDefault()); // the shop has the button
  form.addEventListener("input", (event) => {
    if (event.target.name === "type") choose();
    else tidy(event.target);
    change();
  });
  form.addEventListener("focusin", () => tell("focus"));
  form.addEventListener("focusout", () => tell("blur"));
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") tell("escape"); });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-fill]");
    if (!button) return;
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.fill))) {
      field(name).value = value;
      tidy(field(name));
    }
    show();
    change();
  });

  window.addEventListener("message", async (event) => {
    if (event.source !== host || !event.data) return;
    const { type, id, name, args, setup } = event.data;
    if (type === "setup") {
      known.origin = event.origin;
      setUp(setup);
    } else if (type === "ask" && event.origin === known.origin && ASKED[name]) {
      say({ type: "answer", id, result: await ASKED[name](args || {}) });
    } else if (type === "focus") {
      form.querySelector("input:not([type=radio])").focus();
    } else if (type === "blur") {
      document.activeElement.blur();
    } else if (type === "clear") {
      form.reset();
      choose();
      change();
    }
  });

  say({ type: "loaded" });
})();
