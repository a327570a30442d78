// What every page shares: one WebSocket that tells which parts to fetch again, and what is read out. All of it is extra: without
// script, and while the socket is away, pages are plain pages and forms.
//
// Tells others: `live:<kind>:<uuid>`, `live:any`, `presence:<kind>:<uuid>` (others come, move on and go) and `contact` (there is
// contact again) on document. Listens for: `announce` (detail: the words to read out). The server is told what the person looks
// at: the text named in [data-look]. `window.page` is for the other scripts; page.js adds its own half to it.
"use strict";

(() => {
  const COALESCE_MS = 150, LOOK_MS = 300, PING_MS = 20_000, PATIENCE_MS = 5_000, POLL_MS = 10_000, ANNOUNCE_MS = 3_000, MAX_WAIT_MS = 15_000;
  const SIGNED_OUT = 4401; // close code
  const body = document.body;
  const resourcesOf = (element) => (element.dataset.resources || "").split(/\s+/).filter(Boolean);
  let resources = resourcesOf(body);

  // --- telling the page --------------------------------------------------------------------------------------------

  const changed = new Set();
  let firing = 0, firedAt = 0;

  function fire() {
    firing = 0;
    firedAt = performance.now();
    for (const resource of [...changed, "any"]) document.dispatchEvent(new CustomEvent(`live:${resource}`));
    changed.clear();
  }

  /** At once after a quiet while; of what comes close together all but the first is told as one. */
  function changedNow(...names) {
    for (const name of names) changed.add(name);
    firing ||= setTimeout(fire, Math.max(0, firedAt + COALESCE_MS - performance.now()));
  }

  const everything = () => changedNow(...resources);

  // --- reading out -------------------------------------------------------------------------------------------------

  let toSay = "", saidAt = -ANNOUNCE_MS, saying = 0;

  /** At most one message in three seconds: a later one takes an earlier one's place, so messages hold sums. */
  function announce(words) {
    toSay = words;
    saying ||= setTimeout(() => {
      saying = 0;
      saidAt = performance.now();
      document.getElementById("announcer").textContent = toSay;
    }, Math.max(50, saidAt + ANNOUNCE_MS - performance.now()));
  }

  document.addEventListener("announce", (event) => announce(String(event.detail)));

  /** A fragment says what is new in data-announce; it is read out when it differs from before. */
  const announced = new Map();
  function announceFragment(element) {
    for (const part of [element, ...element.querySelectorAll("[data-announce]")]) {
      const words = part.dataset.announce;
      if (words && announced.get(part.id) !== words) announce(words);
      announced.set(part.id, words);
    }
  }

  /** What stands on the page already is not read out. */
  function remember(root) {
    for (const part of root.querySelectorAll("[data-announce]")) announced.set(part.id, part.dataset.announce);
    if (root.dataset?.announce) announced.set(root.id, root.dataset.announce);
  }

  // --- the socket --------------------------------------------------------------------------------------------------

  let socket, tries = 0, polling = 0, retry = 0, heartbeat = 0, silence = 0, patience = 0, hasBeenLive = false;
  let lastSeq = Number(sessionStorage.getItem("seq")); // where this tab's last page stood: 0, the first one
  const state = document.querySelector("[data-live-state]"), offline = document.getElementById("offline");
  let heardAt = new Date(); // when what the page shows was so

  /** `09:42`, in Swedish `09.42`, where the school is, as all times of the pages. */
  function clock(time) {
    const words = time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: offline.dataset.zone });
    return document.documentElement.lang === "sv" ? words.replace(":", ".") : words;
  }

  function show(live) {
    patience = clearTimeout(patience);
    if (offline.hidden !== live) {
      const time = offline.querySelector("time");
      time.dateTime = heardAt.toISOString();
      time.textContent = clock(heardAt);
      offline.hidden = live;
    }
    state.classList.toggle("reconnecting", !live);
    const words = live ? state.dataset.live : state.dataset.reconnecting;
    if (state.textContent !== words) state.textContent = words;
  }

  function connect() {
    clearTimeout(retry);
    const mine = socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/`, ["huleedu.v1"]);
    mine.addEventListener("message", (event) => mine === socket && receive(JSON.parse(event.data)));
    mine.addEventListener("close", (event) => mine === socket && lost(event.code));
    expectAnswer();
  }

  /** Without contact the page says so after a while, and asks by itself until it has contact again. */
  function lost(code) {
    socket?.close();
    socket = null;
    clearInterval(heartbeat);
    clearTimeout(silence);
    if (code === SIGNED_OUT) return page.signedOut();
    patience ||= setTimeout(() => show(false), PATIENCE_MS);
    polling ||= setInterval(everything, POLL_MS);
    retry = setTimeout(connect, Math.min(MAX_WAIT_MS, 1000 * 2 ** tries++));
  }

  const send = (frame) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));
  let followed = new Set(); // by this socket
  function subscribe() {
    for (const resource of resources) if (!followed.has(resource)) send({ action: "subscribe", resource });
    followed = new Set([...followed, ...resources]);
    look();
  }

  /** Others see where the person is: at no text while the page is out of sight, and not at one that is only passed by. */
  let looking = 0;
  function look() {
    clearTimeout(looking);
    looking = setTimeout(() => {
      const place = document.querySelector("[data-look]");
      if (place) send({ action: "look", resource: resources[0], at: (!document.hidden && place.dataset.look) || null });
    }, LOOK_MS);
  }
  document.addEventListener("visibilitychange", look);

  /** Anything the server says will do; silence means that contact is lost, whatever the browser believes. */
  function expectAnswer() {
    send({ action: "ping" });
    clearTimeout(silence);
    silence = setTimeout(() => { show(false); lost(); }, PATIENCE_MS);
  }

  function receive(frame) {
    clearTimeout(silence);
    heardAt = new Date();
    if (frame.type === "hello") return greeted(frame.seq);
    if (frame.type === "resync") everything();
    // Of what happened to others than its resources the page is told nothing, so the number may simply be further on.
    if (frame.type === "pong" && frame.seq > lastSeq) send({ action: "resume", after: lastSeq });
    if (frame.type === "presence") document.dispatchEvent(new CustomEvent(`presence:${frame.resource}`));
    if (frame.resource && frame.seq) changedNow(frame.resource);
    if (frame.seq > lastSeq) sessionStorage.setItem("seq", lastSeq = frame.seq);
  }

  /** Contact. What happened between making the page, or losing contact, and now is fetched once. */
  function greeted(seq) {
    tries = 0;
    polling = clearInterval(polling);
    show(true);
    followed = new Set();
    subscribe();
    if (hasBeenLive || !lastSeq || lastSeq > seq) everything();
    else if (lastSeq < seq) send({ action: "resume", after: lastSeq });
    sessionStorage.setItem("seq", lastSeq = seq);
    hasBeenLive = true;
    clearInterval(heartbeat);
    heartbeat = setInterval(expectAnswer, PING_MS);
    document.dispatchEvent(new CustomEvent("contact"));
  }

  const hasLost = () => socket === null;
  const reconnect = () => socket || connect();
  const stopAsking = () => { polling = clearInterval(polling); };

  /** Another page stands in this one's place: it is told about its own resources. */
  function follow() {
    resources = resourcesOf(body);
    subscribe();
  }

  window.page = { announce, announceFragment, everything, follow, hasLost, reconnect, remember, stopAsking };

  if ("live" in body.dataset) {
    document.addEventListener("DOMContentLoaded", reconnect); // once every script is there to hear what it says
    addEventListener("offline", () => { show(false); if (socket) lost(); });
    addEventListener("online", reconnect);
  }
})();
