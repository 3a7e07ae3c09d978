// While a public description is typed, the server says what in it may tell who it was. Nothing is kept by asking.
// Without this file the button "Check the texts", and every save, say the same.

(() => {
  "use strict";

  const box = document.querySelector("[data-check]");
  const form = box?.closest("form");
  if (!form) return;

  const panels = [...box.querySelectorAll("[data-checked-of]")];
  const status = box.querySelector("[data-check-status]");
  const button = box.querySelector("[data-check-button]");
  let pause;
  let asked = 0;
  if (button) button.parentElement.hidden = true;

  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  };

  const copy = (name) => box.querySelector(`template[data-check-${name}]`).content.firstElementChild.cloneNode(true);

  const mark = (part, area) => {
    const made = make("mark", part.open ? "flag flag--open" : "flag", part.text);
    made.lang = area.lang;
    return made;
  };

  // The text as it is typed, with the parts marked in place.
  const markedText = (told, area) => {
    const line = make("p", "marked");
    line.lang = area.lang;
    line.dir = area.dir;
    for (const piece of told.pieces) line.append(piece.kind ? mark(piece, area) : piece.text);
    return line;
  };

  // One part, what it may be, and the field for the reason why it is harmless.
  const control = (row) => {
    const item = copy("row");
    const [label, hint, input, hidden] = item.querySelectorAll("label, .hint, input[type=text], input[type=hidden]");
    label.textContent = row.label;
    hint.textContent = row.hint;
    label.htmlFor = input.id = input.name = row.name;
    hint.id = `${row.name}-hint`;
    input.setAttribute("aria-describedby", hint.id);
    input.value = row.reason;
    hidden.name = row.text_name;
    hidden.value = row.text;
    return item;
  };

  const draw = (panel, told) => {
    const area = document.getElementById(panel.dataset.checkedOf);
    const parts = [make("p", told.long ? "field__count field__count--long" : "field__count", told.length)];
    if (told.state) {
      const state = copy(told.open ? "open" : "done");
      state.append(told.state);
      parts.push(state);
    }
    if (told.rows.length) {
      const check = make("div", "flagged");
      const list = make("ul", "flags");
      list.append(...told.rows.map((row) => control(row)));
      check.append(parts.pop(), markedText(told, area), list);
      parts.push(check);
    }
    // What was proposed stays in sight while it is worked in.
    panel.replaceChildren(...parts, ...panel.querySelectorAll("[data-proposal]"));
  };

  const show = (told) => {
    let open = 0;
    for (const panel of panels) {
      const one = told[panel.dataset.language];
      if (!one) continue;
      open += one.open;
      // Nothing is replaced under somebody's focus: a reason is being typed.
      if (!panel.contains(document.activeElement)) draw(panel, one);
    }
    const text = open ? status.dataset.open.replace("{count}", String(open)) : status.dataset.none;
    if (status.textContent !== text) status.textContent = text;
  };

  const ask = async () => {
    asked += 1;
    const mine = asked;
    try {
      const answer = await fetch(box.dataset.check, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        credentials: "same-origin",
        redirect: "error",
      });
      // An older answer never overtakes a newer one.
      if (answer.ok && mine === asked) show(await answer.json());
    } catch {
      // Without a connection the marks stay as they were; every save says them again.
      if (button) button.parentElement.hidden = false;
    }
  };

  const later = () => {
    clearTimeout(pause);
    pause = setTimeout(ask, 700);
  };

  for (const panel of panels) {
    document.getElementById(panel.dataset.checkedOf).addEventListener("input", later);
    // A reason counts when its field is left, so that a mark changes after it and not under it.
    panel.addEventListener("focusout", later);
  }
})();
