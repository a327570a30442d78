// Match review: the next text without a new page, decisions without contact. Extra to plain forms and
// links: each step has the same address and the same answer with and without this. `window.review` is for review-keys.js.
"use strict";

(() => {
  const find = (id) => document.getElementById(id);
  const radios = () => [...document.querySelectorAll("#decide input[name=student]")];
  const chosen = () => radios().find((radio) => radio.checked);
  const goesOn = document.body.dataset.goOn !== "0";
  const idIn = (address) => /\/(?:texts|review)\/([0-9a-f-]{36})\//.exec(address)?.[1];
  const pathOf = (address) => new URL(address, location.href).pathname;
  const batch = /^\/batches\/[0-9a-f-]{36}\//.exec(location.pathname)[0];
  const isBusy = (element) => element.closest("[inert], [aria-busy=true]") !== null;
  const isArchived = () => document.querySelector("[data-archived]") !== null;
  const isReview = (address) => new RegExp(`^${batch}(review/([0-9a-f-]{36}/)?|confirm/)$`).test(pathOf(address));

  let last = Promise.resolve(); // decisions are sent one after another
  let sendingNow = 0;

  // --- the button that names the student -----------------------------------------------------------------------------

  function nameTheStudent() {
    const button = find("confirm");
    if (!button) return;
    const radio = chosen();
    const words = radio ? button.dataset.confirm.replace("{name}", () => radio.dataset.name) : button.dataset.pick;
    button.querySelector("span").textContent = words;
    if (radio && !isArchived()) button.removeAttribute("aria-disabled");
    else if (radios().length) button.setAttribute("aria-disabled", "true");
  }

  function choose(radio) {
    if (!radio) return;
    radio.checked = true;
    radio.focus();
    radio.closest(".candidate").scrollIntoView({ block: "nearest" });
    touched = true;
    nameTheStudent();
  }

  function countTheTicked() {
    const button = find("confirm-ticked");
    const n = document.querySelectorAll("input[name=match]:checked").length;
    if (button) button.querySelector("span").textContent = button.dataset.confirm.replace("{n}", n);
  }

  /** Press a button of the decision, where the student it needs is chosen. */
  function press(button) {
    if (button && button.getAttribute("aria-disabled") !== "true" && !isBusy(button)) button.form.requestSubmit(button);
  }

  document.addEventListener("change", (event) => {
    if (event.target.name === "student") {
      touched = true;
      nameTheStudent();
    }
    if (event.target.name === "match") countTheTicked();
  });

  // --- pages ahead -------------------------------------------------------------------------------------------------------

  const AHEAD = 3;
  const ahead = new Map(); // address to the page there, fetched before it is asked for

  async function fetchAhead(address, depth = AHEAD) {
    if (!address || !depth || pathOf(address) === location.pathname) return;
    const key = pathOf(address);
    try {
      if (!ahead.has(key)) ahead.set(key, { html: (await page.getPage(key, { "HuleEdu-Ahead": "1" })).html });
    } catch {
      return; // no contact
    }
    const next = new DOMParser().parseFromString(ahead.get(key)?.html ?? "", "text/html").getElementById("next");
    if (depth > 1 && document.visibilityState === "visible") await fetchAhead(next?.getAttribute("href"), depth - 1);
  }

  let soon = 0;
  function fetchSoon() {
    clearTimeout(soon);
    // After what is on its way: its answer says how it went, and that is said once.
    soon = setTimeout(() => last.then(() => fetchAhead(find("next")?.href)), 100);
  }

  // Something happened in the batch: what was fetched says how it was before.
  document.addEventListener(`live:batch:${batch.split("/")[2]}`, () => {
    if (sendingNow) return; // the person's own decision
    ahead.clear();
    fetchSoon();
  });

  // --- going from text to text -------------------------------------------------------------------------------------------

  const SLOW_MS = 300;
  let touched = false; // whether the person has chosen something here
  let queueAt = 0; // how far the queue is scrolled

  const listed = () => document.dispatchEvent(new CustomEvent("listed")); // another list of texts: review-keys.js narrows it

  /** `isOld`: fetched before it was asked for, so that this page knows better who else is here. */
  function show(html, address, { push = true, isOld = false } = {}) {
    queueAt = document.querySelector(".queue")?.scrollTop ?? queueAt;
    const kept = [find("queue-find"), ...(isOld ? document.querySelectorAll("#here, .readers") : [])].filter(Boolean);
    page.showPage(html, address, { push });
    for (const part of kept) find(part.id)?.replaceWith(part);
    listed();
  }

  /** A page is there: the focus goes to its decision, what waits is marked, and what comes next is fetched. */
  function arrived({ say = true } = {}) {
    touched = false;
    nameTheStudent();
    countTheTicked();
    mark();
    freeze();
    if (document.querySelector(".queue")) document.querySelector(".queue").scrollTop = queueAt;
    document.querySelector(".queue-item[aria-current]")?.scrollIntoView({ block: "nearest" });
    const place = find("decided-first")?.querySelector("a") ?? find("confirm-ticked") ?? chosen() ?? radios()[0] ?? find("candidates") ?? find("done");
    if (place && !place.matches("a, button, input")) place.tabIndex = -1;
    place?.focus({ preventScroll: true });
    scrollTo(0, 0);
    if (say) page.announce(words());
    showRefused();
    fetchSoon();
  }

  /** What happened, then what is open: "Confirmed. 2 left. Johanna Lundell.docx, conflict: the clues disagree." */
  function words() {
    const said = find("messages")?.textContent.replace(/\s+/g, " ").trim() ?? "";
    const row = document.querySelector(".queue-item[aria-current]");
    const text = (name) => row?.querySelector(name)?.textContent.trim() ?? "";
    const open = row ? `${text(".queue-name")}, ${text(".visually-hidden")} ${text(".queue-note")}.` : find("done")?.textContent ?? "";
    return `${said} ${open}`.trim();
  }

  /** A page that takes its time: what stands here meanwhile says so, and decides nothing. */
  async function getSlowly(address) {
    const panes = document.querySelector(".review");
    const slow = setTimeout(() => panes?.setAttribute("aria-busy", "true"), SLOW_MS);
    try {
      return await page.getPage(address);
    } finally {
      clearTimeout(slow);
      panes?.removeAttribute("aria-busy");
    }
  }

  async function go(address) {
    const kept = ahead.get(pathOf(address));
    try {
      const { html, address: at } = kept ? { html: kept.html, address } : await getSlowly(address);
      show(html, at, { isOld: Boolean(kept) });
      arrived();
      if (kept) page.getPage(address).catch(() => {}); // so that the server knows it was read
      return true;
    } catch {
      page.note("offline-note");
      return false;
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest(":is(#content, #told) a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("download") || link.target || !isReview(link.href) || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    go(link.href);
  });

  // Back and forward.
  document.addEventListener("shown", () => setTimeout(() => { nameTheStudent(); mark(); fetchSoon(); }));

  // --- deciding ----------------------------------------------------------------------------------------------------------

  const decided = new Set(); // texts decided on this page: what was fetched of them says how it was before

  /** Shows the text that follows at once where it is here already, sends the decision, then shows what the server says. */
  function decide(form, submitter) {
    const fields = new FormData(form, submitter), url = pathOf(form.action), text = idIn(url);
    const decision = fields.get("decision") ?? "student", next = find("next")?.href;
    decided.add(text);
    const ready = goesOn && (decision === "student" || decision === "nobody") && next && !decided.has(idIn(pathOf(next)));
    const follows = ready ? ahead.get(pathOf(next)) : undefined;
    if (follows) {
      show(follows.html, next, { isOld: true });
      arrived({ say: false });
      ahead.delete(pathOf(next));
    }
    markRow(text);
    const shownAt = location.pathname;
    queueUp(async () => {
      const answer = await page.post(url, fields).catch(() => null);
      if (!answer) return unsent(url, fields, { decision, next, follows });
      waiting.drop(url);
      const html = await answer.text();
      if (answer.status === 409 && html.includes("decided-first")) return put(html, `${batch}review/${text}/`);
      if (!answer.ok) return refusedFor(html, text, follows);
      if (follows && location.pathname !== shownAt) return undefined; // the person is further on already
      return settle(html, answer.url, follows);
    });
  }

  function queueUp(work) {
    sendingNow += 1;
    last = last.then(work).catch(() => page.note("failed-note")).finally(() => { sendingNow -= 1; });
  }

  function put(html, address) {
    show(html, address);
    arrived();
  }

  /** The server's page: where the same text is open already, only what stands around it is new. */
  function settle(html, address, follows) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const same = (id) => plain(find(id)) === plain(fresh.getElementById(id));
    if (!follows || pathOf(address) !== location.pathname || (!inHand() && !same("decide"))) return put(html, address);
    for (const id of ["messages", "offer", "review-head", "queue"]) {
      const part = fresh.getElementById(id), old = find(id);
      if (!part || !old) continue;
      queueAt = document.querySelector(".queue").scrollTop;
      page.replacePart(old, part);
    }
    document.querySelector(".queue").scrollTop = queueAt;
    listed();
    document.title = fresh.title;
    mark();
    page.announce(words());
    return fetchSoon();
  }

  /** Whether the person is in the middle of something that another page would take out of their hands. */
  const inHand = () => touched || Boolean(document.querySelector("dialog[open]")) || document.activeElement?.id === "search-words";

  const plain = (element) => element?.innerText?.replace(/\s+/g, " ").trim() || element?.textContent.replace(/\s+/g, " ").trim();

  async function refusedFor(html, text, follows) {
    if (follows) await go(`${batch}review/${text}/`);
    const reason = new DOMParser().parseFromString(html, "text/html").getElementById("action-error");
    if (!reason) return page.note("failed-note");
    find("messages").replaceChildren(...reason.childNodes);
    unmark(text);
    return undefined;
  }

  /** No contact: the decision waits on the device. One that holds names is not kept; it stays in its fields. */
  function unsent(url, fields, { decision, next, follows }) {
    unmark(idIn(url));
    if (decision === "new" || !waiting.keep(url, fields)) return page.note("offline-note");
    page.announce(find("queue")?.dataset.waiting ?? "");
    if (!follows && goesOn && next && ahead.has(pathOf(next))) go(next);
    return undefined;
  }

  document.addEventListener("waiting:sent", ({ detail }) => {
    if (sendingNow) return;
    ahead.clear();
    if (idIn(detail.url) === idIn(location.pathname)) put(detail.html, detail.address);
  });

  /** A decision made without contact about this text, which somebody else decided first: both choices are shown. */
  function showRefused() {
    const entry = waiting.list().find((other) => other.refused && idIn(other.url) === idIn(location.pathname));
    if (!entry) return;
    queueUp(async () => {
      const answer = await page.post(entry.url, waiting.fieldsOf(entry));
      waiting.drop(entry.url);
      if (answer.status === 409) put(await answer.text(), location.href);
    });
  }

  // --- rows whose decision is on its way or waits -------------------------------------------------------------------------

  const rowOf = (text) => document.getElementById(`row-${text}`);
  const markRow = (text) => rowOf(text)?.classList.add("sending");
  const unmark = (text) => rowOf(text)?.classList.remove("sending");

  function mark() {
    const said = find("queue")?.dataset.waiting;
    for (const entry of waiting.list()) {
      for (const text of entry.url.endsWith("/confirm/") ? entry.fields.filter(([name]) => name === "match").map(([, value]) => value.split(":")[0]) : [idIn(entry.url)]) {
        const note = rowOf(text)?.querySelector(".queue-note");
        if (!note) continue;
        rowOf(text).classList.add("sending");
        note.textContent = said;
      }
    }
  }
  document.addEventListener("waiting", mark);

  // --- forms ---------------------------------------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target, { submitter } = event;
    if (form.id === "queue-find") {
      event.preventDefault();
      return document.querySelector("#queue li:not([hidden]) > a")?.click();
    }
    if (event.defaultPrevented || form.method !== "post" || !form.closest("#content")) return;
    const action = pathOf(form.action);
    if (action.endsWith("/decide/")) {
      event.preventDefault();
      if (isBusy(form) || submitter?.getAttribute("aria-disabled") === "true") return undefined;
      if (submitter?.id === "nobody") return find("not-in-class").showModal();
      if (form.id === "decide" && (submitter?.value ?? "student") === "student" && !chosen()) return undefined;
      form.closest("dialog")?.close();
      submitter?.closest("dialog")?.close();
      return decide(form, submitter);
    }
    if (action === `${batch}undo/`) {
      event.preventDefault();
      return undo(form);
    }
    if (action === `${batch}confirm/`) {
      event.preventDefault();
      return confirmCertain(form, submitter);
    }
    return undefined;
  }, true);

  let undosOnTheWay = 0;

  /** A decision that waits is simply not sent; otherwise the server undoes the last one. */
  function undo(form) {
    const waits = waiting.list().findLast((entry) => entry.url.startsWith(batch));
    const url = pathOf(form.action);
    undosOnTheWay += 1;
    queueUp(async () => {
      if (waits) {
        waiting.drop(waits.url);
        return go(idIn(waits.url) ? `${batch}review/${idIn(waits.url)}/` : `${batch}review/`);
      }
      const answer = await page.post(url, new FormData()).catch(() => null);
      if (!answer) return page.note("offline-note");
      ahead.clear();
      return put(await answer.text(), answer.url);
    });
    last = last.finally(() => { undosOnTheWay -= 1; });
  }

  function confirmCertain(form, submitter) {
    const fields = new FormData(form, submitter), url = pathOf(form.action);
    queueUp(async () => {
      const answer = await page.post(url, fields).catch(() => null);
      ahead.clear();
      if (answer) return put(await answer.text(), answer.url);
      if (!waiting.keep(url, fields)) return page.note("offline-note");
      page.note("offline-note").querySelector("p").textContent = form.dataset.waiting;
      return undefined;
    });
  }

  // --- a colleague was first ---------------------------------------------------------------------------------------------

  /** What somebody else has decided about the open text holds it still: to the next one, or change it. */
  function freeze() {
    const told = document.querySelector("#meanwhile .banner a");
    if (!told) return;
    const panes = document.querySelectorAll("#decide .candidate-list, #decide .decision-bar");
    const had = [...panes].some((pane) => pane.contains(document.activeElement));
    for (const pane of panes) pane.inert = true;
    if (had) told.focus({ preventScroll: true });
  }

  /** The archive ends every decision: its buttons stay, say why not, and nothing chosen is lost. */
  function closeArchived() {
    if (!isArchived()) return;
    for (const button of document.querySelectorAll("#decide button:not([data-dialog-open], [data-search]), #undo button")) {
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-describedby", "lock-reason");
    }
  }

  /** Settled once every undo has been answered; null where none is on its way. */
  const undoing = () => (undosOnTheWay ? last : null);
  window.review = { choose, chosen, find, isBusy, press, radios, undoing };

  // --- at the start ----------------------------------------------------------------------------------------------------

  document.addEventListener("htmx:afterSwap", (event) => {
    const { id } = event.detail.target;
    if (id === "others") nameTheStudent(); // the digits belong to the students as they stand, also after a search
    if (id === "meanwhile") freeze();
    if (id === "queue") mark();
    if (id === "around") closeArchived();
  });
  addEventListener("pageshow", () => {
    nameTheStudent(); // the browser may have restored another choice
    countTheTicked();
  });
  document.querySelector(".queue-item[aria-current]")?.scrollIntoView({ block: "nearest" });
  nameTheStudent();
  mark();
  showRefused();
  fetchSoon();
  // With a keyboard, on to the decision; a phone shows the text first.
  if (matchMedia("(min-width: 768px) and (hover: hover)").matches && document.activeElement === document.body) {
    (chosen() || radios()[0])?.focus({ preventScroll: true });
  }
})();
