// What every page shares: one WebSocket that tells which parts to fetch again, and small conveniences. All of it is extra:
// without script, and while the socket is away, pages are plain pages and forms.
//
// Tells others: `live:<kind>:<uuid>` and `live:any` on document. Listens for: `announce` (detail: the words to read out).
"use strict";

(() => {
  const COALESCE_MS = 150, PING_MS = 20_000, PATIENCE_MS = 5_000, POLL_MS = 10_000, ANNOUNCE_MS = 3_000, TOAST_MS = 8_000;
  const LONGEST_WAIT_MS = 15_000, SIGNED_OUT = 4401;
  const body = document.body;
  const resources = (body.dataset.resources || "").split(/\s+/).filter(Boolean);

  // --- telling the page --------------------------------------------------------------------------------------------

  const changed = new Set();
  let firing = 0;

  function fire() {
    firing = 0;
    for (const resource of [...changed, "any"]) document.dispatchEvent(new CustomEvent(`live:${resource}`));
    changed.clear();
  }

  function changedNow(names) {
    for (const name of names) changed.add(name);
    firing ||= setTimeout(fire, COALESCE_MS);
  }

  const everything = () => changedNow(resources);

  // --- reading out -------------------------------------------------------------------------------------------------

  let toSay = "", saidAt = 0, saying = 0;

  function say() {
    saying = 0;
    saidAt = Date.now();
    document.getElementById("announcer").textContent = toSay;
  }

  /** At most one message in three seconds: a later one takes an earlier one's place, so messages hold sums. */
  function announce(words) {
    toSay = words;
    saying ||= setTimeout(say, Math.max(50, saidAt + ANNOUNCE_MS - Date.now()));
  }

  document.addEventListener("announce", (event) => announce(String(event.detail)));

  /** A fragment says what is new in data-announce; it is read out when it differs from before. */
  const announced = new Map();
  function announceFragment(element) {
    for (const part of [element, ...element.querySelectorAll("[data-announce]")]) {
      const words = part.dataset.announce;
      if (!words || announced.get(part.id) === words) continue;
      announced.set(part.id, words);
      announce(words);
    }
  }
  for (const part of document.querySelectorAll("[data-announce]")) announced.set(part.id, part.dataset.announce);

  // --- the socket --------------------------------------------------------------------------------------------------

  let socket, tries = 0, polling = 0, heartbeat = 0, silence = 0, patience = 0, hasBeenLive = false;
  let lastSeq = Number(sessionStorage.getItem("seq")); // where this tab's last page stood: 0, the first one
  const state = document.querySelector("[data-live-state]");

  function show(live) {
    clearTimeout(patience);
    patience = 0;
    if (!state) return;
    state.classList.toggle("reconnecting", !live);
    const words = live ? state.dataset.live : state.dataset.reconnecting;
    if (state.textContent !== words) state.textContent = words;
  }

  function lost() {
    clearInterval(heartbeat);
    clearTimeout(silence);
    patience ||= setTimeout(() => show(false), PATIENCE_MS);
    polling ||= setInterval(everything, POLL_MS);
  }

  function connect() {
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/`, ["huleedu.v1"]);
    socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      lost();
      if (event.code === SIGNED_OUT) return clearInterval(polling), signedOut();
      setTimeout(connect, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** tries++));
    });
  }

  const send = (frame) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));

  function ping() {
    send({ action: "ping" });
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), PATIENCE_MS);
  }

  function receive(frame) {
    clearTimeout(silence);
    if (frame.type === "hello") return greeted(frame.seq);
    if (frame.type === "resync") return everything();
    // Of what happened to others than its resources the page is told nothing, so the number may simply be further on.
    if (frame.type === "pong" && frame.seq > lastSeq) send({ action: "resume", after: lastSeq });
    if (frame.resource) changedNow([frame.resource]);
    if (frame.seq > lastSeq) remember(frame.seq);
  }

  function remember(seq) {
    lastSeq = seq;
    sessionStorage.setItem("seq", seq);
  }

  /** Contact. What happened between making the page, or losing contact, and now is fetched once. */
  function greeted(seq) {
    tries = 0;
    clearInterval(polling);
    polling = 0;
    show(true);
    for (const resource of resources) send({ action: "subscribe", resource });
    if (hasBeenLive || !lastSeq || lastSeq > seq) everything();
    else if (lastSeq < seq) send({ action: "resume", after: lastSeq });
    remember(seq);
    hasBeenLive = true;
    clearInterval(heartbeat);
    heartbeat = setInterval(ping, PING_MS);
  }

  function signedOut() {
    const dialog = document.getElementById("signed-out");
    if (dialog && !dialog.open) dialog.showModal();
  }

  if ("live" in body.dataset && "WebSocket" in window) {
    patience = setTimeout(() => show(false), PATIENCE_MS);
    connect();
  }

  // --- htmx: what a swap must leave alone, and what to say when a request fails ------------------------------------------

  const wanted = new Set();

  function inUse(target) {
    const selection = getSelection();
    return (document.activeElement !== body && target.contains(document.activeElement))
      || target.querySelector("details.menu[open], dialog[open]") !== null
      || (selection && !selection.isCollapsed && target.contains(selection.anchorNode))
      || [...target.querySelectorAll("input, select, textarea")].some(isChanged);
  }

  function isChanged(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
    return field.type !== "hidden" && field.value !== field.defaultValue;
  }

  function saysTheSame(target, html) {
    const words = (element) => element?.textContent.replace(/\s+/g, " ").trim();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(target.id);
    return words(fresh) === words(target);
  }

  /** In place of the swap: "Updated" with a button that does it. */
  function offerUpdate(target, eventName) {
    const id = `updated-${target.id}`;
    if (document.getElementById(id)) return;
    const note = document.getElementById("updated-note").content.firstElementChild.cloneNode(true);
    note.id = id;
    note.querySelector("button").addEventListener("click", () => {
      wanted.add(target.id);
      note.remove();
      document.dispatchEvent(new CustomEvent(eventName));
    });
    (target.closest("table") || target).before(note);
  }

  function note(template) {
    const place = document.getElementById("messages");
    place.replaceChildren(document.getElementById(template).content.cloneNode(true));
    place.scrollIntoView({ block: "nearest" });
  }

  const isLive = (detail) => (detail.requestConfig?.triggeringEvent?.type || "").startsWith("live:");

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    const signIn = body.dataset.signIn;
    if (signIn && new URL(xhr.responseURL || location.href).pathname === signIn) {
      event.detail.shouldSwap = false;
      return signedOut();
    }
    // An action that refused sends its reason to the messages.
    if (xhr.getResponseHeader("HX-Retarget")) Object.assign(event.detail, { shouldSwap: true, isError: false });
    if (event.detail.requestConfig?.elt.getAttribute("hx-swap") === "parts") return; // parts.js looks at each part
    if (!isLive(event.detail) || !target || wanted.delete(target.id) || !inUse(target)) return;
    event.detail.shouldSwap = false;
    if (saysTheSame(target, event.detail.serverResponse)) return; // as after the person's own decision
    offerUpdate(target, event.detail.requestConfig.triggeringEvent.type);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const fresh = document.getElementById(event.detail.target.id) || event.detail.target;
    document.getElementById(`updated-${fresh.id}`)?.remove();
    announceFragment(fresh);
    prepare(fresh);
  });
  document.addEventListener("htmx:responseError", (event) => { if (!isLive(event.detail)) note("failed-note"); });
  document.addEventListener("htmx:sendError", (event) => { if (!isLive(event.detail)) note("offline-note"); });

  // --- small conveniences ------------------------------------------------------------------------------------------------

  /** What only makes sense with script is hidden until now. */
  function prepare(root) {
    for (const element of root.querySelectorAll("[data-back], [data-copy], [data-print], [data-dialog-open]")) element.hidden = false;
    for (const toast of root.querySelectorAll("[data-toast]")) forget(toast);
  }

  function forget(toast) {
    setTimeout(() => (toast.matches(":hover, :focus-within") ? forget(toast) : toast.remove()), TOAST_MS);
  }

  async function copy(button) {
    const what = button.dataset.copy, source = what.startsWith("#") && document.querySelector(what);
    await navigator.clipboard.writeText(source ? source.value ?? source.innerText : what);
    announce(button.dataset.copied || button.textContent.trim());
    button.classList.add("copied");
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    if (button?.getAttribute("aria-disabled") === "true") event.preventDefault();
    else if (button?.dataset.dialogOpen) document.getElementById(button.dataset.dialogOpen).showModal();
    else if (button && "dialogClose" in button.dataset) button.closest("dialog").close();
    else if (button?.dataset.copy) copy(button);
    else if (button && "back" in button.dataset) history.back();
    else if (button && "print" in button.dataset) print();
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // A form is sent once (but data-again: its answer is a download). A page the browser kept comes back ready.
  function sending(button) {
    button?.setAttribute("aria-disabled", "true");
    button?.setAttribute("data-sending", "");
  }
  function ready() {
    for (const button of document.querySelectorAll("[data-sending]")) {
      button.removeAttribute("aria-disabled");
      button.removeAttribute("data-sending");
    }
  }
  document.addEventListener("submit", (event) => {
    if (event.submitter?.getAttribute("aria-disabled") === "true") event.preventDefault();
    if (event.defaultPrevented || event.target.method !== "post" || "again" in event.target.dataset) return;
    setTimeout(() => sending(event.submitter)); // after the browser has read the button's own value
  });
  document.addEventListener("htmx:beforeRequest", (event) => sending(event.detail.requestConfig.triggeringEvent?.submitter));
  document.addEventListener("htmx:afterRequest", ready);
  addEventListener("pageshow", (event) => event.persisted && ready());

  prepare(document);
})();
