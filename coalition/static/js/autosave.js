// Saves a form while somebody types, and brings what cannot be saved yet to the server as it is. Sends the same form to
// the same address as its button, and reads a code instead of a page. Nothing is stored in the browser.

(() => {
  "use strict";

  const PAUSE = 3000;
  const AGAIN = 10000;
  const PAUSED = 60000;
  const PATIENCE = 15000;
  const MOST_KEPT_ALIVE = 60000;

  for (const form of document.querySelectorAll("form[data-autosave]")) autosave(form);

  function autosave(form) {
    const status = form.querySelector("[data-autosave-status]");
    let timer;
    let typed = 0;
    let sent = 0;
    let saving = Promise.resolve(true);

    const say = (text, kind = "") => {
      status.className = `autosave${kind && ` autosave--${kind}`}`;
      if (status.textContent !== text) status.textContent = text;
    };

    const later = (pause) => {
      clearTimeout(timer);
      timer = setTimeout(() => send(), pause);
    };

    // Files go with the button only.
    const fields = () =>
      new URLSearchParams([...new FormData(form)].filter((entry) => typeof entry[1] === "string"));

    function done(answer) {
      say(answer.text, answer.state);
      if (answer.state === "saved") form.elements.version.value = answer.version;
      // A first page that has begun a draft: whoever loads it again finds the draft.
      if (answer.page) history.replaceState(null, "", answer.page);
      if (sent === typed) {
        delete form.dataset.typed;
        form.dispatchEvent(new CustomEvent("autosaved"));
      } else later(PAUSE);
      document.dispatchEvent(new CustomEvent("presence:alive", { detail: answer }));
    }

    // Tells what became of it, and whether the server has what was typed.
    async function tell(answer) {
      if ([200, 409].includes(answer.status)) {
        done(await answer.json());
        return true;
      }
      if (answer.status >= 500) throw new Error(String(answer.status));
      if (answer.status === 429) {
        // The server has kept what was typed; its page says when saving goes on.
        say(status.dataset.paused, "kept");
        later(PAUSED);
        return true;
      }
      if (answer.status === 401) {
        say(status.dataset.waiting, "failed");
        document.dispatchEvent(new CustomEvent("presence:over"));
      } else say(status.dataset.refused, "failed");
      return false;
    }

    async function post(leaving) {
      sent = typed;
      try {
        const body = fields();
        const answer = await fetch(form.getAttribute("action"), {
          method: "POST",
          headers: { Accept: "application/json" },
          body,
          credentials: "same-origin",
          // Browsers let no more than this outlive its page.
          keepalive: leaving && body.toString().length < MOST_KEPT_ALIVE,
          redirect: "manual",
          signal: AbortSignal.timeout(PATIENCE),
        });
        return await tell(answer);
      } catch {
        say(status.dataset.offline, "failed");
        later(AGAIN);
        return false;
      }
    }

    function send(leaving = false) {
      clearTimeout(timer);
      // One after the other: each save is about the version that the one before has made.
      saving = saving.then(() => post(leaving));
      return saving;
    }

    // Whoever presses the button first has everything on the server: a connection that breaks then takes nothing along.
    form.flush = () => (form.dataset.typed === "yes" ? send() : saving.then(() => true));

    const note = () => {
      typed += 1;
      later(PAUSE);
    };

    form.addEventListener("input", note);
    form.addEventListener("change", note);
    form.addEventListener("submit", () => clearTimeout(timer));
    document.addEventListener("presence:back", () => typed !== 0 && send());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && form.dataset.typed === "yes") send(true);
    });
    // A page that comes back from the browser's memory shows what was, and knows an old version.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    if (form.dataset.autosave === "unsaved") {
      form.dataset.typed = "yes";
      note();
    }
  }
})();
