// Decisions made without contact wait on this device, as ids only, and are sent in order once there is contact: also after a
// reload, and from any page. Each carries the version the person saw and sending one twice is one decision, so that a lost
// answer does no harm and a colleague who was first is never overwritten. Signing out forgets them.
//
// Tells others: `waiting` (the list changed) and `waiting:sent` (detail: {url, html, address}) on document.
"use strict";

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

  /** Whether the next one may be sent. */
  async function send(entry) {
    const answer = await page.post(entry.url, fieldsOf(entry));
    if (answer.status === 429 || answer.status >= 500) return false;
    if (answer.status === 409) refused(entry);
    else drop(entry.url);
    if (answer.ok) {
      const detail = { url: entry.url, html: await answer.text(), address: answer.url };
      document.dispatchEvent(new CustomEvent("waiting:sent", { detail }));
    } else if (answer.status !== 409) page.note("unused-note");
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
    for (const key of Object.keys(localStorage)) if (/^(waiting|unsent):/.test(key)) localStorage.removeItem(key);
    leaving = true;
    form.submit();
  }, true);

  window.waiting = { drop, fieldsOf, keep, list };
  tell();
})();
