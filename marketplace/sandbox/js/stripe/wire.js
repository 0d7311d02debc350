/* Calls to the API with the publishable key, and errors in the shape that Stripe.js gives them.
   https://docs.stripe.com/js/appendix */

const SCRIPT = new URL(document.currentScript.src);
const ORIGIN = SCRIPT.origin;
const NEVER = new Promise(() => {}); // the page is on its way to another address

/* What a page is told about its own mistakes; Stripe's own script throws these too. */
class IntegrationError extends Error {
  constructor(message) {
    super(message);
    this.name = "IntegrationError";
  }
}

/* `a[b][0]=c`, as the API reads nested parameters. */
function encode(value, name = "", into = new URLSearchParams()) {
  if (value === undefined || value === null) return into;
  if (typeof value === "object") {
    for (const [key, item] of Object.entries(value)) encode(item, name ? `${name}[${key}]` : key, into);
  } else {
    into.append(name, String(value));
  }
  return into;
}

/* Answers the object, or `{error}`; never rejects. */
async function callApi(client, method, path, params = {}) {
  const headers = { Authorization: `Bearer ${client.key}` };
  if (client.account) headers["Stripe-Account"] = client.account;
  const body = encode(params);
  const url = method === "GET" ? `${ORIGIN}${path}?${body}` : `${ORIGIN}${path}`;
  try {
    const response = await fetch(url, { method, headers, body: method === "GET" ? undefined : body });
    return await response.json();
  } catch (problem) {
    const message = `The local sandbox at ${ORIGIN} did not answer: ${problem.message}`;
    return { error: { type: "api_connection_error", message } };
  }
}

const INTENTS = {
  pi: { path: "/v1/payment_intents/", name: "payment_intent", result: "paymentIntent", problem: "last_payment_error" },
  seti: { path: "/v1/setup_intents/", name: "setup_intent", result: "setupIntent", problem: "last_setup_error" },
};

/* What a client secret opens: the kind of intent and its id. */
function readSecret(secret, call, prefix) {
  const parts = /^((pi|seti)_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+$/.exec(String(secret));
  if (!parts || (prefix && parts[2] !== prefix)) {
    throw new IntegrationError(
      `Invalid value for ${call}: value should be a client secret of the form \${id}_secret_\${secret}. You specified: ${secret}.`,
    );
  }
  return { ...INTENTS[parts[2]], id: parts[1], secret };
}

const retrieve = (client, intent) =>
  callApi(client, "GET", intent.path + intent.id, { client_secret: intent.secret });

const answered = (intent, answer) => (answer.error ? { error: answer.error } : { [intent.result]: answer });
