/* `Stripe(publishableKey, {stripeAccount})`: what a page calls. https://docs.stripe.com/js */

function makeStripe(key, options = {}) {
  if (!key || typeof key !== "string") throw new IntegrationError("Please call Stripe() with your publishable key. You used an empty string.");
  if (/^[sr]k_/.test(key)) throw new IntegrationError("You should not use your secret key with Stripe.js. Please pass a publishable key instead.");
  if (!key.startsWith("pk_test_")) throw new IntegrationError("This is a local sandbox: it takes publishable test keys only (pk_test_…).");
  const client = { key, account: options.stripeAccount };
  const card = (prefix, call) => (secret, data, settings) => confirmCard(client, secret, data, settings, prefix, call);
  return {
    elements: (chosen) => makeElements(client, chosen),
    confirmPayment: (chosen) => confirmIntent(client, chosen, "pi", "confirmPayment"),
    confirmSetup: (chosen) => confirmIntent(client, chosen, "seti", "confirmSetup"),
    confirmCardPayment: card("pi", "confirmCardPayment"),
    confirmCardSetup: card("seti", "confirmCardSetup"),
    handleNextAction: ({ clientSecret }) => handleActions(client, clientSecret, "handleNextAction"),
    handleCardAction: (secret) => handleActions(client, secret, "handleCardAction", "pi"),
    retrievePaymentIntent: (secret) => retrieveIntent(client, secret, "retrievePaymentIntent", "pi"),
    retrieveSetupIntent: (secret) => retrieveIntent(client, secret, "retrieveSetupIntent", "seti"),
    createPaymentMethod: (first, second, data) => makePaymentMethod(client, first, second, data),
    createConfirmationToken: (chosen) => makeConfirmationToken(client, chosen),
    createToken: (type, data) => makeToken(client, type, data),
    createEmbeddedCheckoutPage: (chosen) => makeEmbeddedCheckout(client, chosen),
    initEmbeddedCheckout: (chosen) => makeEmbeddedCheckout(client, chosen), // its name until 2026
    initCheckoutElementsSdk: (chosen) => new CheckoutElements(client, chosen),
    initCheckout: (chosen) => new CheckoutElements(client, chosen), // its name until 2026
    registerAppInfo() {},
    _registerWrapper() {}, // called by the loader in @stripe/stripe-js
  };
}

// @stripe/stripe-js compares it with its own release: the address says which one was asked for.
makeStripe.version = /^\/[a-z]+\/stripe\.js$/.test(SCRIPT.pathname) ? SCRIPT.pathname.split("/")[1] : 3;
if (!window.Stripe) window.Stripe = makeStripe; // a page may load the script twice
