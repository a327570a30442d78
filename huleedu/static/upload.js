// Sending files from a batch's page: a row for each file at once, three on their way at a time, each in a request of its own.
// Without script the form sends them all in one request. What the server answers is always its own row or its own words.
"use strict";

(() => {
  const form = document.getElementById("dropzone");
  if (!form || "locked" in form.dataset) return;

  const AT_ONCE = 3, BACK_OFF_MS = [1_000, 3_000, 9_000];
  const SYSTEM = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini|~\$[^/]*)(\/|$)/i;
  const words = form.dataset;
  const sendingRows = document.getElementById("sending-rows"), fileRows = document.getElementById("file-rows");
  const summary = document.getElementById("sending-state"), title = form.querySelector("[data-title]");
  const signIn = document.body.dataset.signIn, remembered = `unsent:${location.pathname}`;
  const queue = []; // to be sent
  const going = new Set(); // being sent, or between two tries
  let total = 0, sent = 0, leftOut = 0;

  // --- rows --------------------------------------------------------------------------------------------------------

  function make(tag, className = "", text = "") {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  function readable(bytes) {
    const unit = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
    const digits = bytes < 1e6 ? 0 : 1;
    const style = { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: digits };
    return new Intl.NumberFormat(document.documentElement.lang, style).format(Math.max(bytes / unit[1], bytes ? 0.1 : 0));
  }

  function draw(item) {
    const row = make("tr"), name = make("th"), label = make("span", "file-name", item.file.name), size = make("td", "num", readable(item.file.size));
    name.scope = "row";
    label.title = item.path || item.file.name;
    item.note = make("span", "muted");
    name.append(label, item.note);
    item.state = make("td", "cell-state");
    item.rest = make("td");
    row.append(name, size, item.state, item.rest, make("td", "cell-menu"));
    item.row = row;
    say(item, words.waiting);
    return row;
  }

  /** A word in the row's state; `tone` is a state of the design system, `note` a sentence under the name. */
  function say(item, word, tone = "none", note = "") {
    item.state.replaceChildren(make("span", `state state-${tone}`, word));
    item.note.textContent = note;
    item.rest.replaceChildren();
  }

  function showProgress(item, share) {
    if (!item.bar) {
      item.bar = make("progress");
      item.bar.max = 100;
      item.bar.setAttribute("aria-label", `${words.sending} ${item.file.name}`);
      item.percent = make("span", "num");
      item.state.replaceChildren(item.bar, " ", item.percent);
    }
    item.bar.value = Math.floor(100 * share);
    item.percent.textContent = `${item.bar.value} %`;
  }

  function offerAgain(item) {
    const button = make("button", "button button-small", words.again);
    button.type = "button";
    button.setAttribute("aria-label", `${words.again}: ${item.file.name}`);
    button.addEventListener("click", () => {
      item.tries = 0;
      total += 1;
      say(item, words.waiting);
      queue.push(item);
      pump();
    });
    item.rest.replaceChildren(button);
  }

  function sum() {
    const parts = [];
    if (total) parts.push(words.sent.replace("{sent}", sent).replace("{total}", total));
    if (leftOut) parts.push(words.system.replace("{n}", leftOut));
    summary.textContent = parts.join(" ");
    // Only how many, no names: the next page can say that some were not sent.
    const left = queue.length + going.size;
    if (left) sessionStorage.setItem(remembered, left);
    else sessionStorage.removeItem(remembered);
  }

  // --- sending -----------------------------------------------------------------------------------------------------

  function add(files) {
    form.classList.remove("dropzone-large");
    form.querySelector("[data-plain-help]")?.remove();
    const rows = document.createDocumentFragment();
    for (const { file, path } of files) {
      if (SYSTEM.test(path || file.name)) {
        leftOut += 1;
        continue;
      }
      const item = { file, path, tries: 0 };
      rows.append(draw(item));
      const zip = /\.zip$/i.test(file.name);
      if (file.size > Number(zip ? words.maxZipBytes : words.maxBytes)) {
        say(item, words.tooLargeWord, "conflict", zip ? words.zipTooLarge : words.tooLarge);
      } else {
        total += 1;
        queue.push(item);
      }
    }
    sendingRows.append(rows);
    pump();
  }

  function pump() {
    while (queue.length && going.size < AT_ONCE) send(queue.shift());
    sum();
  }

  function send(item) {
    const body = new FormData(), request = new XMLHttpRequest();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.append("paths", item.path || item.file.name);
    body.append("files", item.file);
    going.add(item);
    item.bar = null;
    item.note.textContent = "";
    showProgress(item, 0);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && showProgress(item, event.loaded / event.total));
    request.addEventListener("load", () => answered(item, request));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => tryLater(item, words.noContact));
    request.open("POST", form.getAttribute("action"));
    request.setRequestHeader("HX-Request", "true");
    request.send(body);
  }

  function answered(item, request) {
    if (signIn && new URL(request.responseURL).pathname === signIn) return ended(item, words.signedOut);
    if (request.status === 201) return received(item, request.responseText);
    if (request.status === 200) return received(item, request.responseText, words.here);
    if (request.status === 429 || request.status >= 500) {
      return tryLater(item, refusal(request.responseText) || words.failed, 1_000 * Number(request.getResponseHeader("Retry-After")));
    }
    return ended(item, refusal(request.responseText) || words.failed);
  }

  /** The sentence of an answer that refuses. */
  function refusal(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    return page.querySelector(".banner p, .banner")?.textContent.trim() ?? "";
  }

  function received(item, html, note = "") {
    const rows = new DOMParser().parseFromString(`<table>${html}</table>`, "text/html").querySelectorAll("tr");
    for (const row of rows) {
      const known = document.getElementById(row.id);
      if (!known) fileRows.prepend(document.adoptNode(row));
    }
    going.delete(item);
    sent += 1;
    if (note) say(item, note);
    else item.row.remove();
    pump();
  }

  function tryLater(item, why, wait = 0) {
    if (item.tries >= BACK_OFF_MS.length) return ended(item, why);
    say(item, words.waiting, "none", why);
    item.bar = null;
    setTimeout(() => send(item), Math.max(wait, BACK_OFF_MS[item.tries]));
    item.tries += 1;
    return undefined;
  }

  function ended(item, why) {
    going.delete(item);
    total -= 1;
    say(item, words.notSent, "conflict", why);
    offerAgain(item);
    pump();
  }

  // --- where files come from -----------------------------------------------------------------------------------------

  function chosen(input) {
    const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath }));
    input.value = "";
    if (files.length) add(files);
  }
  for (const input of form.querySelectorAll("input[type=file]")) input.addEventListener("change", () => chosen(input));
  form.querySelector("[data-plain]").hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());

  /** All files of a dropped file or folder. A folder lists at most a hundred at a time. */
  async function filesOf(entry) {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      return [{ file, path: entry.fullPath.replace(/^\//, "") }];
    }
    const reader = entry.createReader(), found = [];
    for (;;) {
      const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!entries.length) return found;
      for (const inner of entries) found.push(...await filesOf(inner));
    }
  }

  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const restingTitle = title.textContent;
  function dragging(on) {
    form.classList.toggle("dragging", on);
    title.textContent = on ? words.drop : restingTitle;
  }

  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    dragging(true);
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) dragging(false); });
  addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    dragging(false);
    // The list is empty once this function has waited for anything, so entries are taken first.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const plain = [...event.dataTransfer.files].map((file) => ({ file, path: "" }));
    if (!entries.length) return add(plain);
    const found = [];
    for (const entry of entries) found.push(...await filesOf(entry));
    return add(found);
  });

  addEventListener("beforeunload", (event) => { if (queue.length || going.size) event.preventDefault(); });
  const unsent = sessionStorage.getItem(remembered);
  if (unsent) {
    summary.textContent = words.unsent.replace("{n}", unsent);
    sessionStorage.removeItem(remembered);
  }
})();
