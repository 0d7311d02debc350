// Puts Stripe's Connect components into the slots of a page (templates/seller/connect.html).
// Ours stands in each slot from the start. It makes way when Stripe's part begins to load, and comes
// back, with a line that says so, when that part fails. Where it is only late, the line stands there
// until it comes. The client secret is asked for once a view and kept nowhere.
// https://docs.stripe.com/connect/get-started-connect-embedded-components
"use strict";
(() => {
  const told = document.currentScript.dataset;
  const PATIENCE = 20000;
  // As much as the hosted pages would ask for, by the operator's choice.
  const COLLECT = { fields: told.collect, futureRequirements: "include" };
  const night = window.matchMedia("(prefers-color-scheme: dark)");

  async function fetchClientSecret() {
    const answer = await fetch(told.session, {
      method: "POST",
      headers: { "X-CSRFToken": told.token, Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error", // whoever is signed out is sent to a page, and that is no secret
    });
    if (!answer.ok) throw new Error(`no session: ${answer.status}`);
    return (await answer.json()).client_secret;
  }

  // The page's own colours, so that the component looks as if it belonged here.
  function appearance() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
      overlays: "dialog",
      variables: {
        fontFamily: getComputedStyle(document.body).fontFamily,
        borderRadius: "8px",
        colorBackground: colour("--sheet"),
        colorText: colour("--ink"),
        colorSecondaryText: colour("--soft"),
        colorBorder: colour("--line"),
        colorPrimary: colour("--water"),
        colorDanger: colour("--bad"),
        buttonPrimaryColorBackground: colour("--water"),
        buttonPrimaryColorText: colour("--on-water"),
      },
    };
  }

  // Stripe's elements carry each setter under one of two names, by how connect.js was loaded.
  function set(element, name, value) {
    const setter = element[`set${name}`] || element[`set${name}InternalOnly`];
    if (typeof setter === "function") setter.call(element, value);
  }

  function mount(instance, slot) {
    const element = instance.create(slot.dataset.component);
    set(element, "OnLoaderStart", () => show(slot, "loaded"));
    set(element, "OnLoadError", () => show(slot, "failed"));
    set(element, "CollectionOptions", COLLECT);
    if (told.exit) set(element, "OnExit", () => window.location.assign(told.exit));
    slot.querySelector(".slot-stripe").append(element);
  }

  function show(slot, state) {
    if (slot.dataset.state === "failed") return;
    slot.dataset.state = state;
    const loaded = state === "loaded";
    const ours = slot.querySelector(".slot-ours");
    ours.hidden = loaded;
    if (state === "failed") slot.querySelector(".slot-stripe").replaceChildren();
    if (!ours.textContent.trim()) return; // with nothing of ours, there is nothing to say either
    const note = slot.querySelector(".slot-note");
    note.hidden = loaded;
    const failed = slot.dataset.component === "account-onboarding" ? told.unasked : told.failed;
    note.textContent = loaded ? "" : failed;
  }

  const slots = [...document.querySelectorAll("[data-component]")];

  function begin() {
    const instance = window.StripeConnect.init({
      publishableKey: told.key,
      fetchClientSecret,
      appearance: appearance(),
      // Unconfirmed: whether Connect.js knows zh-CN by this name. One it does not know is English.
      locale: document.documentElement.lang,
    });
    slots.forEach((slot) => mount(instance, slot));
    night.addEventListener("change", () => instance.update({ appearance: appearance() }));
    for (const form of document.querySelectorAll(`form[action="${told.signOut}"]`)) {
      form.addEventListener("submit", (event) => leave(event, form, instance));
    }
  }

  // Who signs out here is signed out of the components too, as Stripe asks; but not kept waiting.
  function leave(event, form, instance) {
    event.preventDefault();
    const wait = new Promise((resolve) => window.setTimeout(resolve, 2000));
    Promise.race([instance.logout(), wait]).finally(() => form.submit());
  }

  function giveUp(state) {
    slots.filter((slot) => !slot.dataset.state).forEach((slot) => show(slot, state));
  }

  if (!slots.length) return;
  window.StripeConnect = window.StripeConnect || {};
  window.StripeConnect.onLoad = begin;
  const script = document.createElement("script");
  script.src = told.script;
  script.addEventListener("error", () => giveUp("failed"));
  document.head.append(script);
  window.setTimeout(giveUp, PATIENCE, "late");
})();
