// What every page does beside the socket: asks to sign in again where the session has ended, puts another page in this one's
// place, keeps what is in use from a swap, and small conveniences. Extra to plain pages and forms, as live.js is.
//
// Tells others: `shown` (another page stands in this one's place), `returned` (its person has signed in again). Adds to `window.page`.
"use strict";

(() => {
  const { announce, announceFragment, everything, follow, hasLost, reconnect, remember, stopAsking } = page;
  const body = document.body;

  // --- whose page this is ------------------------------------------------------------------------------------------------

  const { signIn, user } = body.dataset, dialog = document.getElementById("signed-out"), OWN = "/account/";
  const isSignIn = (address) => Boolean(signIn) && new URL(address, location.href).pathname === signIn;
  const whose = (html) => / data-user="([^"]+)"/.exec(html)?.[1];

  // A page sends the token it was made with, and every sign-in makes older ones void: so nobody acts as somebody else. Another
  // one is taken only from a page of the same person, who has signed in again here or in another tab.
  const tokenOf = (html) => /"X-CSRFToken": "(\w+)"/.exec(html)?.[1] ?? "";
  const cookie = () => /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  let secret = tokenOf(body.getAttribute("hx-headers")), issued = cookie();
  const token = () => (user ? secret : cookie() || secret);

  let back = null, acting = 0; // settled when the page's person has signed in again; how many forms are on their way

  /** Asks to sign in over the page, which keeps what was typed; resolves once its person has. Where somebody `other` is signed in
   * now, or the person has left the browser, what stands here is out of sight until then. */
  function signedOut({ hides = false, other = false } = {}) {
    stopAsking();
    back ||= Promise.withResolvers();
    if (hides || other) document.documentElement.toggleAttribute("data-hidden", true);
    for (const way of dialog.querySelectorAll("[data-when]")) way.hidden = (way.dataset.when === "hidden") !== isHidden();
    dialog.querySelector("[role=alert]").textContent = other ? dialog.dataset.other : "";
    if (!dialog.open) dialog.showModal();
    return back.promise;
  }

  const isHidden = () => document.documentElement.hasAttribute("data-hidden");
  dialog?.addEventListener("close", () => isHidden() && dialog.showModal());

  /** The page's person is here, as their page `html` shows: what waited for them goes on. */
  function returned(html) {
    [secret, issued] = [tokenOf(html), cookie()];
    if (!back) return;
    document.documentElement.removeAttribute("data-hidden");
    dialog.querySelector("form").reset();
    dialog.close();
    back.resolve();
    back = null;
    reconnect();
    document.dispatchEvent(new CustomEvent("returned"));
  }

  /** Resolves once the page's person is signed in here and the token is theirs. Rejects without contact. */
  const renew = () => getPage(OWN);
  const isStale = () => cookie() !== issued;
  const lookAgain = () => back && renew().catch(() => {});

  /** The answer to a request that changes something. Where it is refused, perhaps for an old token: once more with a new one. */
  async function send(address, options) {
    const ask = () => fetch(address, { ...options, headers: { ...options.headers, "X-CSRFToken": secret } });
    const answer = await ask();
    if (answer.status !== 403) return answer;
    await renew();
    return ask();
  }

  /** The answer to a form's fields. Where the session has ended: once the person has signed in, to the same once more. */
  async function post(address, fields, { fragment = true } = {}) {
    const headers = fragment ? { "HX-Request": "true" } : {};
    fields.delete("csrfmiddlewaretoken");
    acting += 1;
    try {
      for (;; await signedOut()) {
        const answer = await send(address, { method: "POST", body: fields, headers });
        if (!isSignIn(answer.url)) return answer;
      }
    } finally {
      acting -= 1;
    }
  }

  async function signInAgain(form, error) {
    const fields = new FormData(form);
    let answer = await fetch(`${signIn}?next=${OWN}`), html = await answer.text(); // also where the cookies are gone
    if (isSignIn(answer.url)) {
      fields.set("next", OWN);
      answer = await fetch(signIn, { method: "POST", body: fields, headers: { "X-CSRFToken": tokenOf(html) } });
      html = await answer.text();
    }
    if (whose(html) === user) return returned(html);
    if (whose(html)) return isUnsaved() ? signedOut({ other: true }) : location.reload(); // somebody else sees their own page
    const fresh = new DOMParser().parseFromString(html, "text/html");
    error.textContent = fresh.querySelector(".error-summary ul, h1")?.textContent.trim() ?? "";
    return form.querySelector("[type=password]").select();
  }

  dialog?.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const error = event.target.querySelector("[role=alert]");
    signInAgain(event.target, error).catch(() => { error.textContent = document.getElementById("offline-note").content.textContent; });
  });

  /** Whether something would be lost with the page. */
  function isUnsaved() {
    const mayGo = dispatchEvent(new Event("beforeunload", { cancelable: true })); // asks whoever would ask before leaving
    return !mayGo || acting > 0 || changed("input, select, textarea").length > 0
      || document.querySelector("#content .error-summary") !== null; // what was refused stands in its fields
  }

  // The names of files that were refused (upload.js) are for the person whose page it was, and for nobody after.
  const isForOther = (key) => key.startsWith("refused:") && !key.startsWith(`refused:${user}:`);
  for (const key of Object.keys(sessionStorage)) if (isForOther(key)) sessionStorage.removeItem(key);
  if (!user && sessionStorage.getItem("signing-out")) new BroadcastChannel("session").postMessage(""); // says signed-in.js
  sessionStorage.removeItem("signing-out");

  // --- another page in this one's place ------------------------------------------------------------------------------------

  let here = location.pathname + location.search;

  /** Puts the page `html` in place of this one: what is in <main>, the title, what is open in the navigation. */
  function showPage(html, address, { push = true } = {}) {
    const fresh = new DOMParser().parseFromString(html, "text/html"), main = fresh.getElementById("content");
    if (!main) return location.assign(address);
    const { pathname, search } = new URL(address, location.href);
    if (push && pathname + search !== here) history.pushState(null, "", pathname + search);
    here = pathname + search;
    document.title = fresh.title;
    document.documentElement.dataset.paper = fresh.documentElement.dataset.paper ?? ""; // what print has in its margin
    body.className = fresh.body.className;
    body.dataset.resources = fresh.body.dataset.resources ?? "";
    const content = document.getElementById("content");
    for (const child of content.children) letGo(child);
    content.replaceChildren(...main.childNodes);
    document.querySelector(".main-nav").replaceWith(fresh.querySelector(".main-nav"));
    for (const link of document.querySelectorAll("body > .skip-link")) link.remove();
    body.prepend(...fresh.querySelectorAll("body > .skip-link"));
    follow();
    htmx.process(content);
    prepare(content);
    ready();
    if (document.activeElement === body) content.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("shown"));
  }

  /** What leaves the page takes no answer any more. */
  function letGo(root) {
    for (const asking of [root, ...root.querySelectorAll(".htmx-request")]) {
      asking.addEventListener("htmx:beforeSwap", (event) => { event.detail.shouldSwap = false; });
    }
  }

  /** Puts `fresh` in the place of `old`, both with the same id. */
  function replacePart(old, fresh) {
    letGo(old);
    old.replaceWith(fresh);
    htmx.process(fresh);
    prepare(fresh);
  }

  const PATIENCE_MS = 20_000;

  /** The page at an address. Rejects without contact, and where nothing comes for so long. */
  async function getPage(address, headers = {}) {
    const answer = await fetch(address, { headers: { Accept: "text/html", ...headers }, signal: AbortSignal.timeout(PATIENCE_MS) });
    const html = await answer.text(), who = whose(html), other = who !== undefined && who !== user;
    if (!other && !isSignIn(answer.url)) {
      if (who) returned(html);
      return { html, address: answer.url, ok: answer.ok };
    }
    await signedOut({ other });
    return getPage(address, headers);
  }

  addEventListener("popstate", async (event) => {
    if (event.state?.htmx || location.pathname + location.search === here) return;
    try {
      const { html, address } = await getPage(location.href);
      showPage(html, address, { push: false });
    } catch {
      note("offline-note");
    }
  });

  Object.assign(page, { getPage, isStale, isUnsaved, lookAgain, note, post, renew, replacePart, send, showPage, signedOut, token });

  // --- htmx: what a swap must leave alone, and what to say when a request fails ------------------------------------------

  const wanted = new Set(), renewed = new WeakSet(); // what was asked for though in use; what was asked once more after a 403

  function inUse(target) {
    const selection = getSelection(), fields = target.querySelectorAll("input, select, textarea");
    return (document.activeElement !== body && target.contains(document.activeElement))
      || target.querySelector("details.menu[open], dialog[open]") !== null
      || (selection && !selection.isCollapsed && target.contains(selection.anchorNode))
      || [...fields].some(isChanged);
  }

  const changed = (fields) => [...document.querySelectorAll(`#content :is(${fields})`)].filter((field) => field.form?.method === "post" && isChanged(field));

  function isChanged(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return !field.selectedOptions[0]?.defaultSelected && field.selectedIndex > 0;
    return field.type !== "hidden" && field.value !== field.defaultValue;
  }

  function saysTheSame(target, html) {
    const words = (element) => element?.textContent.replace(/\s+/g, " ").trim();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(target.id);
    return words(fresh) === words(target);
  }

  /** In place of the swap: "Updated", by whom where that was a colleague, with a button that does it. */
  function offerUpdate(target, eventName) {
    const id = `updated-${target.id}`;
    sayByWhom(id, eventName);
    if (document.getElementById(id)) return;
    const note = document.getElementById("updated-note").content.firstElementChild.cloneNode(true);
    note.id = id;
    note.querySelector("button").addEventListener("click", () => {
      wanted.add(target.id);
      note.remove();
      document.dispatchEvent(new CustomEvent(eventName));
    });
    const list = target.closest("table, ul, ol");
    list ? list.before(note) : target.prepend(note);
  }

  /** What is told live holds no name: it is asked for. */
  async function sayByWhom(id, eventName) {
    const [, kind, key] = eventName.split(":");
    const answer = key && await fetch(`/updated/${kind}/${key}/`).catch(() => null);
    const words = answer?.ok && !isSignIn(answer.url) && await answer.text();
    const place = document.getElementById(id)?.querySelector("span");
    if (words && place) place.textContent = words;
  }

  /** Asks the same again once the person is here. */
  async function replay({ elt, verb, triggeringEvent }, isHere) {
    if (await isHere.catch(() => "away") === "away") return note("offline-note");
    if (verb === "get") everything();
    else if (elt.requestSubmit) elt.requestSubmit(triggeringEvent?.submitter);
    else elt.click();
  }

  function note(template) {
    const place = document.getElementById("messages");
    place.replaceChildren(document.getElementById(template).content.cloneNode(true));
    place.scrollIntoView({ block: "nearest" });
    sayMessages();
    return place;
  }

  const isLive = (detail) => (detail.requestConfig?.triggeringEvent?.type || "").startsWith("live:");

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if (isSignIn(xhr.responseURL || location.href)) {
      event.detail.shouldSwap = false;
      return replay(event.detail.requestConfig, signedOut());
    }
    const { elt, verb } = event.detail.requestConfig ?? {};
    if (xhr.status !== 403) renewed.delete(elt);
    else if (verb !== "get" && !renewed.has(elt)) { // perhaps for an old token
      renewed.add(elt);
      event.detail.isError = false;
      return replay(event.detail.requestConfig, renew());
    }
    // An action that refused sends its reason to the messages.
    if (xhr.getResponseHeader("HX-Retarget")) Object.assign(event.detail, { shouldSwap: true, isError: false });
    if (event.detail.requestConfig?.elt.getAttribute("hx-swap") === "parts") return; // signed-in.js looks at each part
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
  const sayMessages = () => announce(document.getElementById("messages").textContent.replace(/\s+/g, " ").trim());
  document.addEventListener("htmx:oobAfterSwap", ({ detail }) => { if (detail.target.id === "messages") sayMessages(); });

  // What is asked for says that it is busy once its bar shows (huleedu.css).
  const BUSY_MS = 300;
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
    setTimeout(() => elt.classList.contains("htmx-request") && elt.setAttribute("aria-busy", "true"), BUSY_MS);
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => elt.removeAttribute("aria-busy"));

  // What the page asks by itself fails without a word: the bar tells of lost contact, and it asks again.
  const isByPerson = ({ requestConfig: { triggeringEvent } }) => /^(click|submit|change|input|search)$/.test(triggeringEvent?.type);
  document.addEventListener("htmx:responseError", (event) => { if (isByPerson(event.detail)) note("failed-note"); });
  document.addEventListener("htmx:sendError", (event) => { if (isByPerson(event.detail)) note("offline-note"); });

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.headers["X-CSRFToken"] = token();
    delete detail.parameters.csrfmiddlewaretoken;
  });

  // --- small conveniences ------------------------------------------------------------------------------------------------

  /** What only makes sense with script is hidden until now. Where tabs scroll sideways the open one comes into sight. */
  function prepare(root) {
    for (const button of root.querySelectorAll("[data-copy], [data-dialog-open], [data-print], [data-show]")) button.hidden = false;
    remember(root);
    for (const tab of root.querySelectorAll(".tabs [aria-current]")) tab.closest(".tabs").scrollLeft = tab.offsetLeft + (tab.offsetWidth - tab.closest(".tabs").clientWidth) / 2;
  }

  /** Lets a password be read while it is typed, and hides it again. */
  function show(button) {
    const field = document.getElementById(button.dataset.show), shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", shown);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    if (button?.getAttribute("aria-disabled") === "true") event.preventDefault();
    else if (button?.dataset.dialogOpen) document.getElementById(button.dataset.dialogOpen).showModal();
    else if (button && "dialogClose" in button.dataset) button.closest("dialog").close();
    else if (button && "print" in button.dataset) print();
    else if (button?.dataset.show) show(button);
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches(".title-menu")) event.target.querySelector("input").select();
  }, true);
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  const TYPED = "textarea, input:not([type=checkbox], [type=radio], [type=search], [type=file])";

  // A form is sent once. A page the browser kept comes back ready.
  const sending = new Set();
  const hold = (button) => button && sending.add(button).forEach((held) => held.setAttribute("aria-disabled", "true"));
  const ready = () => sending.forEach((button) => sending.delete(button) && button.removeAttribute("aria-disabled"));
  document.addEventListener("submit", (event) => {
    if (event.submitter?.getAttribute("aria-disabled") === "true") event.preventDefault();
    if (event.defaultPrevented || event.target.method !== "post") return undefined;
    const form = event.target, field = form.elements.csrfmiddlewaretoken;
    const others = asked ? [] : changed(TYPED).filter((typed) => typed.form !== form); // they would go with the page
    if (others.length && !confirm(body.dataset.unsaved)) return event.preventDefault();
    if (field) field.value = token();
    // Held only after the browser has read the button's own value.
    setTimeout(() => hold(event.submitter));
    if (!mayLose()) return undefined;
    event.preventDefault();
    return askFirst(form, event.submitter);
  });

  let asked = false;
  /** Whether the session may have ended, or be another's, and a form would lose what was typed: that is found out before. */
  const mayLose = () => "live" in body.dataset && !asked && (hasLost() || back !== null || isStale() || isUnsaved());

  async function askFirst(form, submitter) {
    const said = await renew().then(({ ok }) => (ok ? "" : "failed-note"), () => "offline-note");
    ready();
    if (said) return note(said);
    asked = true;
    form.requestSubmit(submitter);
    asked = false;
    return undefined;
  }

  document.addEventListener("htmx:beforeRequest", (event) => hold(event.detail.requestConfig.triggeringEvent?.submitter));
  document.addEventListener("htmx:afterRequest", ready);
  addEventListener("pageshow", (event) => event.persisted && ready());

  prepare(document);
  document.querySelector("#content > .error-summary")?.focus(); // not by itself where the address has a #
})();
