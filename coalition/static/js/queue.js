// Working through a list with the keyboard. The page works without this file.
// The keys are those of letters, so they can be switched off (WCAG 2.1.4); that is all the browser remembers of it.

(() => {
  "use strict";

  const list = document.querySelector("[data-list]");
  const help = document.querySelector("dialog[data-keys]");
  if (!list || !help) return;
  const NAME = "list-keys";
  const boxes = () => [...list.querySelectorAll("input[type=checkbox][name=chosen]")];
  const links = () => [...list.querySelectorAll("th a")];
  const counted = document.querySelector("[data-ticked]");

  const kept = () => {
    try {
      return localStorage.getItem(NAME) !== "off";
    } catch {
      return true;
    }
  };
  let on = kept();

  function keep(wanted) {
    on = wanted;
    try {
      if (on) localStorage.removeItem(NAME);
      else localStorage.setItem(NAME, "off");
    } catch {
      // A browser that remembers nothing asks again on the next page.
    }
  }

  // How many are ticked, said as it changes.
  function count() {
    const ticked = boxes().filter((box) => box.checked).length;
    counted.textContent = ticked ? counted.dataset.text.replace("{count}", String(ticked)) : "";
  }

  function tickAll() {
    const wanted = boxes().some((box) => !box.checked);
    for (const box of boxes()) box.checked = wanted;
    count();
  }

  const row = () => document.activeElement?.closest("[data-list] tbody tr") ?? null;

  function move(step) {
    const all = links();
    const here = all.indexOf(row()?.querySelector("th a"));
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next]?.focus();
    all[next]?.scrollIntoView({ block: "nearest" });
  }

  function tick() {
    const box = row()?.querySelector("input[name=chosen]");
    if (!box) return false;
    box.checked = !box.checked;
    count();
    return true;
  }

  function follow(link) {
    if (!link) return false;
    link.click();
    return true;
  }

  const DOES = {
    j: () => move(1),
    ArrowDown: () => (row() ? move(1) : false),
    k: () => move(-1),
    ArrowUp: () => (row() ? move(-1) : false),
    x: tick,
    o: () => follow(row()?.querySelector("th a")),
    n: () => follow(document.querySelector("a[rel=next]")),
    p: () => follow(document.querySelector("a[rel=prev]")),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => help.showModal(),
  };

  const isField = (target) =>
    target.isContentEditable ||
    (target.matches("input, select, textarea") && !target.matches("input[type=checkbox][name=chosen]"));

  // With a Cyrillic layout the same keys of the keyboard mean the same.
  function latin(event) {
    if (event.key.length !== 1 || event.key < "\u0080") return event.key;
    if (event.code === "Slash") return event.shiftKey ? "?" : "/";
    return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
  }

  document.addEventListener("keydown", (event) => {
    if (!on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || !(event.target instanceof Element) || isField(event.target)) return;
    const act = DOES[latin(event)];
    if (act && act() !== false) event.preventDefault();
  });

  list.addEventListener("change", count);
  const offer = document.querySelector("[data-keys-offer]");
  offer.hidden = false;
  offer.querySelector("[data-keys-help]").addEventListener("click", () => help.showModal());
  offer.querySelector("[data-tick-all]").addEventListener("click", tickAll);
  const box = help.querySelector("[data-keys-on]");
  box.checked = on;
  box.addEventListener("change", () => keep(box.checked));
  count();
})();
