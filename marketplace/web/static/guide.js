// Shows what follows as soon as a choice changes, and copies what is to be pasted elsewhere.
// Without this script the form has a button, and code can be selected by hand.
"use strict";
const root = document.querySelector("[data-guide]");
const says = document.querySelector("[data-guide-says]");
let asked = 0;

function addressOf(form) {
  return `${form.action}?${new URLSearchParams(new FormData(form))}`;
}

async function show(url) {
  const mine = ++asked;
  const focused = document.activeElement?.id;
  // What still stands there is the answer to other choices; nobody shall build that by mistake.
  root.querySelectorAll("form[method=post] button").forEach((button) => { button.disabled = true; });
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    root.replaceChildren(...page.querySelector("[data-guide]").childNodes);
    // Outside of the answer, too, addresses carry the choices.
    for (const place of [".presets", ".languages"]) {
      document.querySelector(place).replaceWith(page.querySelector(place));
    }
    window.history.replaceState(null, "", url);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    prepare();
    const verdict = root.querySelector("[data-guide-word]").textContent;
    says.textContent = `${verdict}. ${root.querySelector("[data-guide-verdict]").textContent}`;
  } catch {
    window.location.assign(url);
  }
}

function prepare() {
  root.querySelectorAll("[data-guide-button]").forEach((button) => { button.hidden = true; });
  if (navigator.clipboard) {
    root.querySelectorAll(".copy").forEach((button) => { button.hidden = false; });
  }
}

async function copy(button) {
  button.dataset.words ??= button.textContent; // who presses twice finds other words on it
  try {
    await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
    button.textContent = button.dataset.done;
  } catch {
    button.textContent = button.dataset.failed;
  }
  says.textContent = button.textContent;
  window.setTimeout(() => { button.textContent = button.dataset.words; }, 2500);
}

if (root) {
  root.addEventListener("change", (event) => {
    const form = event.target.closest("[data-guide-form]");
    if (form) show(addressOf(form));
  });
  root.addEventListener("submit", (event) => {
    if (event.target.method !== "get") return; // a button that does something is not a question
    event.preventDefault();
    show(addressOf(event.target));
  });
  root.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
  });
  prepare();
}
