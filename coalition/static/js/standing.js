// While somebody types, the server says how the record would stand: what is missing, the type, ODIHR's scope.
// Nothing is kept by asking. Without this file the same is told after every save.

(() => {
  "use strict";

  const panel = document.getElementById("standing");
  const form = document.querySelector("form[data-guard]");
  if (!panel?.dataset.consider || !form) return;

  let pause;
  let asked = 0;

  const link = ({ text, href }) => {
    const item = document.createElement("li");
    const anchor = document.createElement("a");
    anchor.href = href;
    anchor.textContent = text;
    item.append(anchor);
    return item;
  };

  const write = (told) => {
    const place = (name) => panel.querySelector(`[data-standing="${name}"]`);
    for (const [name, text] of Object.entries(told.texts)) {
      if (place(name).textContent !== text) place(name).textContent = text;
    }
    for (const [name, problems] of Object.entries(told.lists)) {
      place(name).replaceChildren(...problems.map(link));
      place(name).hidden = problems.length === 0;
    }
    for (const [name, shown] of Object.entries(told.shown)) {
      panel.querySelector(`[data-standing-if="${name}"]`).hidden = !shown;
    }
    panel.querySelector(".standing__scope").classList.toggle("standing__scope--outside", told.outside);
    panel.querySelectorAll(".form-steps__item").forEach((item, number) => {
      for (const mark of item.querySelectorAll("[data-step-state]")) {
        mark.hidden = mark.dataset.stepState !== told.steps[number];
      }
    });
  };

  const ask = async () => {
    asked += 1;
    const mine = asked;
    try {
      const answer = await fetch(panel.dataset.consider, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        credentials: "same-origin",
        redirect: "error",
      });
      // An older answer never overtakes a newer one, and nothing is replaced under somebody's focus.
      if (!answer.ok || mine !== asked || panel.contains(document.activeElement)) return;
      write(await answer.json());
    } catch {
      // Without a connection the panel stays as it was: saving says so.
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, 700);
  });
})();
