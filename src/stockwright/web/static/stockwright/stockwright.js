// The little that pages need beyond htmx: dialogs, palette, keyboard on lists, pickers, toasts, theme.
"use strict";
(function () {
  const $ = (selector, root) => (root || document).querySelector(selector);
  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const typing = (element) => element && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && element.type !== "checkbox" || element.isContentEditable);

  // Toasts -----------------------------------------------------------------------------------------------------
  function toast(text, bad) {
    const box = document.createElement("div");
    box.className = "toast" + (bad ? " bad" : "");
    box.textContent = text;
    // An open dialog covers the page, so it says it itself.
    const dialog = $("dialog[open] .toasts");
    (dialog || $("#toasts")).append(box);
    setTimeout(() => box.remove(), 9000);
  }
  window.stockwright = { toast };
  $$("#toasts .toast").forEach((box) => setTimeout(() => box.remove(), box.querySelector("form") ? 15000 : 8000));
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const plain = (answer.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    toast(plain ? answer.responseText : "That did not work (" + answer.status + ").", true);
  });
  document.addEventListener("htmx:sendError", () => toast("No connection to Stockwright.", true));

  // Dialogs ----------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "dialog-content" && event.target.childElementCount) {
      const dialog = $("#dialog");
      if (!dialog.open) dialog.showModal();
      const first = $("[autofocus], [aria-invalid=true], input:not([type=hidden]), select, textarea", dialog);
      if (first) first.focus();
    }
    if (event.target.id === "panel") event.target.hidden = false;
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-close], [data-palette], [data-keys], [data-theme-switch], [data-menu], [data-menu-close], [data-back], [data-close-panel], [data-add-row], [data-drop-row], [data-copy]");
    if (event.target.tagName === "DIALOG") event.target.close();
    $$("details.more[open]").forEach((open) => { if (!open.contains(event.target) || event.target.closest(".pop a, .pop button[type=button]")) open.open = false; });
    if (!target) return;
    if ("close" in target.dataset) target.closest("dialog").close();
    if ("palette" in target.dataset) openPalette();
    if ("keys" in target.dataset) $("#keys").showModal();
    if ("back" in target.dataset) history.back();
    if ("copy" in target.dataset) navigator.clipboard.writeText(target.dataset.copy).then(() => toast(target.dataset.said));
    if ("themeSwitch" in target.dataset) {
      const dark = document.documentElement.classList.toggle("dark");
      localStorage.setItem("theme", dark ? "dark" : "light");
      document.dispatchEvent(new CustomEvent("theme"));
    }
    if ("menu" in target.dataset) menu(!document.body.classList.contains("menu-open"));
    if ("menuClose" in target.dataset) menu(false);
    if ("closePanel" in target.dataset) closePanel();
    if ("addRow" in target.dataset) addRow(target.closest(".form-rows"));
    if ("dropRow" in target.dataset) dropRow(target.closest(".form-row"));
  });
  function menu(open) {
    document.body.classList.toggle("menu-open", open);
    $(".menu-shade").hidden = !open;
    $("[data-menu]").setAttribute("aria-expanded", String(open));
    if (open) $(".menu a").focus();
  }
  if (/Mac/.test(navigator.platform)) $$("[data-mod-key]").forEach((key) => { key.textContent = "⌘K"; });

  // Double submits: the form is sent once; the key in it makes the server do it once as well ---------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });

  // A file may be dropped anywhere on a page that takes one --------------------------------------------------------
  const taker = $("[data-drop]");
  if (taker) {
    const carries = (event) => Array.from(event.dataTransfer ? event.dataTransfer.types : []).includes("Files");
    const show = (on) => document.body.classList.toggle("dropping", on);
    document.addEventListener("dragover", (event) => { if (carries(event)) { event.preventDefault(); show(true); } });
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) show(false); });
    document.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      show(false);
      const field = $("input[type=file]", taker), first = new DataTransfer();
      first.items.add(event.dataTransfer.files[0]);
      field.files = first.files;
      taker.requestSubmit();
    });
  }

  // Rows of small models in a form -------------------------------------------------------------------------------
  function addRow(box) {
    const template = $("template", box);
    const number = box.dataset.next = Number(box.dataset.next || $$(".form-row", box).length) + 1;
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__n__", String(number));
    const row = holder.firstElementChild;
    template.before(row);
    const input = $("input, select", row);
    if (input) input.focus();
  }
  function dropRow(row) { row.remove(); }

  // Pickers: type to search, choose one ----------------------------------------------------------------------------
  let waiting = 0;
  document.addEventListener("input", (event) => {
    const input = event.target;
    if (!input.matches("[data-pick]")) return;
    const box = input.closest(".picker");
    const hidden = $("input[type=hidden]", box);
    if (hidden) hidden.value = "";
    clearTimeout(waiting);
    waiting = setTimeout(() => pick(input, box), 120);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-pick]")) setTimeout(() => closePick(event.target.closest(".picker")), 150);
  });
  function closePick(box) {
    $$(".picker-list", box).forEach((list) => list.remove());
    const input = $("[data-pick]", box);
    if (input) { input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); }
  }
  async function pick(input, box) {
    const answer = await fetch(input.dataset.pick + "?q=" + encodeURIComponent(input.value));
    if (!answer.ok) return;
    const { choices } = await answer.json();
    closePick(box);
    if (!choices.length || document.activeElement !== input) return;
    const list = document.createElement("div");
    list.className = "picker-list";
    list.setAttribute("role", "listbox");
    list.id = input.id + "-list";
    choices.forEach((choice) => {
      const option = document.createElement("div");
      option.setAttribute("role", "option");
      const label = document.createElement("span"), note = document.createElement("span");
      label.textContent = choice.label;
      note.textContent = choice.note;
      note.className = "muted small";
      option.append(label, note);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(input, box, choice); });
      option.choice = choice;
      list.append(option);
    });
    box.append(list);
    input.setAttribute("aria-expanded", "true");
    input.setAttribute("aria-controls", list.id);
    select($$("[role=option]", list), 0, input);
  }
  // What is gathered stands above as ticks, and can be left out again.
  function gather(input, box, choice) {
    const ticks = box.previousElementSibling, label = document.createElement("label"), tick = document.createElement("input");
    label.className = "tick";
    Object.assign(tick, { type: "checkbox", className: "check", name: input.dataset.gather, value: choice.value, checked: true });
    label.append(tick, " " + choice.label);
    if (!$$("input", ticks).some((other) => other.value === choice.value)) ticks.append(label);
    input.value = "";
    closePick(box);
  }
  function choose(input, box, choice) {
    if (input.dataset.gather) { gather(input, box, choice); return; }
    input.value = choice.label;
    const hidden = $("input[type=hidden]", box);
    if (hidden) hidden.value = choice.value; else input.value = choice.value;
    closePick(box);
  }
  // A scanner types faster than the search answers: what it names is taken where it is the only one.
  async function scanned(event, box) {
    const input = event.target, hidden = $("input[type=hidden]", box);
    if (!input.value || (hidden && hidden.value)) return;
    event.preventDefault();
    clearTimeout(waiting);
    await pick(input, box);
    const found = $$("[role=option]", box);
    if (found.length === 1) choose(input, box, found[0].choice);
  }
  // The focus stays in the field; which option is meant is told to whoever can't see it.
  function select(options, chosen, input) {
    options.forEach((option, index) => {
      option.id = input.id + "-option-" + index;
      option.setAttribute("aria-selected", String(index === chosen));
    });
    if (!options[chosen]) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  }
  function step(options, by, input) {
    const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    select(options, Math.min(options.length - 1, Math.max(0, now + by)), input);
  }
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches || !event.target.matches("[data-pick]")) return;
    const box = event.target.closest(".picker");
    const options = $$("[role=option]", box);
    if (!options.length) { if (event.key === "Enter") scanned(event, box); return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); step(options, event.key === "ArrowDown" ? 1 : -1, event.target); }
    if (event.key === "Enter") { event.preventDefault(); choose(event.target, box, options.find((o) => o.getAttribute("aria-selected") === "true").choice); }
    if (event.key === "Escape") { event.stopPropagation(); event.preventDefault(); closePick(box); }
  }, true);

  // Command palette --------------------------------------------------------------------------------------------------
  let asked = 0;
  function openPalette() {
    const palette = $("#palette");
    if (!palette || palette.open) return;
    menuClosed();
    palette.showModal();
    $("#palette-input").select();
    search();
  }
  function menuClosed() { if (document.body.classList.contains("menu-open")) menu(false); }
  async function search() {
    const input = $("#palette-input");
    const turn = ++asked;
    const answer = await fetch(input.dataset.url + "?q=" + encodeURIComponent(input.value) + "&on=" + encodeURIComponent(location.pathname));
    if (turn !== asked || !answer.ok) return;
    $("#palette-results").innerHTML = await answer.text();
    select($$("#palette-results [role=option]"), 0, input);
    if (window.htmx) window.htmx.process($("#palette-results"));
  }
  const paletteInput = $("#palette-input");
  if (paletteInput) {
    let later = 0;
    paletteInput.addEventListener("input", () => { clearTimeout(later); later = setTimeout(search, 90); });
    paletteInput.addEventListener("keydown", (event) => {
      const options = $$("#palette-results [role=option]");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); step(options, event.key === "ArrowDown" ? 1 : -1, paletteInput); }
      if (event.key === "Enter") {
        event.preventDefault();
        const chosen = options.find((option) => option.getAttribute("aria-selected") === "true");
        if (chosen) chosen.click();
      }
    });
    $("#palette-results").addEventListener("click", (event) => { if (event.target.closest("[hx-get]")) $("#palette").close(); });
  }

  // Lists: rows by keyboard and the panel at the side -----------------------------------------------------------------
  const rows = () => $$("tr[data-row]");
  const here = () => $("tr[data-row].here");
  function mark(row) {
    $$("tr.here").forEach((other) => other.classList.remove("here"));
    if (!row) return;
    row.classList.add("here");
    row.scrollIntoView({ block: "nearest" });
  }
  function closePanel() {
    const panel = $("#panel");
    if (!panel) return;
    panel.hidden = true;
    panel.innerHTML = "";
    const list = panel.closest(".list");
    if (list) list.classList.remove("with-panel");
  }
  function look(row) {
    const panel = $("#panel");
    if (!panel || !row.dataset.panel) { location.assign(row.dataset.row); return; }
    mark(row);
    const list = panel.closest(".list");
    if (list) list.classList.add("with-panel");
    panel.hidden = false;
    if (!panel.childElementCount) panel.innerHTML = '<span class="skeleton short"></span><span class="skeleton tall"></span><span class="skeleton"></span><span class="skeleton short"></span>';
    window.htmx.ajax("GET", row.dataset.panel, { target: "#panel", swap: "innerHTML" });
  }
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (!row || event.target.closest("a, button, input, label, form, summary") || String(getSelection())) return;
    if (event.metaKey || event.ctrlKey) { window.open(row.dataset.row); return; }
    if (matchMedia("(max-width: 760px)").matches) location.assign(row.dataset.row); else look(row);
  });
  function selected() {
    const boxes = $$("tbody input[name=ids]");
    const count = boxes.filter((box) => box.checked).length;
    const bulk = $("#bulk");
    if (bulk) {
      bulk.hidden = !count;
      $("[data-selected]", bulk).textContent = String(count);
    }
    const all = $("[data-all]");
    if (all) { all.checked = count > 0 && count === boxes.length; all.indeterminate = count > 0 && count < boxes.length; }
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) $$("tbody input[name=ids]").forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-all], input[name=ids]")) selected();
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("htmx:afterSettle", selected);

  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
    if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || $("dialog[open]")) return;
    if (event.key === "Escape") { closePanel(); menuClosed(); return; }
    if (event.key === "/") { const field = $("[data-search]"); if (field) { event.preventDefault(); field.focus(); field.select(); } return; }
    if (event.key === "?" && $("#keys")) { $("#keys").showModal(); return; }
    const undo = $$("#toasts form").pop();
    if (event.key === "u" && undo) { event.preventDefault(); undo.requestSubmit(); return; }
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(here());
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      mark(list[Math.max(0, Math.min(list.length - 1, at + (event.key === "j" ? 1 : -1)))]);
      if ($(".list.with-panel")) look(here());
    }
    if (at < 0) return;
    if (event.key === "Enter" && !event.target.closest("a, button")) location.assign(here().dataset.row);
    if (event.key === "o") look(here());
    if (event.key === "x") { const box = $("input[name=ids]", here()); if (box) { box.checked = !box.checked; selected(); } }
  });

  // Scanner stations: the field has the focus, the verdict has a sound ---------------------------------------------------
  function station() {
    const field = $("[data-scan]");
    if (!field) return;
    field.focus();
    const verdict = $("[data-sound]");
    if (verdict) beep(verdict.dataset.sound === "good");
  }
  function beep(good) {
    try {
      const context = new AudioContext(), tone = context.createOscillator(), volume = context.createGain();
      tone.frequency.value = good ? 880 : 220;
      volume.gain.value = 0.08;
      tone.connect(volume).connect(context.destination);
      tone.start();
      tone.stop(context.currentTime + (good ? 0.09 : 0.3));
    } catch (error) { /* no sound on this machine: colour and word remain */ }
  }
  station();
  document.addEventListener("htmx:afterSettle", (event) => { if ($("[data-scan]", event.target)) station(); });
})();
