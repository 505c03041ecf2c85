// Scanner stations. A code is looked up in what the page carries, else asked for; an entry is kept on the device under a
// key of its own until the server has it, so that neither a lost connection nor a double tap makes it nought or two.
"use strict";
(function () {
  const root = document.querySelector("[data-station]");
  if (!root || !document.getElementById("floor-data")) return;
  const $ = (selector, from) => (from || root).querySelector(selector);
  const words = JSON.parse(document.getElementById("floor-words").textContent);
  const data = JSON.parse(document.getElementById("floor-data").textContent) || {};
  const kind = root.dataset.station, store = "floor:" + root.dataset.store;
  const field = $("[data-scan]"), scanForm = $("[data-scan-form]");
  if (!field) return;
  // A bad connection swallows questions without an answer; the next scan must not wait behind one.
  const PATIENCE = 6000;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));

  // Right or wrong: by word, by colour, by sound ---------------------------------------------------------------------
  let sound = null;
  function beep(good) {
    try {
      sound = sound || new AudioContext();
      const tone = sound.createOscillator(), volume = sound.createGain();
      tone.frequency.value = good ? 880 : 196;
      tone.type = good ? "sine" : "square";
      volume.gain.value = good ? 0.09 : 0.06;
      tone.connect(volume).connect(sound.destination);
      tone.start();
      tone.stop(sound.currentTime + (good ? 0.09 : 0.35));
    } catch (error) { /* no sound on this device: colour and word remain */ }
    if (!good && navigator.vibrate) navigator.vibrate([90, 60, 90]);
  }
  function say(look, text, quietly) {
    const verdict = $("[data-verdict]");
    verdict.hidden = false;
    verdict.className = "verdict " + look;
    $(".mark", verdict).textContent = look === "bad" ? "✗" : look === "soon" ? "!" : "✓";
    $("[data-verdict-words]", verdict).textContent = text;
    if (look === "bad") verdict.scrollIntoView({ block: "nearest" });
    if (!quietly) beep(look !== "bad");
  }

  // The focus stays with the scanner ---------------------------------------------------------------------------------
  const typed = (element) => element && element !== field && /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) && element.type !== "radio";
  function back() { if (!document.querySelector("dialog[open]")) field.focus({ preventScroll: true }); }
  root.addEventListener("click", (event) => { if (!typed(event.target) && !event.target.closest("summary, a, label")) setTimeout(() => { if (!typed(document.activeElement)) back(); }); });
  root.addEventListener("change", (event) => { if (event.target.type === "radio" || event.target.tagName === "SELECT") back(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || document.querySelector("dialog[open]")) return;
    if (event.target === field || typed(event.target) || (event.key === " " && event.target !== document.body)) return;
    // The character goes where the focus is by then; the shell's own keys must not take it.
    field.focus();
    event.stopPropagation();
  }, true);
  // A scanner types by itself: no keyboard on the glass unless somebody asks for it.
  field.setAttribute("inputmode", "none");
  const keys = $("[data-type-in]");
  if (keys) {
    keys.hidden = false;
    keys.addEventListener("click", (event) => {
      event.stopPropagation();
      const on = field.getAttribute("inputmode") === "none";
      field.setAttribute("inputmode", on ? "text" : "none");
      keys.setAttribute("aria-pressed", String(on));
      field.blur();
      field.focus();
    });
  }

  // Codes ------------------------------------------------------------------------------------------------------------
  const known = new Map(), items = new Map();
  function learn(item) {
    const merged = Object.assign(items.get(item.variant) || {}, item);
    items.set(item.variant, merged);
    (item.codes || []).forEach(([code, units]) => known.set(code, { item: merged, units }));
    return merged;
  }
  (data.items || []).forEach(learn);
  async function read(code) {
    const hit = known.get(code);
    if (hit) return hit;
    let answer;
    try {
      const address = new URL(location.href);
      address.searchParams.set("code", code);
      const response = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      answer = await response.json();
    } catch (error) {
      say("bad", fill(words.offline, { code }));
      return null;
    }
    if (!answer.ok) { say("bad", answer.words); return null; }
    const found = { item: learn(answer.item), units: answer.item.units };
    known.set(code, found);
    return found;
  }
  let turn = Promise.resolve();
  scanForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = field.value.trim();
    field.value = "";
    // One after the other, however fast they come.
    if (code) turn = turn.then(() => scan(code)).catch(() => {});
  });
  async function scan(code) {
    const hit = await read(code);
    if (hit) take(hit);
  }
  let take = () => {};

  // A code that is scanned while the focus is on the units belongs to the scanner: it has what no number has, or comes
  // faster than anybody types. A slow device may halt in the middle of one.
  const PAUSE = 150, FASTEST = 60;
  let burst = "", before = "", begun = 0, lately = 0;
  root.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches("[data-units]")) return;
    const unlikeNumber = /\D/.test(burst), goesOn = unlikeNumber || event.timeStamp - lately < PAUSE;
    lately = event.timeStamp;
    if (event.key === "Enter" && goesOn && burst.length >= 5 && (unlikeNumber || (lately - begun) / burst.length < FASTEST)) {
      event.preventDefault();
      event.stopPropagation();
      const code = burst;
      burst = "";
      input.value = before;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      turn = turn.then(() => scan(code)).catch(() => {});
      back();
    } else if (event.key.length === 1) {
      if (!goesOn || !burst) { burst = ""; before = input.value; begun = lately; }
      burst += event.key;
    } else if (event.key !== "Shift") burst = "";
  }, true);

  function remember(state) { try { localStorage.setItem(store, JSON.stringify(state)); } catch (error) { /* private window */ } }
  function recall() { try { return JSON.parse(localStorage.getItem(store)) || {}; } catch (error) { return {}; } }
  function number(input) { return /^\d+$/.test(input.value.trim()) ? Number(input.value) : 0; }
  function progress(done, every) {
    if ($("[data-done]")) $("[data-done]").textContent = done;
    if (every !== undefined && $("[data-every]")) $("[data-every]").textContent = every;
    const meter = $("[data-progress]");
    if (meter) { meter.value = done; if (every !== undefined) meter.max = Math.max(1, every); }
  }

  if (kind === "tally") tally(); else entries();

  // A list that is filled in by scanning, and sent as one form ----------------------------------------------------------
  function tally() {
    const form = $("[data-tally]"), rows = Array.from(form.querySelectorAll("[data-variant]"));
    const kept = recall().units || {};
    rows.forEach((row) => { const input = $("[data-units]", row); if (!input.value && kept[row.dataset.variant]) input.value = kept[row.dataset.variant]; });
    function sum() {
      let done = 0;
      const state = {};
      rows.forEach((row) => {
        const input = $("[data-units]", row), there = number(input), left = Number(row.dataset.left), gap = $("[data-gap]", row);
        done += there;
        if (there) state[row.dataset.variant] = there;
        gap.className = there === left ? "good" : there > left ? "bad" : "muted";
        gap.textContent = there === left ? words.complete : there > left ? "+" + (there - left) : fill(words.missing, { n: left - there });
      });
      progress(done);
      $("[data-save-units]").textContent = done || "";
      remember({ units: state });
    }
    take = ({ item, units }) => {
      const row = rows.find((one) => one.dataset.variant === String(item.variant));
      rows.forEach((one) => one.classList.toggle("here", one === row));
      if (!row) { say("bad", fill(words.not_sent, { sku: item.sku })); return; }
      const input = $("[data-units]", row), all = Number(row.dataset.left), n = number(input) + units;
      if (n > all) { say("bad", fill(words.over, { sku: item.sku, all })); return; }
      input.value = n;
      row.scrollIntoView({ block: "nearest" });
      say("good", fill(words.tally, { sku: item.sku, n, all }));
      sum();
    };
    form.addEventListener("input", sum);
    form.addEventListener("submit", (event) => { if (navigator.onLine === false) { event.preventDefault(); say("bad", words.kept_form); } });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("[data-units]")) return;
      event.preventDefault();
      back();
    });
    sum();
    back();
  }

  // One thing at a time ---------------------------------------------------------------------------------------------------
  function entries() {
    const entry = $("[data-entry]"), units = $("[data-units]", entry), last = $("[data-last]");
    // The device's clock need not be right: by how much the server's is ahead of it.
    const ahead = data.now ? Date.parse(data.now) - Date.now() : 0;
    let current = null, scanned = 1, queue = [], sending = false, skipped = new Set();
    const state = recall();

    function set(value) { units.value = Math.max(0, value); shown(); }
    function shown() { const save = $("[data-save-units]"); if (save) save.textContent = units.value; keep(); }
    function keep() {
      const typedIn = current ? Object.fromEntries(Array.from(new FormData(entry)).filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "_key")) : null;
      remember({ current: current && { item: current, typedIn }, queue });
    }
    function show(thing) {
      $("[data-item]").hidden = $("[data-item-acts]").hidden = !thing;
      const find = $("[data-find]"), acts = $("[data-find-acts]");
      if (find) find.hidden = Boolean(thing);
      if (acts) acts.hidden = Boolean(thing) || !following();
      field.placeholder = field.dataset.hint = field.dataset.hint || field.placeholder;
    }
    function mark(text, look) { const badge = document.createElement("span"); badge.className = "badge " + look; badge.textContent = text; $("[data-slot-marks]").append(badge); }

    function begin(item, many) {
      current = item;
      scanned = many;
      entry.elements.variant_id.value = item.variant;
      root.querySelectorAll("[data-slot]").forEach((slot) => { slot.textContent = item[slot.dataset.slot] || ""; });
      $("[data-slot-bin]").hidden = !item.bin;
      const picture = $("[data-slot-picture]");
      picture.hidden = !item.picture;
      if (item.picture) picture.src = item.picture; else picture.removeAttribute("src");
      $("[data-slot-marks]").replaceChildren();
      if (kind === "count") beginCount(item); else beginReceive(item);
      set((kind === "count" && item.counted || 0) + many);
      show(true);
      window.scrollTo({ top: 0 });
    }
    function beginCount(item) {
      if (!item.listed) mark(words.unlisted, "soon");
      $("[data-afresh]").hidden = item.counted === null || item.counted === undefined;
      if (item.counted) say("soon", fill(words.again, { sku: item.sku, before: item.counted }));
      else say("good", item.sku);
    }
    function beginReceive(item) {
      const choice = entry.elements.arrival_id;
      choice.replaceChildren();
      item.arrivals.forEach((row) => choice.add(new Option(row.label + " · " + fill(words.expected, { n: row.left }), row.id)));
      choice.add(new Option(words.nobody, ""));
      choice.selectedIndex = 0;
      $("[data-arrivals]").hidden = !item.arrivals.length;
      if (item.waiting) mark(fill(words.waiting, { n: item.waiting }), "busy");
      const stray = !item.arrivals.length || item.stray;
      if (stray) mark(words.unannounced, "soon");
      const lot = $("[data-lot]"), tracked = item.tracking !== "none";
      lot.hidden = !tracked;
      entry.elements.lot.required = tracked;
      entry.elements.lot.value = entry.elements.expires_on.value = "";
      $("[data-expiry]").hidden = item.tracking !== "expiry";
      entry.elements.condition.value = "sellable";
      whole();
      say(stray ? "soon" : "good", stray ? item.sku + ": " + words.unannounced : item.sku);
    }
    // What is expected, by one tap.
    function whole() {
      const all = $("[data-all]"), choice = entry.elements.arrival_id;
      const row = current.arrivals.find((one) => String(one.id) === choice.value);
      all.hidden = !row || row.left <= 1;
      if (row) { all.dataset.expected = row.left; all.textContent = fill(words.expected, { n: row.left }) + " ✓"; }
    }

    take = ({ item, units: many }) => {
      if (current && current.variant === item.variant) {
        set(number(units) + many);
        say("good", fill(words.added, { sku: item.sku, more: many, n: number(units) }));
        return;
      }
      if (current && !commit()) return;
      begin(item, many);
    };

    function commit() {
      const missing = Array.from(entry.elements).find((one) => one.willValidate && !one.closest("[hidden]") && !one.checkValidity());
      if (missing || (kind === "receive" && number(units) < 1)) {
        say("bad", missing && missing !== units ? fill(words.incomplete, { sku: current.sku }) : words.no_units);
        (missing || units).focus();
        return false;
      }
      const given = Object.fromEntries(Array.from(new FormData(entry)).filter(([name]) => name !== "csrfmiddlewaretoken"));
      enter(current, given);
      return true;
    }
    function enter(item, given) {
      given._key = freshKey();
      const n = Number(given.units);
      // Goods go on moving while an entry waits for the connection: what counts is the moment of looking.
      if (kind === "count") given.counted_at = new Date(Date.now() + ahead).toISOString();
      queue.push({ given, item });
      if (kind === "count") { if (item.counted === null || item.counted === undefined) counted(1); item.counted = n; item.listed = true; gone(item.variant); }
      current = null;
      told(fill(words.noted, { sku: item.sku, n }), "");
      show(false);
      suggest();
      keep();
      flush();
    }
    let done = data.done || 0, every = data.every;
    function counted(more) { done += more; progress(done, every); }
    function told(text, undo) {
      last.hidden = false;
      last.replaceChildren(document.createTextNode(text));
      if (!undo) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = words.undo;
      button.addEventListener("click", () => takeBack(undo, button));
      last.append(button);
    }
    async function takeBack(address, button) {
      button.disabled = true;
      try {
        const response = await fetch(address, { method: "POST", headers: headers(), body: new URLSearchParams({ _next: location.pathname + location.search }) });
        if (!response.ok) throw new Error(String(response.status));
        location.reload();
      } catch (error) { button.disabled = false; say("bad", words.undo_failed); }
    }

    // What goes to the server ---------------------------------------------------------------------------------------------
    function headers() { return { Accept: "application/json", "X-CSRFToken": $("[name=csrfmiddlewaretoken]").value }; }
    function freshKey() {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      return "floor-" + Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
    }
    async function flush() {
      if (sending) return;
      sending = true;
      let trouble = "";
      while (queue.length && !trouble) {
        const next = queue[0];
        try {
          const response = await fetch(location.pathname + location.search, { method: "POST", headers: headers(), body: new URLSearchParams(next.given), signal: AbortSignal.timeout(2 * PATIENCE) });
          const json = (response.headers.get("Content-Type") || "").includes("json");
          if (response.redirected || response.status === 403) trouble = "sign_in";
          else if (!json || response.status >= 500) trouble = "away";
          else {
            const answer = await response.json();
            queue.shift();
            if (answer.ok) accepted(next, answer); else refused(next, answer);
            keep();
          }
        } catch (error) { trouble = "away"; }
      }
      sending = false;
      waits(trouble);
      if (trouble) setTimeout(flush, 3000);
    }
    window.addEventListener("online", flush);
    function waits(trouble) {
      const box = $("[data-waiting]"), n = queue.length;
      box.hidden = !n;
      if (n) box.textContent = fill(trouble === "sign_in" ? words.sign_in : n === 1 ? words.kept_one : words.kept_many, { n });
    }
    function accepted(sent, answer) {
      learn(answer.item);
      told("✓ " + answer.words, answer.undo);
      if (!current) say("good", answer.words, true);
      if (answer.done !== undefined) { done = answer.done; every = answer.every; progress(done, every); }
      const served = $("[data-served]");
      served.hidden = !answer.note;
      served.textContent = answer.note || "";
      if (kind === "receive") received(answer.item);
    }
    function received(item) {
      const row = $(".expected [data-variant='" + item.variant + "']");
      if (row) { root.querySelectorAll(".expected .here").forEach((one) => one.classList.remove("here")); row.classList.add("here"); }
      // Sums on the page behind are the server's to say: fetched anew when nothing is in hand.
      if (!current && !queue.length) refresh();
    }
    async function refresh() {
      try {
        const response = await fetch(location.href);
        const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-find]");
        const here = $("[data-find]");
        if (fresh && here && !current) { here.innerHTML = fresh.innerHTML; if (window.htmx) window.htmx.process(here); }
      } catch (error) { /* the next one will */ }
    }
    // What the server refused is not lost either: it is put back, or waits to be looked at.
    function refused(sent, answer) {
      say("bad", answer.words);
      last.hidden = true;
      if (kind === "count" && sent.item.counted === Number(sent.given.units)) { sent.item.counted = null; counted(-1); }
      if (!current) { reopen(sent); say("bad", answer.words, true); return; }
      const box = document.createElement("div"), button = document.createElement("button");
      box.className = "notice bad";
      box.textContent = sent.item.sku + ", " + sent.given.units + ": " + answer.words + " ";
      button.type = "button";
      button.className = "button";
      button.textContent = words.reopen;
      button.addEventListener("click", () => { if (current && !commit()) return; box.remove(); reopen(sent); });
      box.append(button);
      $("[data-refused]").append(box);
    }
    function reopen({ item, given }) {
      begin(learn(item), 1);
      Object.entries(given).forEach(([name, value]) => { const input = entry.elements[name]; if (input && name !== "_key") input.value = value; });
      set(number(units));
      if (kind === "receive") whole();
    }

    // What is left to count -----------------------------------------------------------------------------------------------
    function following() {
      if (kind !== "count") return null;
      const left = Array.from(items.values()).filter((item) => item.listed && (item.counted === null || item.counted === undefined));
      return left.find((item) => !skipped.has(item.variant)) || (skipped.clear(), left[0]) || null;
    }
    function suggest() {
      if (kind !== "count") return;
      const next = following();
      $("[data-next]").hidden = !next;
      $("[data-all-done]").hidden = Boolean(next) || done < every;
      $("[data-find-acts]").hidden = Boolean(current) || !next;
      if (!next) return;
      $("[data-next-go]").hidden = !next.bin;
      $("[data-next-look]").hidden = Boolean(next.bin);
      $("[data-next-bin]").textContent = next.bin || next.sku;
      $("[data-next-title]").textContent = next.title;
      $("[data-next-sku]").textContent = next.sku;
      $("[data-next-sku]").hidden = !next.bin;
    }
    function gone(variant) {
      const row = $("[data-left-list] [data-variant='" + variant + "']");
      if (row) row.remove();
      const n = root.querySelectorAll("[data-left-list] [data-variant]").length;
      const box = $("[data-left]");
      if (box) { box.hidden = !n; $("[data-left-words]").textContent = fill(words.left, { n }); }
    }

    // Hands ---------------------------------------------------------------------------------------------------------------
    entry.addEventListener("submit", (event) => { event.preventDefault(); if (current && commit()) back(); });
    units.addEventListener("input", shown);
    units.addEventListener("focus", () => units.select());
    entry.addEventListener("change", keep);
    root.querySelectorAll("[data-step]").forEach((button) => button.addEventListener("click", () => set(number(units) + Number(button.dataset.step))));
    $("[data-drop]").addEventListener("click", (event) => { event.preventDefault(); current = null; keep(); show(false); suggest(); $("[data-verdict]").hidden = true; back(); });
    if ($("[data-afresh]")) $("[data-afresh]").addEventListener("click", () => { set(scanned); $("[data-afresh]").hidden = true; });
    if ($("[data-all]")) $("[data-all]").addEventListener("click", () => set(Number($("[data-all]").dataset.expected)));
    if (entry.elements.arrival_id) entry.elements.arrival_id.addEventListener("change", whole);
    const none = $("[data-none]"), skip = $("[data-skip]");
    if (none) none.addEventListener("submit", (event) => {
      event.preventDefault();
      const item = following();
      if (item) { enter(item, { variant_id: String(item.variant), units: "0" }); beep(true); }
    });
    if (skip) { skip.disabled = false; skip.addEventListener("click", () => { const item = following(); if (item) skipped.add(item.variant); suggest(); }); }

    // What is missing is said by our own words, with their sound.
    entry.noValidate = true;

    // As it was before a reload.
    queue = state.queue || [];
    const rendered = entry.elements.variant_id.value;
    if (!$("[data-item]").hidden && rendered) {
      const item = items.get(Number(rendered));
      if (item) { current = item; scanned = item.units || 1; }
      else location.replace(location.pathname);
    } else if (state.current) reopen({ item: state.current.item, given: state.current.typedIn || {} });
    suggest();
    waits("");
    flush();
    back();
  }
})();
