// Keeps an element up to date: <div data-poll-url="/orders/x/status" data-poll-seconds="2">.
// The server answers a fragment of HTML with an ETag, or 304 when nothing is new. It ends the
// asking with the header "Poll-Again: never", and "Poll-Reload: yes" loads the page anew.
// Without this script the page shows the state of when it was loaded, and a link to load it again.
"use strict";
const LONGEST = 10 * 60 * 1000;

function keep(element) {
  const pause = Number(element.dataset.pollSeconds || 3) * 1000;
  const started = Date.now();
  let tag = null;

  async function ask() {
    if (Date.now() - started > LONGEST) return;
    if (document.hidden) return later();
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(element.dataset.pollUrl, { headers, credentials: "same-origin" });
      if (answer.status === 200 && !answer.redirected) {
        tag = answer.headers.get("ETag");
        if (answer.headers.get("Poll-Reload") === "yes") return window.location.reload();
        element.innerHTML = await answer.text();
      }
      if (answer.status >= 400 && answer.status < 500) return;
      if (answer.headers.get("Poll-Again") === "never") return;
    } catch {
      // The server is away for a moment; it is asked again.
    }
    later();
  }

  function later() {
    window.setTimeout(ask, pause);
  }

  if (!element.hasAttribute("aria-live")) element.setAttribute("aria-live", "polite");
  later();
}

document.querySelectorAll("[data-poll-url]").forEach(keep);
