// Today: one key per decision, the chosen row kept while the list renews itself.
"use strict";
(function () {
  const $ = (selector, root) => (root || document).querySelector(selector);
  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const typing = (element) => /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && element.type !== "checkbox";
  const narrow = () => matchMedia("(max-width: 760px)").matches;
  let kept = null;

  // Before the list is renewed: which row is chosen, where it stood, which are ticked.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.target || event.target.id !== "today-list") return;
    const rows = $$("tr[data-row]");
    const here = $("tr[data-row].here");
    kept = {
      id: here && here.dataset.id, at: here ? rows.indexOf(here) : 0,
      ticked: $$("input[name=ids]:checked").map((box) => box.value),
    };
  });
  // Afterwards the same row is chosen; if it is gone, the one that took its place.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!event.target || event.target.id !== "today-list" || !kept) return;
    const rows = $$("tr[data-row]");
    const same = rows.find((row) => row.dataset.id === kept.id);
    const row = same || rows[Math.min(kept.at, rows.length - 1)];
    $$("input[name=ids]").forEach((box) => { box.checked = kept.ticked.includes(box.value); });
    const panel = $("#panel");
    if (!row) { panel.hidden = true; panel.innerHTML = ""; $("#today").classList.remove("with-panel"); return; }
    row.classList.add("here");
    if (!same && !narrow()) open(row);
  });
  document.addEventListener("decided", () => { const dialog = $("#dialog"); if (dialog.open) dialog.close(); });
  document.addEventListener("htmx:oobAfterSwap", () => {
    $$("#toasts .toast:not([data-timed])").forEach((box) => {
      box.dataset.timed = "1";
      setTimeout(() => box.remove(), box.querySelector("form") ? 15000 : 8000);
    });
  });

  function open(row) {
    $$("tr.here").forEach((other) => other.classList.remove("here"));
    row.classList.add("here");
    $("#today").classList.add("with-panel");
    const panel = $("#panel");
    panel.hidden = false;
    return window.htmx.ajax("GET", row.dataset.panel, { target: "#panel", swap: "innerHTML" });
  }
  document.addEventListener("click", (event) => {
    const look = event.target.closest("[data-look], .table.today .what a");
    if (!look || narrow() || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    open(look.closest("tr"));
  });

  // Enter opens the row at the side here, instead of leaving the page.
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || $("dialog[open]")) return;
    const here = $("tr[data-row].here");
    if (event.key === "Enter" && here && !narrow() && !event.target.closest("a, button")) {
      event.stopImmediatePropagation();
      event.preventDefault();
      open(here);
      return;
    }
    if (!"aesd".includes(event.key)) return;
    const press = () => { const button = $("[data-key=" + event.key + "]"); if (button) button.click(); };
    event.preventDefault();
    const shown = $("#panel [data-proposal]");
    if (here && shown && shown.dataset.proposal !== here.dataset.id) open(here).then(press);
    else press();
  }, true);
})();
