// What the pages of a person who is signed in have beyond live.js and page.js, in one file to save a request: what the tabs of a
// browser tell each other, what is copied, decisions that wait on this device, and parts of pages that are swapped one by one.
"use strict";

// Every tab of the browser hears whose pages are opened in it, and that somebody has signed out (""): nobody is to read, or to
// use, the page of another.
(() => {
  const { signIn, user } = document.body.dataset, session = new BroadcastChannel("session");
  session.addEventListener("message", ({ data: who }) => {
    if (who === user) return page.lookAgain();
    sessionStorage.clear(); // the names of files that were refused (upload.js)
    if (who || page.isUnsaved()) return page.signedOut({ hides: true, other: Boolean(who) });
    return location.replace(signIn);
  });
  const tell = () => session.postMessage(user);
  document.addEventListener("returned", tell);
  tell();

  // F6 goes to what a message or an update offers.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const offered = document.querySelector(":is(#messages, #offer, .toast, .updated-note) :is(a, button)");
    if (!offered) return;
    event.preventDefault();
    offered.focus();
  });
})();

// Names and addresses to paste elsewhere.
(() => {
  const COPIED_MS = 2_000;

  /** The button says for a while that it has copied; where the browser forbids that, the person is left to it. */
  async function copy(button) {
    const source = document.querySelector(button.dataset.copy), label = button.lastChild;
    try {
      await navigator.clipboard.writeText(source.value ?? source.innerText);
    } catch {
      return selectFor(source);
    }
    button.dataset.label ??= label.textContent;
    label.textContent = button.dataset.copied;
    page.announce(button.dataset.copied);
    return setTimeout(() => { label.textContent = button.dataset.label; }, COPIED_MS);
  }

  /** Selects what a script may not copy, and says so. */
  function selectFor(source) {
    page.note("copy-note");
    source.hidden = false;
    source.scrollIntoView({ block: "center" });
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button && button.getAttribute("aria-disabled") !== "true") copy(button);
  });
})();

// Decisions made without contact wait on this device, as ids only, and are sent in order once there is contact: also after a
// reload, and from any page. Each carries the version the person saw and sending one twice is one decision, so that a lost
// answer does no harm and a colleague who was first is never overwritten. Signing out forgets the person's own.
//
// Tells others: `waiting` (the list changed) and `waiting:sent` (detail: {url, html, address}) on document.
(() => {
  const { user } = document.body.dataset;
  if (!user) return;
  const KEY = `waiting:${user}`, EVERY_MS = 10_000, FIELDS = ["decision", "student", "version", "match", "listed"];

  function list() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? [];
    } catch {
      return []; // storage is forbidden here
    }
  }

  function write(entries) {
    try {
      if (entries.length) localStorage.setItem(KEY, JSON.stringify(entries));
      else localStorage.removeItem(KEY);
    } catch {
      return false;
    }
    tell();
    return true;
  }

  function tell() {
    const place = document.querySelector("[data-waiting-count]"), n = list().length;
    place.textContent = n ? place.dataset.waitingCount.replace("{n}", n) : "";
    document.dispatchEvent(new CustomEvent("waiting"));
  }

  /** Keeps a decision until there is contact, in place of an earlier one about the same text. False where it cannot. */
  function keep(url, fields) {
    const kept = [...fields].filter(([name]) => FIELDS.includes(name));
    return write([...list().filter((entry) => entry.url !== url), { url, fields: kept }]);
  }

  const drop = (url) => write(list().filter((entry) => entry.url !== url));

  function fieldsOf(entry) {
    const fields = new FormData();
    for (const [name, value] of entry.fields) fields.append(name, value);
    return fields;
  }

  /** A decision about a text that somebody else has decided meanwhile stays, until the person has seen both choices. */
  function refused(entry) {
    write(list().map((other) => (other.url === entry.url ? { ...other, refused: true } : other)));
    const link = page.note("refused-note").querySelector("a");
    link.href = entry.url.replace(/\/texts\/([^/]+)\/decide\/$/, "/review/$1/");
  }

  /** Whether an answer is about the decision itself. After any other it waits on. */
  const isAbout = ({ ok, status }) => ok || [404, 409, 422].includes(status);

  /** Whether the next one may be sent. */
  async function send(entry) {
    const answer = await page.post(entry.url, fieldsOf(entry)), { status } = answer;
    if (!isAbout(answer)) return status < 500 && status !== 429;
    if (status === 409) refused(entry);
    else drop(entry.url);
    if (answer.ok) {
      const detail = { url: entry.url, html: await answer.text(), address: answer.url };
      document.dispatchEvent(new CustomEvent("waiting:sent", { detail }));
    } else if (status !== 409) page.note("unused-note");
    return true;
  }

  let sending = null;

  /** Sends what waits; one tab does it at a time. */
  function flush() {
    const all = async () => {
      for (const entry of list()) if (!entry.refused && !await send(entry)) return;
    };
    const alone = () => (navigator.locks ? navigator.locks.request(KEY, { ifAvailable: true }, (lock) => lock && all()) : all());
    sending ||= alone().catch(() => {}).finally(() => { sending = null; }); // no contact: later
    return sending;
  }

  const later = () => list().some((entry) => !entry.refused) && flush();
  document.addEventListener("contact", later);
  setInterval(later, EVERY_MS);
  addEventListener("storage", (event) => event.key === KEY && tell());

  let leaving = false;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.action.endsWith("/sign-out/") || leaving) return;
    event.preventDefault();
    await later();
    const n = list().length;
    if (n && !confirm(document.getElementById("offline").dataset.signOut.replace("{n}", n))) return;
    try {
      if (page.isStale()) await page.renew();
    } catch {
      return page.note("offline-note");
    }
    const own = new RegExp(`^(waiting|unsent):${user}(:|$)`);
    for (const key of Object.keys(localStorage)) if (own.test(key)) localStorage.removeItem(key);
    sessionStorage.clear();
    sessionStorage.setItem("signing-out", "1"); // the page that follows tells the other tabs
    leaving = true;
    form.elements.csrfmiddlewaretoken.value = page.token();
    form.submit();
  }, true);

  window.waiting = { drop, fieldsOf, isAbout, keep, list };
  tell();
})();

// htmx extension `parts`: an answer that holds many parts of a page replaces each by its id, and leaves alone what is in
// use. A part is [data-part]; the children of [data-parts] are parts too, and come, go and change places one by one.
//
// Use, anywhere on the page, empty: <div id="…" hx-get="…" hx-trigger="live:batch:… from:document, live:again"
// hx-ext="parts" hx-swap="parts" hidden></div>. `live:again` comes when what was in use is free.

(() => {
  const AFTER_USE_MS = 400;
  const REST = 2; // times as long as the last answer took: a long list that changes all the time is not all the server does
  let left = false; // whether a part of this answer was in use
  const behind = new Set(); // the elements with such an answer
  let later = 0;
  let asked = 0, took = 0, answered = 0;
  const resting = new Set();

  /** Whether the person points at a row, has the focus, a menu or a selection in it. */
  function inUse(part) {
    const selection = getSelection();
    return (part.tagName === "TR" && part.matches(":hover"))
      || (document.activeElement !== document.body && part.contains(document.activeElement))
      || part.querySelector("details[open], dialog[open]") !== null
      || (!selection.isCollapsed && part.contains(selection.anchorNode));
  }

  /** Puts `fresh` where the part with its id stands, unless that says the same or is in use. Returns what is new. */
  function merge(fresh) {
    const old = document.getElementById(fresh.id);
    if (!old) return [];
    if (fresh.hasAttribute("data-parts")) return mergeList(old, fresh);
    for (const button of fresh.querySelectorAll("[data-copy], [data-print]")) button.hidden = false;
    if (old.isEqualNode(fresh)) return [];
    if (inUse(old)) {
      left = true;
      return [];
    }
    const words = fresh.dataset.announce;
    if (words && words !== old.dataset.announce) document.dispatchEvent(new CustomEvent("announce", { detail: words }));
    old.replaceWith(fresh);
    if (fresh.tagName === "TR") tint(fresh);
    return [fresh];
  }

  function tint(row) {
    row.classList.add("changed");
    setTimeout(() => row.classList.remove("changed"), 1_500);
  }

  /** What has left the list stays, greyed, until the person goes on: nothing vanishes before their eyes. */
  function fade(row) {
    row.classList.add("gone");
    if (inUse(row)) left = true;
    else row.inert = true;
  }

  /** Rows change places only while nobody points at the list or is in it. */
  function mergeList(list, fresh) {
    const rows = [...fresh.children], order = rows.map((row) => row.id), wanted = new Set(order), added = [];
    for (const row of rows) {
      if (document.getElementById(row.id)) added.push(...merge(row));
      else added.push(list.appendChild(row));
    }
    for (const row of list.children) if (!wanted.has(row.id)) fade(row);
    if (list.matches(":hover") || inUse(list)) left = true;
    else sort(list, order);
    return added;
  }

  /** Moves only what stands in the wrong place, so that nothing loses its state for no reason. */
  function sort(list, order) {
    let at = list.firstElementChild;
    for (const id of order) {
      const row = document.getElementById(id);
      while (at?.classList.contains("gone")) at = at.nextElementSibling;
      if (row === at) at = at.nextElementSibling;
      else list.insertBefore(row, at);
    }
  }

  /** Whether the element may ask again already; else it is asked to, once the rest is over. */
  function mayAsk(element) {
    const wait = REST * took - (performance.now() - answered);
    if (wait <= 0) {
      asked = performance.now();
      return true;
    }
    if (resting.has(element)) return false;
    resting.add(element);
    setTimeout(() => {
      resting.delete(element);
      htmx.trigger(element, "live:again");
    }, wait);
    return false;
  }

  htmx.defineExtension("parts", {
    onEvent(name, event) {
      if (name === "htmx:beforeRequest") return mayAsk(event.detail.elt);
      if (name === "htmx:afterRequest") {
        answered = performance.now();
        took = answered - asked;
      }
      return true;
    },

    handleSwap(style, target, fragment) {
      if (style !== "parts") return false;
      left = false;
      const fresh = [...fragment.querySelectorAll("[data-part], [data-parts]")].flatMap(merge);
      if (left) behind.add(target);
      else behind.delete(target);
      return fresh;
    },
  });

  function again() {
    later = 0;
    const elements = [...behind];
    behind.clear();
    for (const element of elements) htmx.trigger(element, "live:again");
  }
  for (const name of ["focusout", "pointerout", "toggle", "selectionchange"]) {
    document.addEventListener(name, () => { if (behind.size) later ||= setTimeout(again, AFTER_USE_MS); }, true);
  }
})();
