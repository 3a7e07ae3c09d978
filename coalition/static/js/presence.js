// Whether somebody is still there: warns before a session ends, and covers the page when it is over.
// What was typed and is not saved stays behind the cover until its person signs in again; a page that holds nothing
// like that is left for the sign-in page. Asking the server keeps nobody signed in. Nothing is stored in the browser.

(() => {
  "use strict";

  const box = document.querySelector("template[data-presence]");
  if (!box) return;
  const title = document.title;
  const WARN = 120;
  let deadline = Date.now() + Number(box.dataset.left) * 1000;
  let asked = 0;
  let asking = false;
  // Each is on the page only while it is open: nothing of it can be filled in or found before.
  let warning = null;
  let cover = null;

  const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const left = () => Math.ceil((deadline - Date.now()) / 1000);

  async function ask() {
    asked = Date.now();
    try {
      const answer = await fetch(box.dataset.state, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(10000),
      });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  const isMine = (state) => state !== null && state.stage === "open" && state.account === box.dataset.account;

  function renewTokens(token) {
    for (const part of [document, box.content]) {
      for (const field of part.querySelectorAll("input[name=csrf_token]")) field.value = token;
    }
  }

  function open(kind) {
    const dialog = box.content.querySelector(`dialog[data-${kind}]`).cloneNode(true);
    document.body.append(dialog);
    return dialog;
  }

  function take(state) {
    deadline = Date.now() + state.left * 1000;
    renewTokens(state.token);
    if (left() > WARN) unwarn();
    if (cover) uncover();
  }

  function isUnsaved(form) {
    const files = [...form.elements].some((field) => field.type === "file" && field.files.length > 0);
    return files || form.dataset.typed === "yes";
  }

  const holdsSomething = () => [...document.forms].some((form) => !form.closest("dialog") && isUnsaved(form));

  // --- the warning ---

  function count() {
    const seconds = Math.max(0, left());
    warning.querySelector("[data-clock]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  function warn() {
    if (warning || cover) return;
    warning = open("warning");
    warning.querySelector("form").addEventListener("submit", stay);
    warning.addEventListener("cancel", stay);
    count();
    warning.showModal();
  }

  function unwarn() {
    if (warning) warning.remove();
    warning = null;
  }

  async function stay(event) {
    event.preventDefault();
    const form = event.currentTarget.closest("dialog").querySelector("form");
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
        credentials: "same-origin",
      });
      if (answer.status === 401) return hide();
      if (!answer.ok) return;
      deadline = Date.now() + (await answer.json()).left * 1000;
    } catch {
      return;
    }
    if (left() > WARN || !warning) return unwarn();
    warning.querySelector("[data-longest]").hidden = false;
    form.hidden = true;
  }

  // --- the cover ---

  async function hide() {
    unwarn();
    if (!cover) close();
    await look();
  }

  function close() {
    document.documentElement.classList.add("covered");
    for (const part of document.body.children) part.inert = true;
    document.title = box.dataset.title;
    cover = open("cover");
    cover.querySelector("[data-typed]").hidden = !holdsSomething();
    cover.addEventListener("cancel", (event) => event.preventDefault());
    // A browser lets Escape through when it is pressed twice.
    cover.addEventListener("close", () => cover && cover.showModal());
    cover.showModal();
    say("presence:covered", cover);
  }

  // Asks whose session it is by now: another window may have gone on, or somebody else may have signed in.
  async function look() {
    const state = await ask();
    if (!cover) return;
    cover.querySelector("[data-no-connection]").hidden = state !== null;
    if (isMine(state)) {
      take(state);
      return;
    }
    const another = state !== null && state.stage === "open";
    cover.querySelector("[data-somebody-else]").hidden = !another;
    for (const part of cover.querySelectorAll("form, .dialog__other, [data-typed]")) {
      if (another) part.hidden = true;
    }
    if (state === null || another) return;
    renewTokens(state.token);
    if (!holdsSomething()) location.replace(box.dataset.leave);
    else say("presence:ask", state);
  }

  function uncover() {
    document.documentElement.classList.remove("covered");
    for (const part of document.body.children) part.inert = false;
    document.title = title;
    cover.remove();
    cover = null;
    say("presence:back");
  }

  // --- the clock ---

  async function check() {
    if (asking || cover) return;
    if (left() <= 0) return hide();
    if (left() > WARN) return;
    if (warning) count();
    if (warning && Date.now() - asked < 10000) return;
    asking = true;
    const state = await ask();
    asking = false;
    if (state !== null && !isMine(state)) return hide();
    if (state !== null) take(state);
    if (left() <= 0) hide();
    else if (left() <= WARN) warn();
  }

  setInterval(check, 1000);
  // A tab in the background has slow clocks, and a page that comes back had none at all.
  const back = () => (cover ? look() : check());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && back());
  window.addEventListener("focus", back);
  window.addEventListener("pageshow", async (event) => {
    if (!event.persisted || cover) return;
    const state = await ask();
    if (state !== null && !isMine(state)) hide();
  });

  document.addEventListener("presence:over", hide);
  document.addEventListener("presence:look", look);
  document.addEventListener("presence:alive", (event) => {
    deadline = Date.now() + event.detail.left * 1000;
  });

  // What is typed counts as unsaved until a script that saves says otherwise.
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.form;
      if (form && form.method === "post" && !form.closest("dialog")) form.dataset.typed = "yes";
    });
  }
})();
