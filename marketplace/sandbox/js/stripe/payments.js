/* Confirming: the frame pays, then this follows what the bank still wants.
   https://docs.stripe.com/js/payment_intents/confirm_payment */

const PASSES = ["succeeded", "processing", "requires_capture"];

function withParams(address, params) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

/* Go through next actions until the intent rests; resolves with the API's object or `{error}`. */
async function followActions(client, intent, answer) {
  let found = answer;
  while (!found.error && found.status === "requires_action") {
    const action = found.next_action || {};
    if (action.type === "redirect_to_url") {
      window.location.assign(action.redirect_to_url.url);
      return NEVER;
    }
    if (action.type !== "use_stripe_sdk") return found;
    await showChallenge(action.use_stripe_sdk.stripe_js);
    found = await retrieve(client, intent);
  }
  const problem = found.error ? null : found[intent.problem];
  if (problem && found.status === "requires_payment_method") {
    return { error: { ...problem, [intent.name]: found } };
  }
  return found;
}

/* To `return_url` with what Stripe adds, or back to the caller. `redirect_status` of a bank debit
   that is under way is not documented; the page has to look at the intent anyway. */
async function comeBack(intent, found, address, redirect) {
  if (found.error || redirect === "if_required" || !PASSES.includes(found.status)) return answered(intent, found);
  window.location.assign(withParams(address, {
    [intent.name]: intent.id,
    [`${intent.name}_client_secret`]: intent.secret,
    redirect_status: found.status === "processing" ? "pending" : "succeeded",
  }));
  return NEVER;
}

function checkedAddress(params, redirect, call) {
  const address = params.return_url;
  if (!address && redirect !== "if_required") {
    throw new IntegrationError(`${call}: confirmParams.return_url is required, unless redirect is "if_required".`);
  }
  if (address && !/^https?:\/\//.test(address)) {
    throw new IntegrationError(`Invalid value for ${call}: return_url must be an absolute URL: ${address}.`);
  }
  return address;
}

/* Confirm with a saved payment method (an id), a new one (its parameters), or the intent's own. */
async function confirmWith(client, path, body, method) {
  const params = { ...body, payment_method: method };
  if (method && typeof method === "object") {
    const made = await callApi(client, "POST", "/v1/payment_methods", method);
    if (made.error) return made;
    params.payment_method = made.id;
  }
  return callApi(client, "POST", path, params);
}

/* `confirmPayment` and `confirmSetup`. */
async function confirmIntent(client, options, prefix, call) {
  const { elements, confirmParams = {}, redirect = "always" } = options;
  const secret = options.clientSecret || (elements && elements.options.clientSecret);
  const intent = readSecret(secret, `${call}: clientSecret`, prefix);
  const address = checkedAddress(confirmParams, redirect, call);
  const body = { ...confirmParams, client_secret: secret, use_stripe_sdk: true };
  let answer;
  if (elements && !confirmParams.payment_method) {
    if (!elements.options.clientSecret && !elements.submitted) {
      throw new IntegrationError(`elements.submit() must be called before ${call}() when elements was created with \`mode\`.`);
    }
    const payer = elements.payer(call);
    const wrong = await payer.ask("validate");
    if (wrong.error) return { error: wrong.error };
    answer = await payer.ask("confirm", { path: `${intent.path}${intent.id}/confirm`, body });
  } else {
    answer = await confirmWith(client, `${intent.path}${intent.id}/confirm`, body, confirmParams.payment_method);
  }
  return comeBack(intent, await followActions(client, intent, answer), address, redirect);
}

/* The older calls for card Elements: `data.payment_method` is an id or `{card, billing_details}`. */
async function confirmCard(client, secret, data, settings, prefix, call) {
  const intent = readSecret(secret, call, prefix);
  const { payment_method: method, ...params } = data || {};
  const body = { ...params, client_secret: secret, use_stripe_sdk: true };
  const path = `${intent.path}${intent.id}/confirm`;
  let answer;
  if (method && method.card instanceof Element) {
    if (method.billing_details) body.payment_method_data = { billing_details: method.billing_details };
    answer = await method.card.ask("confirm", { path, body });
  } else {
    answer = await confirmWith(client, path, body, typeof method === "object" ? { type: "card", ...method } : method);
  }
  const stops = settings && settings.handleActions === false;
  return answered(intent, stops ? answer : await followActions(client, intent, answer));
}

async function handleActions(client, secret, call, prefix) {
  const intent = readSecret(secret, call, prefix);
  return answered(intent, await followActions(client, intent, await retrieve(client, intent)));
}

async function retrieveIntent(client, secret, call, prefix) {
  const intent = readSecret(secret, call, prefix);
  return answered(intent, await retrieve(client, intent));
}

/* `createPaymentMethod({elements, params})`, `({type, card: element, …})` or `(type, element, data)`. */
async function makePaymentMethod(client, first, second, data) {
  let params = typeof first === "string" ? { type: first, ...(second instanceof Element ? { [first]: second } : second), ...data } : first;
  let payer = null;
  if (params.elements) {
    if (!params.elements.submitted) {
      throw new IntegrationError("elements.submit() must be called before createPaymentMethod().");
    }
    payer = params.elements.payer("createPaymentMethod");
    params = params.params || {};
  } else if (params.card instanceof Element) {
    payer = params.card;
    params = { ...params };
    delete params.card;
  }
  const answer = payer
    ? await payer.ask("createPaymentMethod", { body: params })
    : await callApi(client, "POST", "/v1/payment_methods", params);
  return answer.error ? { error: answer.error } : { paymentMethod: answer };
}

/* What the form holds, for the server to confirm with. https://docs.stripe.com/js/confirmation_tokens */
async function makeConfirmationToken(client, { elements, params = {} }) {
  const { payment_method_data: data, ...more } = params;
  const made = await makePaymentMethod(client, { elements, params: data });
  if (made.error) return made;
  const answer = await callApi(client, "POST", "/v1/confirmation_tokens", { ...more, payment_method: made.paymentMethod.id });
  return answer.error ? { error: answer.error } : { confirmationToken: answer };
}

const TOKENS = ["bank_account", "person", "account", "pii"];

/* https://docs.stripe.com/js/tokens */
async function makeToken(client, type, data = {}) {
  let answer;
  if (type instanceof Element) {
    answer = await type.ask("createToken", { body: data });
  } else if (type === "pii") {
    answer = await callApi(client, "POST", "/v1/tokens", { pii: { id_number: data.personal_id_number } });
  } else if (TOKENS.includes(type)) {
    answer = await callApi(client, "POST", "/v1/tokens", { [type]: data });
  } else {
    throw new IntegrationError(`You must provide a Stripe Element or a valid token type to create a Token: ${TOKENS.join(", ")}.`);
  }
  return answer.error ? { error: answer.error } : { token: answer };
}
