/* Runs inside the frame of an embedded component, on every page of it: tells the host page how
   high the content is and what happened, and takes its colours. */
(() => {
  "use strict";

  const script = document.currentScript;
  const told = script.dataset;
  const host = window.parent;
  if (host === window) return;

  /* The messages say nothing secret; which page shows the frame is not known here. */
  const say = (message) => host.postMessage(message, "*");
  const LOOKS = {
    colorPrimary: "--accent",
    buttonPrimaryColorBackground: "--accent",
    buttonPrimaryColorText: "--accent-ink",
    colorBackground: "--paper",
    colorText: "--ink",
    colorSecondaryText: "--quiet",
    colorBorder: "--line",
    colorDanger: "--bad",
    borderRadius: "--round",
    fontFamily: "--font",
    fontSizeBase: "--size",
  };

  function wear(appearance) {
    const variables = (appearance && appearance.variables) || {};
    for (const [name, property] of Object.entries(LOOKS)) {
      if (variables[name]) document.documentElement.style.setProperty(property, variables[name]);
    }
    if (variables.colorBackground) {
      document.documentElement.dataset.scheme = isDark(variables.colorBackground) ? "dark" : "light";
    }
  }

  /* A frame is transparent only when its scheme is that of the page around it. */
  function isDark(colour) {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = colour;
    const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    probe.remove();
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }

  async function enter(message) {
    let answer;
    try {
      const response = await fetch(told.claim, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(message),
      });
      answer = await response.json();
    } catch (problem) {
      answer = { error: { type: "api_connection_error", message: String(problem) } };
    }
    if (answer.url) window.location.replace(answer.url);
    else say({ type: "refused", error: answer.error });
  }

  async function leave() {
    // It goes on when the page around this frame is left before there is an answer.
    if (told.leave) await fetch(told.leave, { method: "POST", keepalive: true }).catch(() => null);
    say({ type: "ended" });
  }

  window.addEventListener("message", (event) => {
    if (event.source !== host || !event.data) return;
    if (event.data.type === "looks") wear(event.data.appearance);
    else if (event.data.type === "enter" && told.claim) enter(event.data);
    else if (event.data.type === "leave") leave();
  });

  say({ type: "ready", gate: Boolean(told.claim), over: told.signal === "expired" });
  if (told.signal) say({ type: told.signal, detail: JSON.parse(told.detail || "{}") });
  const measure = () => say({ type: "height", height: Math.ceil(document.body.getBoundingClientRect().height) });
  new ResizeObserver(measure).observe(document.body);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-say]");
    if (button) say({ type: button.dataset.say, detail: {} });
  });
})();
