// What is plainly wrong for people who see little, or use the keyboard, or a screen reader. Answers a list of sentences.
() => {
  const wrong = [];
  const shown = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getClientRects().length > 0;
  const named = (e) => (e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join(" ") || e.title || e.textContent || e.placeholder || "").trim();
  const say = (what, e) => wrong.push(what + ": " + e.outerHTML.slice(0, 140));
  for (const e of document.querySelectorAll("button, a[href], summary")) if (shown(e) && !named(e) && !e.querySelector("img[alt]:not([alt=''])")) say("no name", e);
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (shown(e) && !(e.labels && e.labels.length) && !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby")) say("no label", e);
  }
  for (const e of document.querySelectorAll("img:not([alt])")) say("no alternative text", e);
  const ids = new Map();
  for (const e of document.querySelectorAll("[id]")) ids.set(e.id, (ids.get(e.id) || 0) + 1);
  for (const [id, n] of ids) if (n > 1) wrong.push("the id " + id + " stands " + n + " times");
  for (const e of document.querySelectorAll("[aria-describedby], [aria-controls]")) {
    for (const id of (e.getAttribute("aria-describedby") || "").split(" ")) if (id && !document.getElementById(id)) say("describes itself by nothing", e);
  }
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title) wrong.push("no title");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main part");
  if (!document.querySelector("h1")) wrong.push("no first heading");
  for (const e of document.querySelectorAll("[style]")) if (!e.closest("canvas, svg") && e.tagName !== "CANVAS") say("inline style", e);

  // Contrast of text against the first opaque ground under it.
  const numbers = (colour) => {
    const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    c.fillStyle = colour; c.fillRect(0, 0, 1, 1);
    return Array.from(c.getImageData(0, 0, 1, 1).data);
  };
  const cache = new Map();
  const rgba = (colour) => { if (!cache.has(colour)) cache.set(colour, numbers(colour)); return cache.get(colour); };
  const light = ([r, g, b]) => {
    const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const ground = (e) => { for (let at = e; at; at = at.parentElement) { const c = rgba(getComputedStyle(at).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(e) || e.closest("svg, option, [disabled], .visually-hidden, .skip, script, style, canvas")) continue;
    const style = getComputedStyle(e);
    const a = light(rgba(style.color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 700);
    const key = e.className + style.color;
    if (ratio < (large ? 3 : 4.5) - 0.05 && !told.has(key)) { told.add(key); say("contrast " + ratio.toFixed(2), e); }
  }
  return wrong;
}
