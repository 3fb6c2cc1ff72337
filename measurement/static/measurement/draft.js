// Keeps on the server what is typed, so that it outlives a reload, the way back and the session.
// Nobody is told of a failure, as nothing can be done about it; it is tried again.
const PAUSE = 1000;
const FIRST_RETRY = 5000;
const LONGEST_RETRY = 60000;
const KEPT = 204;

class Draft {
  constructor(form) {
    this.form = form;
    this.said = form.querySelector("[data-saved]");
    this.changed = false;
    this.leaving = false;
    this.retry = FIRST_RETRY;
    for (const change of ["input", "change"]) {
      form.addEventListener(change, () => this.note());
    }
    // What is sent with a button is the server's to keep; a draft on its way would come too late.
    document.addEventListener("submit", () => this.leave());
    addEventListener("pageshow", () => { this.leaving = false; });
    addEventListener("pagehide", () => this.saveAtOnce());
    addEventListener("online", () => this.changed && this.soon(0));
  }

  note() {
    this.changed = true;
    this.soon(PAUSE);
  }

  soon(milliseconds) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.save(), milliseconds);
  }

  async save() {
    if (this.flight || this.leaving) return; // the flight looks for changes when it ends
    this.flight = new AbortController();
    this.changed = false;
    const status = await this.send({ signal: this.flight.signal });
    this.flight = undefined;
    if (this.leaving) return;
    if (status === KEPT) this.say(this.said.dataset.saved);
    else this.say("");
    this.goOn(status);
  }

  goOn(status) {
    // No answer, the sign-in page, or a server that is not well: later. Else it refuses, for good.
    const failed = status === 0 || status >= 500;
    this.retry = failed ? Math.min(this.retry * 2, LONGEST_RETRY) : FIRST_RETRY;
    if (failed) this.changed = true;
    if (this.changed) this.soon(failed ? this.retry / 2 : PAUSE);
  }

  saveAtOnce() {
    if (this.leaving || !(this.changed || this.flight)) return;
    this.flight?.abort();
    this.send({ keepalive: true });
  }

  leave() {
    this.leaving = true;
    clearTimeout(this.waiting);
    this.flight?.abort();
  }

  async send(options) {
    const body = new URLSearchParams(new FormData(this.form));
    const headers = { Accept: "application/json", "X-CSRFToken": body.get("csrfmiddlewaretoken") };
    body.delete("csrfmiddlewaretoken");
    const request = { method: "POST", body, headers, redirect: "manual", ...options };
    try {
      return (await fetch(this.form.dataset.draft, request)).status;
    } catch {
      return 0;
    }
  }

  say(text) {
    // A screen reader reads what changes: once, and again after a time when it was not true.
    if (this.said.textContent !== text) this.said.textContent = text;
  }
}

const form = document.querySelector("[data-draft]");
if (form) new Draft(form);
