// A form with typed answers is only sent when it will arrive: once, after the save that is under way, and by somebody
// who is signed in. Otherwise the page stays as it is, with every character and every chosen file.

(() => {
  "use strict";

  const box = document.querySelector("template[data-presence]");
  if (!box) return;
  for (const form of document.querySelectorAll("form[data-guard]")) watch(form);

  async function ask() {
    try {
      const answer = await fetch(box.dataset.state, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(15000),
      });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  function watch(form) {
    let state = "typing";
    let waiting = null;

    const go = (button) => {
      state = "going";
      form.requestSubmit(button);
    };

    const stayHere = (text) => {
      state = "typing";
      let line = form.querySelector("[data-autosave-status], [data-not-sent]");
      if (!line) {
        line = document.createElement("p");
        line.dataset.notSent = "";
        line.setAttribute("role", "status");
        form.append(line);
      }
      line.className = "autosave autosave--failed";
      line.textContent = text;
    };

    // Before the other listeners: whoever asks before leaving has to know that nothing was sent.
    form.addEventListener(
      "submit",
      async (event) => {
        if (state === "going") return;
        event.preventDefault();
        event.stopImmediatePropagation();
        if (state === "asking") return;
        state = "asking";
        const button = event.submitter;
        const saved = form.flush ? await form.flush() : true;
        const present = await ask();
        if (present === null) return stayHere(box.dataset.offline);
        if (present.stage !== "open" || present.account !== box.dataset.account) {
          state = "typing";
          waiting = button;
          form.dataset.typed = "yes";
          document.dispatchEvent(new CustomEvent("presence:over"));
          return;
        }
        if (!saved && form.flush) {
          // What stands in the way is said beside the button already.
          state = "typing";
          return;
        }
        form.elements.csrf_token.value = present.token;
        go(button);
      },
      true,
    );

    document.addEventListener("presence:back", () => {
      if (waiting === null) return;
      const button = waiting;
      waiting = null;
      form.requestSubmit(button);
    });
    // A page that comes back from the browser's memory can be sent again.
    window.addEventListener("pageshow", () => {
      state = "typing";
    });
  }
})();
