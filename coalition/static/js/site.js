// What a browser can add. Every page works without this file.

(() => {
  "use strict";

  // A link to a field leads into it; else the list of problems is read first.
  const asked = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  const summary = document.querySelector("[data-error-summary]");
  if (asked?.matches("input, select, textarea")) asked.focus();
  else if (summary) summary.focus();

  // A background job's bar, asked for every second until the job ends.
  for (const box of document.querySelectorAll("[data-poll]")) watch(box);

  function watch(box) {
    const bar = box.querySelector("progress");
    const message = box.querySelector("[data-poll-message]");
    const fallback = box.querySelector("[data-poll-fallback]");
    let failures = 0;
    if (fallback) fallback.hidden = true;

    const ask = async () => {
      try {
        const answer = await fetch(box.dataset.poll, {
          headers: { Accept: "application/json" },
          credentials: "same-origin",
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const job = await answer.json();
        failures = 0;
        show(job);
        if (job.state === "done" || job.state === "failed") {
          if (job.url) location.assign(job.url);
          else location.reload();
          return;
        }
      } catch {
        failures += 1;
        if (failures >= 5) {
          if (fallback) fallback.hidden = false;
          return;
        }
      }
      setTimeout(ask, 1000);
    };

    const show = (job) => {
      if (bar && job.total) {
        bar.max = job.total;
        bar.value = job.done;
      }
      if (message && job.message && message.textContent !== job.message) {
        message.textContent = job.message;
      }
    };

    setTimeout(ask, 1000);
  }

  // Leaving a form with unsaved changes asks first; the browser words the question.
  for (const form of document.querySelectorAll("form[data-guard]")) guard(form);

  function guard(form) {
    let changed = false;
    form.addEventListener("input", () => {
      changed = true;
    });
    // Sent, or saved meanwhile (js/autosave.js).
    for (const end of ["submit", "autosaved"]) {
      form.addEventListener(end, () => {
        changed = false;
      });
    }
    window.addEventListener("beforeunload", (event) => {
      if (changed) event.preventDefault();
    });
  }

  // Words written so far. data-words may hold the largest number wanted.
  for (const count of document.querySelectorAll("[data-words-of]")) countWords(count);

  function countWords(count) {
    const area = document.getElementById(count.dataset.wordsOf);
    if (!area) return;
    const limit = Number.parseInt(area.dataset.words, 10);
    const template = limit ? count.dataset.textLimit : count.dataset.text;
    let pause;

    const show = () => {
      const words = area.value.trim().split(/\s+/u).filter(Boolean).length;
      count.textContent = template
        .replace("{count}", words.toLocaleString(document.documentElement.lang))
        .replace("{limit}", String(limit));
      count.classList.toggle("field__count--over", Boolean(limit) && words > limit);
    };

    area.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(show, 400);
    });
    count.hidden = false;
    show();
  }
})();
