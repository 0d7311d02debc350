/* The bank's numbers go from here to Stripe and come back as a token; only the token is sent to the
   shop. The fields have no names, so a form that is sent without this script carries nothing.
   https://docs.stripe.com/js/tokens/create_token?type=bank_account */
"use strict";

(() => {
  const form = document.querySelector("[data-bank-form]");
  if (!form) return;
  const trouble = form.querySelector("[data-bank-trouble]");
  const button = form.querySelector("button");
  const fields = [...form.querySelectorAll("[data-bank]")];
  /* Which field Stripe's refusal is about, by its `param` or `code`. */
  const ABOUT = { account_number_invalid: "account_number", routing_number_invalid: "routing_number" };

  function blame(field, message) {
    const place = document.getElementById(`${field.id}-error`);
    place.textContent = message;
    place.hidden = !message;
    field.classList.toggle("is-invalid", Boolean(message));
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function say(message) {
    trouble.textContent = message;
    trouble.hidden = !message;
  }

  function refused(error) {
    const named = /\[?(account_number|routing_number|account_holder_name)\]?$/.exec(error.param || "");
    const name = ABOUT[error.code] || (named && named[1]);
    const field = fields.find((one) => one.dataset.bank === name);
    if (!field) return say(error.message);
    blame(field, error.message);
    field.focus();
  }

  function complete() {
    const empty = fields.filter((field) => !field.value.trim());
    for (const field of fields) blame(field, empty.includes(field) ? form.dataset.empty : "");
    if (empty.length) empty[0].focus();
    return !empty.length;
  }

  async function send(event) {
    event.preventDefault();
    say("");
    if (!complete()) return;
    if (!window.Stripe) return say(form.dataset.blocked);
    button.disabled = true;
    try {
      const numbers = Object.fromEntries(fields.map((field) => [field.dataset.bank, field.value.trim()]));
      const { country, currency, holderType } = form.dataset;
      const locale = document.documentElement.lang.split("-")[0]; // of what Stripe says here
      const { token, error } = await window.Stripe(form.dataset.key, { locale }).createToken("bank_account", {
        country, currency, account_holder_type: holderType, ...numbers,
      });
      if (error) return refused(error);
      form.elements.bank_token.value = token.id;
      form.submit(); // without this handler; the fields have no names
      return undefined;
    } catch {
      return say(form.dataset.silent);
    } finally {
      button.disabled = false;
    }
  }

  form.addEventListener("submit", send);
  form.hidden = false;
})();
