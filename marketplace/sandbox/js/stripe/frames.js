/* Frames of the sandbox on the shop's page. What is typed in them never reaches the page: a frame
   is asked to confirm, and does so from its own origin. */

class Emitter {
  constructor() {
    this.listeners = new Map();
  }

  on(event, handler) {
    if (typeof handler !== "function") throw new IntegrationError("Invalid handler: it must be a function.");
    this.listeners.set(event, [...(this.listeners.get(event) || []), handler]);
    return this;
  }

  once(event, handler) {
    const once = (detail) => {
      this.off(event, once);
      handler(detail);
    };
    return this.on(event, once);
  }

  off(event, handler) {
    const kept = handler ? (this.listeners.get(event) || []).filter((other) => other !== handler) : [];
    this.listeners.set(event, kept);
    return this;
  }

  emit(event, detail) {
    for (const handler of this.listeners.get(event) || []) handler(detail);
  }
}

class Frame extends Emitter {
  constructor(url, title) {
    super();
    this.element = document.createElement("iframe");
    this.element.src = url;
    this.element.title = title;
    this.element.allow = "payment *";
    Object.assign(this.element.style, {
      border: "0", display: "block", width: "100%", height: "0", colorScheme: "light",
    });
    this.asked = new Map();
    this.number = 0;
    this.hears = (event) => {
      if (event.origin === ORIGIN && event.source === this.element.contentWindow) this.hear(event.data || {});
    };
    window.addEventListener("message", this.hears);
  }

  hear(message) {
    if (message.type === "height") {
      this.element.style.height = `${message.height}px`;
    } else if (message.type === "answer" && this.asked.has(message.id)) {
      this.asked.get(message.id)(message.result);
      this.asked.delete(message.id);
    } else {
      this.emit(message.type, message.detail);
    }
  }

  tell(message) {
    if (this.element.contentWindow) this.element.contentWindow.postMessage(message, ORIGIN);
  }

  /* Ask the frame for something; resolves with its answer. */
  ask(name, args) {
    this.number += 1;
    const id = this.number;
    return new Promise((resolve) => {
      this.asked.set(id, resolve);
      this.tell({ type: "ask", id, name, args });
    });
  }

  remove() {
    window.removeEventListener("message", this.hears);
    this.element.remove();
  }
}

function placeOf(place, call) {
  const found = typeof place === "string" ? document.querySelector(place) : place;
  if (!(found instanceof HTMLElement)) {
    throw new IntegrationError(`Invalid DOM element or selector passed to ${call}(): ${place}.`);
  }
  return found;
}

/* The bank's page over the shop's; resolves when the buyer has answered. Escape does not close it,
   because the bank would go on waiting: its page has a button for refusing. */
function showChallenge(url) {
  return new Promise((resolve) => {
    const frame = new Frame(url, "3-D Secure: your bank asks whether this is you (local sandbox)");
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "3-D Secure");
    Object.assign(dialog.style, {
      border: "0", borderRadius: "12px", padding: "0", width: "min(36rem, calc(100vw - 1rem))",
      maxHeight: "calc(100vh - 1rem)", boxShadow: "0 1rem 4rem rgb(0 0 0 / 35%)", background: "#f4f6fa",
    });
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    frame.on("challenged", () => {
      frame.remove();
      dialog.close();
      dialog.remove();
      resolve();
    });
    dialog.append(frame.element);
    document.body.append(dialog);
    dialog.showModal();
    frame.element.focus();
  });
}
