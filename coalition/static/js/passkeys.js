// Passkeys. Without this file, or in a browser that knows none, the pages say so and offer the code instead.

(() => {
  "use strict";

  const able =
    window.isSecureContext &&
    window.PublicKeyCredential &&
    PublicKeyCredential.parseCreationOptionsFromJSON &&
    PublicKeyCredential.parseRequestOptionsFromJSON &&
    // A passkey is bound to a name; a number in the address has none.
    !/^[\d.]+$|^\[/.test(location.hostname);
  if (!able) return;

  for (const form of document.querySelectorAll("form[data-passkey]")) offer(form);

  function offer(form) {
    const button = form.querySelector("[data-passkey-button]");
    const failed = form.querySelector("[data-passkey-failed]");
    form.querySelector("[data-passkey-without]").hidden = true;
    button.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.elements.passkey.value) return;
      event.preventDefault();
      failed.hidden = true;
      button.disabled = true;
      try {
        form.elements.passkey.value = await answer(form);
        form.submit();
      } catch {
        failed.hidden = false;
        button.disabled = false;
      }
    });
  }

  async function answer(form) {
    const response = await fetch(form.dataset.options, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
      credentials: "same-origin",
    });
    if (!response.ok || response.redirected) {
      // The session is over, or wants a fresh proof: the page itself knows where to go on.
      location.reload();
      return new Promise(() => {});
    }
    const options = await response.json();
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    return JSON.stringify(credential.toJSON());
  }
})();
