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
  const isReview = (address) => new RegExp(`^${batch}(review/([0-9a-f-]{36}/)?|confirm/)$`).test(pathOf(address));

  let last = Promise.resolve(), sendingNow = 0; // decisions are sent one after another

  // --- the button that names the student -----------------------------------------------------------------------------

  function nameTheStudent() {
    const button = find("confirm"), radio = chosen();
    if (!button) return;
    const stands = radio && radio.value === button.dataset.decided;
    const words = !radio ? button.dataset.pick : stands ? button.dataset.stands : button.dataset.confirm.replace("{name}", () => radio.dataset.name);
    if (radios().length) button.querySelector("span").textContent = words; // else the server says that there is nobody
    if (radio && !stands && !document.querySelector("[data-archived]")) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }

  function choose(radio) {
    if (!radio) return;
    radio.checked = true;
    radio.focus();
    radio.closest(".candidate").scrollIntoView({ block: "nearest" });
    touched = true;
    nameTheStudent();
  }

  document.addEventListener("change", (event) => { if (event.target.name === "student") choose(event.target); });

  // --- pages ahead -------------------------------------------------------------------------------------------------------

  const AHEAD = 3;
  const ahead = new Map(); // address to the page there: fetched before it is asked for, or shown already and so old
  let here = document.documentElement.outerHTML; // this page, as it came

  const isFresh = (path) => ahead.get(path)?.isOld === false;
  /** What may be shown at once: without contact that is also how things were before. */
  const atHand = (address) => (page.hasLost() || isFresh(pathOf(address)) ? ahead.get(pathOf(address)) : undefined);
  const age = () => ahead.forEach((kept) => { kept.isOld = true; });

  async function fetchAhead(address, depth = AHEAD) {
    if (!address || !depth || pathOf(address) === location.pathname) return;
    const key = pathOf(address);
    try {
      if (!isFresh(key)) ahead.set(key, { html: (await page.getPage(key, { "HuleEdu-Ahead": "1" })).html, isOld: false });
    } catch {
      return; // no contact: what is here stays
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
    age();
    fetchSoon();
  });

  // --- what is on its way ------------------------------------------------------------------------------------------------

  const SLOW_MS = 300, GLANCE_MS = 250;
  const coming = new Set();

  /** `work` brings another page. Until it is here keys wait for it, nothing is decided about what stands here, and where it takes
   * its time that is shown. It says what came: a "text", what is "known" (the person was there, or asked for all of it), or
   * something "other" than was asked for. */
  function bring(work) {
    const panes = document.querySelector(".review");
    const slow = setTimeout(() => panes?.setAttribute("aria-busy", "true"), SLOW_MS);
    const mine = work.catch(() => "other").finally(() => {
      clearTimeout(slow);
      panes?.removeAttribute("aria-busy");
      coming.delete(mine);
    });
    coming.add(mine);
    return mine;
  }

  /** What came last, once it is here; null where nothing is on its way. */
  const onItsWay = () => [...coming].at(-1) ?? null;

  /** Once what was pressed shows: another page takes its time on a slow machine, and the answer to a key should not. */
  const painted = (value) => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0, value)));

  let isEarly = false, wasEarly = false;

  /** Does what a key says that was pressed before the open text was here, but decides nothing. Whether it would not have. */
  function early(work) {
    [isEarly, wasEarly] = [true, false];
    work();
    isEarly = false;
    return !wasEarly;
  }

  // --- going from text to text -------------------------------------------------------------------------------------------

  let touched = false, queueAt = 0; // whether the person has chosen something here; how far the queue is scrolled

  const listAgain = () => find("queue") && htmx.trigger("#queue", "live:again"); // what a page fetched ahead lists may be old
  const listed = (detail) => document.dispatchEvent(new CustomEvent("listed", { detail })); // where another is open, or it is another

  /** Who else is here, this page knows better than any that was made before; and it may be asking just now. */
  function keeping(parts, work) {
    const kept = document.querySelectorAll(parts);
    for (const part of kept) part.remove(); // so that no answer to it is let go
    work();
    for (const part of kept) find(part.id)?.replaceWith(part);
  }
  const PRESENCE = "#presence, #here, .readers", LISTED = "#presence, #here, #review-bar, #review-sum, #queue";

  /** A page that `isOlder` than what is listed here, fetched ahead or shown before, leaves the list as it is. */
  function show(html, address, { push = true, isOlder = false } = {}) {
    let asksAt = "";
    queueAt = document.querySelector(".queue")?.scrollTop ?? queueAt;
    if (here && !isFresh(location.pathname)) ahead.set(location.pathname, { html: here, isOld: true });
    keeping(`#queue-find, ${isOlder ? LISTED : PRESENCE}`, () => {
      page.showPage(html, address, { push });
      asksAt = find("queue")?.getAttribute("hx-get");
    });
    here = html;
    listed(isOlder ? { text: idIn(address), asksAt } : null);
  }

  /** A page is there: the focus goes to its decision, what waits is marked, and what comes next is fetched. */
  function arrived({ say = true } = {}) {
    touched = false;
    nameTheStudent();
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

  let asked = 0; // the page that was asked for last is the one that opens

  const go = (address) => bring(open(address, atHand(address), (asked += 1)));

  async function open(address, kept, mine) {
    const old = kept ?? ahead.get(pathOf(address)), known = old ? { html: old.html, address } : {};
    const { html, address: at } = kept ? await painted(known) : await page.getPage(address).catch(() => known);
    if (mine !== asked) return "other";
    if (!html) return page.note("not-here-note") && "other";
    put(html, at, { isOlder: html === old?.html });
    if (kept && decided.size) listAgain();
    if (kept) page.getPage(address, { "HuleEdu-Ahead": "read" }).catch(() => {});
    return pathOf(at) !== pathOf(address) ? "other" : find("confirm-ticked") ? "known" : "text";
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest(":is(#content, #told) a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("download") || link.target || !isReview(link.href) || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    go(link.href);
  });

  // Back and forward.
  document.addEventListener("shown", () => { here = ""; setTimeout(() => { nameTheStudent(); fetchSoon(); }); });

  // --- deciding ----------------------------------------------------------------------------------------------------------

  const decided = new Set(); // texts decided on this page: what was fetched of them says how it was before

  /** Shows the text that follows at once where it is here already, sends the decision, then shows what the server says. */
  function decide(form, submitter) {
    const fields = new FormData(form, submitter), url = pathOf(form.action), text = idIn(url);
    const decision = fields.get("decision") ?? "student";
    decided.add(text);
    const next = following();
    const ready = goesOn && (decision === "student" || decision === "nobody") && next && !decided.has(idIn(pathOf(next)));
    const follows = ready ? atHand(next) : undefined;
    const goal = !goesOn || decision === "clear" ? location.pathname : next ? pathOf(next) : `${batch}review/`;
    for (const path of [location.pathname, `${batch}review/${text}/`]) ahead.delete(path);
    const shownAt = follows ? pathOf(next) : location.pathname;
    mark(text, true);
    const shown = follows && bring(painted().then(() => put(follows.html, next, { isOlder: true, say: false }) ?? "text"));
    const sent = queueUp(async () => {
      const answer = await page.post(url, fields).catch(() => null);
      await shown;
      if (!answer) return unsent(url, fields, decision, follows);
      waiting.drop(url);
      const html = await answer.text();
      if (answer.status === 409 && html.includes("decided-first")) return put(html, `${batch}review/${text}/`, { isUnasked: follows });
      if (!answer.ok) return refusedFor(html, text, follows);
      if (location.pathname !== shownAt) return tellOf(html);
      return settle(html, answer.url, follows);
    });
    if (!follows) bring(sent.then(() => (location.pathname === goal ? "text" : "other")));
  }

  /** The text after this one; without contact the first undecided one that is here. */
  function following(isLost = page.hasLost()) {
    const next = find("next")?.href, rows = isLost ? document.querySelectorAll("#queue ul[data-group] a") : [];
    const isHere = (address) => ahead.has(pathOf(address)) && !decided.has(idIn(pathOf(address)));
    return [next, ...[...rows].map((row) => row.href)].find((address) => address && isHere(address)) ?? next;
  }

  function queueUp(work) {
    sendingNow += 1;
    last = last.then(work).catch(() => page.note("failed-note")).finally(() => { sendingNow -= 1; });
    return last;
  }

  /** `isUnasked`: comes in the place of what the person looks at. Keys pressed before that can have been seen meant the other. */
  function put(html, address, { isUnasked = false, isOlder = false, say = true } = {}) {
    const about = () => `${find("decide")?.action} ${chosen()?.value}`, before = about();
    show(html, address, { isOlder });
    arrived({ say });
    if (isUnasked && about() !== before) glance();
  }

  let glimpsed = null;
  const glance = () => { glimpsed = bring(new Promise((done) => setTimeout(done, GLANCE_MS, "other"))); };

  /** While something is on its way nothing is decided; where it came unasked, and can hardly have been seen, that is said. */
  function isTooEarly() {
    if (coming.has(glimpsed)) document.dispatchEvent(new CustomEvent("early"));
    return coming.size > 0;
  }

  /** What became of a decision, where the person is further on already. */
  function tellOf(html) {
    page.replacePart(find("messages"), new DOMParser().parseFromString(html, "text/html").getElementById("messages"));
    listAgain();
    page.announce(words());
  }

  /** The server's page: where the same text is open already, only what stands around it is new. */
  function settle(html, address, follows) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const same = (id) => plain(find(id)) === plain(fresh.getElementById(id));
    if (!follows || pathOf(address) !== location.pathname || (!inHand() && !same("decide"))) return put(html, address, { isUnasked: follows });
    queueAt = document.querySelector(".queue").scrollTop;
    keeping(PRESENCE, () => {
      for (const id of ["messages", "offer", "review-head", "queue"]) {
        const part = fresh.getElementById(id), old = find(id);
        if (part && old) page.replacePart(old, part);
      }
    });
    document.querySelector(".queue").scrollTop = queueAt;
    listed();
    document.title = fresh.title;
    page.announce(words());
    return fetchSoon();
  }

  /** Whether the person is in the middle of something that another page would take out of their hands. */
  const inHand = () => touched || Boolean(document.querySelector("dialog[open]")) || document.activeElement?.id === "search-words";

  const plain = (element) => element?.innerText?.replace(/\s+/g, " ").trim() || element?.textContent.replace(/\s+/g, " ").trim();

  async function refusedFor(html, text, follows) {
    if (follows) await go(`${batch}review/${text}/`);
    if (follows) glance();
    const reason = new DOMParser().parseFromString(html, "text/html").getElementById("action-error");
    if (!reason) return page.note("failed-note");
    find("messages").replaceChildren(...reason.childNodes);
    mark(text, false);
    return undefined;
  }

  /** No contact: the decision waits on the device. One that holds names is not kept; it stays in its fields. */
  function unsent(url, fields, decision, follows) {
    mark(idIn(url), false);
    if (decision === "new" || !waiting.keep(url, fields)) return page.note("offline-note");
    page.announce(find("queue")?.dataset.waiting ?? "");
    if (follows || !goesOn) return undefined;
    const next = following(true), kept = next && !decided.has(idIn(pathOf(next))) && ahead.get(pathOf(next));
    return kept ? put(kept.html, next, { isOlder: true }) : page.note("not-here-note");
  }

  document.addEventListener("waiting:sent", ({ detail }) => {
    if (sendingNow) return;
    age();
    if (idIn(detail.url) === idIn(location.pathname)) put(detail.html, detail.address, { isUnasked: true });
  });

  /** A decision made without contact about this text, which somebody else decided first: both choices are shown. */
  function showRefused() {
    const entry = waiting.list().find((other) => other.refused && idIn(other.url) === idIn(location.pathname));
    if (!entry) return;
    queueUp(async () => {
      const answer = await page.post(entry.url, waiting.fieldsOf(entry));
      if (waiting.isAbout(answer)) waiting.drop(entry.url);
      if (answer.status === 409) put(await answer.text(), location.href, { isUnasked: true });
    });
  }

  const mark = (text, isSending) => find(`row-${text}`)?.classList.toggle("sending", isSending); // its row

  // --- forms ---------------------------------------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target, { submitter } = event;
    if (event.defaultPrevented || form.method !== "post" || !form.closest("#content")) return;
    const action = pathOf(form.action);
    if (action.endsWith("/decide/")) {
      event.preventDefault();
      if (isBusy(form) || submitter?.getAttribute("aria-disabled") === "true" || isTooEarly()) return undefined;
      if (submitter?.id === "nobody") return find("not-in-class").showModal();
      if (form.id === "decide" && (submitter?.value ?? "student") === "student" && !chosen()) return undefined;
      if (isEarly) return (wasEarly = true);
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
      return isTooEarly() ? undefined : confirmCertain(form, submitter);
    }
    return undefined;
  }, true);

  /** A decision that waits is simply not sent; otherwise the server undoes the last one. */
  function undo(form) {
    const waits = waiting.list().findLast((entry) => entry.url.startsWith(batch));
    const url = pathOf(form.action);
    const undone = queueUp(async () => {
      if (waits) {
        waiting.drop(waits.url);
        decided.delete(idIn(waits.url));
        go(idIn(waits.url) ? `${batch}review/${idIn(waits.url)}/` : `${batch}review/`);
        return idIn(waits.url);
      }
      const fields = new FormData(); // as it is now, when what was pressed before is done
      fields.set("last", find("undo")?.elements.last.value ?? "");
      const answer = await page.post(url, fields).catch(() => null);
      if (!answer) return page.note("offline-note");
      if (!answer.ok) return refusedFor(await answer.text());
      age();
      return put(await answer.text(), answer.url) ?? idIn(answer.url);
    });
    bring(undone.then((text) => (text && text === idIn(location.pathname) ? "known" : "other")));
  }

  function confirmCertain(form, submitter) {
    const fields = new FormData(form, submitter), url = pathOf(form.action);
    const sent = queueUp(async () => {
      const answer = await page.post(url, fields).catch(() => null);
      if (answer && !answer.ok) return refusedFor(await answer.text()); // the ticks stay as they are
      age();
      if (answer) return put(await answer.text(), answer.url);
      if (!waiting.keep(url, fields)) return page.note("offline-note");
      page.note("offline-note").querySelector("p").textContent = form.dataset.waiting;
      return undefined;
    });
    bring(sent.then(() => "text"));
  }

  // Shift+Enter opens the certain ones (review-keys.js): also before that is here it is never the browser's Enter, which decides.
  addEventListener("keydown", (event) => { if (event.key === "Enter" && event.shiftKey && event.target.closest?.("#decide")) event.preventDefault(); });

  window.review = { choose, chosen, early, find, glance, isBusy, onItsWay, radios };

  // --- at the start ----------------------------------------------------------------------------------------------------

  document.addEventListener("htmx:afterSwap", ({ detail }) => { if (detail.target.id === "others") nameTheStudent(); }); // who was chosen may be gone
  addEventListener("pageshow", nameTheStudent); // the browser may have restored another choice
  document.querySelector(".queue-item[aria-current]")?.scrollIntoView({ block: "nearest" });
  nameTheStudent();
  showRefused();
  fetchSoon();
})();
