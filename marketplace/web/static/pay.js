// Stripe's Payment Element in a form of ours: <form class="element-form" data-mode="payment">.
// It pays the Checkout Session, or with data-mode="setup" saves a card, whose client secret the
// server gives at each view. Without this script the form stays hidden, and the page's other
// button leads to Stripe's own page.
"use strict";

function looks() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    variables: {
      colorPrimary: colour("--water"), colorText: colour("--ink"), colorBackground: colour("--sheet"),
      colorDanger: colour("--bad"), borderRadius: "8px",
    },
  };
}

async function fetchSecret({ secretUrl, token }) {
  const answer = await fetch(secretUrl, {
    method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin",
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.message || "");
  return found.clientSecret;
}

/* Both resolve with a function that confirms and answers a sentence when that failed. */
async function preparePayment(stripe, secret, form, place) {
  const checkout = stripe.initCheckoutElementsSdk({
    clientSecret: secret, elementsOptions: { appearance: looks() },
  });
  const loaded = await checkout.loadActions();
  if (loaded.type === "error") throw new Error(loaded.error.message);
  checkout.createPaymentElement().mount(place);
  const email = form.elements.namedItem("email");
  return async () => {
    if (email) {
      const known = await loaded.actions.updateEmail(email.value);
      if (known.type === "error") return known.error.message;
    }
    const result = await loaded.actions.confirm();
    return result.type === "error" ? result.error.message : null;
  };
}

async function prepareSetup(stripe, secret, form, place) {
  const elements = stripe.elements({ clientSecret: secret, appearance: looks() });
  elements.create("payment").mount(place);
  return async () => {
    const result = await stripe.confirmSetup({
      elements, confirmParams: { return_url: form.dataset.returnUrl },
    });
    return result.error ? result.error.message : null;
  };
}

async function begin(form) {
  const facts = form.dataset;
  const button = form.querySelector("button");
  const alert = form.querySelector("[role=alert]");
  const tell = (sentence) => {
    alert.textContent = sentence || "";
    alert.hidden = !sentence;
  };
  form.hidden = false;
  try {
    if (!window.Stripe) throw new Error("");
    // Stripe's part of the page speaks the language of ours: https://docs.stripe.com/js/initializing
    const options = { locale: document.documentElement.lang.split("-")[0] };
    if (facts.account) options.stripeAccount = facts.account;
    const stripe = Stripe(facts.key, options);
    const prepare = facts.mode === "setup" ? prepareSetup : preparePayment;
    const secret = await fetchSecret(facts);
    const confirm = await prepare(stripe, secret, form, form.querySelector(".element-place"));
    button.disabled = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      form.setAttribute("aria-busy", "true");
      tell("");
      try {
        tell(await confirm());
      } catch (problem) {
        tell(problem.message || facts.failed);
      }
      form.removeAttribute("aria-busy");
      button.disabled = false;
    });
  } catch (problem) {
    tell(problem.message || facts.failed);
  }
}

document.querySelectorAll("form.element-form").forEach(begin);
