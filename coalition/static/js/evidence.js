// Sends evidence files one by one and shows how far each is. Without this file the form sends them all at once.

(() => {
  "use strict";

  for (const box of document.querySelectorAll("[data-upload]")) prepare(box);

  function prepare(box) {
    const form = box.querySelector("form");
    const input = form.querySelector("input[type=file]");
    const button = form.querySelector("button[type=submit]");
    const progress = form.querySelector("[data-upload-progress]");
    const bar = progress.querySelector("progress");
    const message = progress.querySelector("[data-upload-message]");
    const words = box.dataset;

    form.addEventListener("submit", (event) => {
      // What is missing, the server says.
      if (!input.files.length) return;
      event.preventDefault();
      sendAll([...input.files]);
    });

    async function sendAll(files) {
      const refused = [];
      const unsent = [];
      let kept = 0;
      button.disabled = true;
      input.disabled = true;
      progress.hidden = false;
      progress.scrollIntoView({ block: "nearest" });
      for (const file of files) {
        const answer = file.size > Number(words.largest) ? tooLarge(file) : await send(file);
        if (!answer) unsent.push(file);
        else refused.push(...answer.refused);
        kept += answer ? answer.kept : 0;
      }
      button.disabled = false;
      input.disabled = false;
      progress.hidden = true;
      if (!refused.length && !unsent.length) {
        location.assign(form.action);
        return;
      }
      choose(unsent);
      tell([...refused, ...unsent.map((file) => fill(words.textFailed, file))], kept);
    }

    function tooLarge(file) {
      return { kept: 0, refused: [fill(words.textLarge, file)] };
    }

    // What the server says of a file; nothing when it could not be asked.
    function send(file) {
      const data = new FormData(form);
      data.delete(input.name);
      data.append(input.name, file, file.name);
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) show(file, event.loaded / event.total);
      });
      show(file, 0);
      return new Promise((resolve) => {
        request.addEventListener("loadend", () => {
          const answer = request.response;
          resolve(answer && Array.isArray(answer.refused) ? answer : null);
        });
        request.send(data);
      });
    }

    function show(file, share) {
      const percent = Math.round(share * 100);
      if (percent < 100) bar.value = percent;
      else bar.removeAttribute("value");
      message.textContent =
        percent < 100 ? fill(words.textSending, file).replace("{percent}", String(percent)) : fill(words.textChecking, file);
    }

    function fill(text, file) {
      const name = file.name.length > 60 ? `${file.name.slice(0, 60)}…` : file.name;
      return text.replace("{name}", () => name);
    }

    // Only what could not be sent stays chosen: pressing again sends nothing twice.
    function choose(files) {
      const chosen = new DataTransfer();
      for (const file of files) chosen.items.add(file);
      input.files = chosen.files;
    }

    function tell(texts, kept) {
      const field = input.closest(".field");
      field.querySelector(".error")?.remove();
      const error = document.createElement("div");
      error.className = "error";
      error.id = `${input.id}-error`;
      error.tabIndex = -1;
      error.setAttribute("role", "alert");
      for (const text of texts) {
        const line = document.createElement("p");
        const mark = document.createElement("span");
        mark.className = "visually-hidden";
        mark.textContent = `${words.textError} `;
        line.append(mark, text);
        error.append(line);
      }
      if (kept) {
        const line = document.createElement("p");
        const link = document.createElement("a");
        link.href = form.action;
        link.textContent = words.textKept;
        line.append(link);
        error.append(line);
      }
      field.classList.add("field--error");
      input.before(error);
      input.setAttribute("aria-describedby", `${input.id}-hint ${error.id}`);
      input.setAttribute("aria-invalid", "true");
      error.focus();
    }
  }
})();
