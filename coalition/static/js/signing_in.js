// Signing in again on the page itself, behind whose cover something typed waits: the password, then what else the
// account asks for. It goes to the same addresses as the sign-in page, and the page asks afterwards how far it came.

(() => {
  "use strict";

  const able =
    window.isSecureContext &&
    window.PublicKeyCredential &&
    PublicKeyCredential.parseRequestOptionsFromJSON &&
    !/^[\d.]+$|^\[/.test(location.hostname);
  let cover;
  let error;
  let steps = {};

  // Shows the step that the sign-in has come to.
  function show(state) {
    const second = state.stage === "second_step";
    steps.password.hidden = second;
    steps.code.hidden = !(second && state.app);
    steps.passkey.hidden = !(able && (!second || state.passkey));
    steps.passkey.dataset.now = second ? "second" : "first";
    const first = [...cover.querySelectorAll("form:not([hidden]) input:not([type=hidden])")].find((field) => !field.value);
    if (first) first.focus();
  }

  function complain(text) {
    error.textContent = text;
    error.hidden = !text;
  }

  const post = (address, form) =>
    fetch(address, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      credentials: "same-origin",
      // Where it would lead is not wanted: the page stays.
      redirect: "manual",
    });

  async function passkey(form) {
    const second = form.dataset.now === "second";
    const answer = await fetch(second ? form.dataset.secondOptions : form.dataset.firstOptions, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
      credentials: "same-origin",
    });
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await answer.json());
    form.elements.passkey.value = JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
    return post(second ? form.dataset.second : form.dataset.first, form);
  }

  async function send(event) {
    event.preventDefault();
    const form = event.currentTarget;
    const button = form.querySelector("button");
    complain("");
    button.disabled = true;
    try {
      const answer = form === steps.passkey ? await passkey(form) : await post(form.getAttribute("action"), form);
      if (answer.status === 429) complain(cover.querySelector("[data-too-many]").textContent);
      else if (answer.type !== "opaqueredirect") complain(button.dataset.wrong);
    } catch {
      complain(form === steps.passkey ? button.dataset.wrong : cover.querySelector("[data-no-connection]").textContent);
    }
    for (const field of form.querySelectorAll("[type=password], [name=code]")) field.value = "";
    button.disabled = false;
    document.dispatchEvent(new CustomEvent("presence:look"));
  }

  document.addEventListener("presence:covered", (event) => {
    cover = event.detail;
    error = cover.querySelector("[data-error]");
    steps = Object.fromEntries([...cover.querySelectorAll("form[data-step]")].map((form) => [form.dataset.step, form]));
    for (const form of Object.values(steps)) form.addEventListener("submit", send);
  });
  document.addEventListener("presence:ask", (event) => show(event.detail));
})();
