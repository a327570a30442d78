// Sending files from a batch's page: a row for each file at once, three on their way at a time, each in a request of its own.
// Without script the form sends them all in one request. What the server answers is always its own row or its own words; it
// knows a file that is sent again by its place, name and content. `window.upload` is for drop-files.js.
"use strict";

(() => {
  /** What takes files on a batch's page, whose form is `form`. */
  function startSending(form) {
    const AT_ONCE = 3, BACK_OFF_MS = [1_000, 3_000, 9_000], SILENCE_MS = 60_000;
    const AWAY = new Set([502, 503, 504]); // what a proxy says of a server that is not there
    const SYSTEM = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini|~\$[^/]*)(\/|$)/i;
    const words = form.dataset;
    const sendingRows = document.getElementById("sending-rows"), fileRows = document.getElementById("file-rows");
    const summary = document.getElementById("sending-state"), title = form.querySelector("[data-title]");
    const { signIn, user } = document.body.dataset, place = `${user}:${location.pathname}`;
    const remembered = `unsent:${place}`, named = `refused:${place}`, stop = document.getElementById("stop-sending");
    const allSaved = document.querySelector("[data-all-saved]"), saved = allSaved?.textContent; // said without contact
    const queue = []; // to be sent
    const going = new Set(); // being sent, or between two tries
    const waiting = new Set(); // for contact, or for the person to sign in again
    const refused = new Set(); // by the server, with its reason in the row
    let total = 0, sent = 0, leftOut = 0, kept = 0; // `kept`: never sent to a batch that is locked; that stays remembered

    // --- rows --------------------------------------------------------------------------------------------------------

    function make(tag, className = "", text = "") {
      const element = document.createElement(tag);
      if (className) element.className = className;
      if (text) element.textContent = text;
      return element;
    }

    function readable(bytes) {
      const unit = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
      const style = { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: bytes < 1e6 ? 0 : 1 };
      return new Intl.NumberFormat(document.documentElement.lang, style).format(Math.max(bytes / unit[1], bytes ? 1 : 0));
    }

    function draw(item) {
      const row = make("tr"), name = make("th"), label = make("span", "file-name"), size = make("td", "num", readable(item.file.size));
      const whole = item.file.name, cut = whole.length > words.longName ? whole.length - words.nameEnd : whole.length;
      for (const part of [whole.slice(0, cut), whole.slice(cut)]) if (part) label.append(make("span", "", part));
      size.dataset.label = words.size;
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

    /** Buttons beside the row's state: `[label, what it does]` each. */
    function offer(item, ...choices) {
      item.rest.replaceChildren(...choices.map(([label, act]) => {
        const button = make("button", "button button-small button-quiet", label);
        button.type = "button";
        button.setAttribute("aria-label", `${label}: ${item.file.name}`);
        button.addEventListener("click", act);
        return button;
      }));
    }

    function cancel(item) {
      if (!queue.includes(item) && !going.has(item) && !waiting.has(item)) return;
      if (queue.includes(item)) queue.splice(queue.indexOf(item), 1);
      waiting.delete(item);
      clearTimeout(item.later);
      item.request?.abort();
      ended(item);
      say(item, words.cancelled);
      offer(item, [words.again, () => again(item)]);
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

    function again(item) {
      item.tries = 0;
      if (!item.tooLarge) total += 1;
      refused.delete(item);
      waitInLine(item);
      pump();
    }

    function waitInLine(item) {
      say(item, words.waiting);
      offer(item, [words.cancel, () => cancel(item)]);
      queue.push(item);
    }

    // What was refused keeps its row, also after a reload: by name, for this tab alone, until the person takes it away or
    // sends it after all. The file itself is not kept.

    function refuse(item, why) {
      item.why = why;
      refused.add(item);
      say(item, words.notSent, "conflict", why);
      const away = [words.dismiss, () => {
        const near = item.row.nextElementSibling ?? item.row.previousElementSibling;
        dismiss(item);
        (near?.querySelector("button") ?? form.querySelector("[type=file], button")).focus();
      }];
      offer(item, ...(item.isNameOnly ? [away] : [[words.again, () => again(item)], away]));
    }

    function dismiss(item) {
      refused.delete(item);
      item.row.remove();
      sum();
    }

    /** One of which only the name is here. */
    function refuseByName(file, path, why) {
      const item = { file, path, isNameOnly: true };
      sendingRows.append(draw(item));
      refuse(item, why);
    }

    function recall() {
      try {
        for (const { name, size, path, why } of JSON.parse(sessionStorage.getItem(named)) ?? []) refuseByName({ name, size }, path, why);
      } catch {
        // Storage is forbidden here, or holds something else.
      }
    }

    function sum() {
      const parts = [];
      if (total) parts.push(words.sent.replace("{sent}", sent).replace("{total}", total));
      if (leftOut) parts.push(words.system.replace("{n}", leftOut));
      summary.textContent = parts.join(" · ");
      // Of what still goes only how many, no names: the next page can say that some were not sent.
      const busy = queue.length + going.size + waiting.size, left = busy + refused.size + kept;
      stop.hidden = !busy;
      if (allSaved) allSaved.textContent = busy ? words.keepOpen.replace("{n}", busy) : saved;
      try {
        if (left) localStorage.setItem(remembered, left);
        else localStorage.removeItem(remembered);
        const rows = [...refused].map(({ file, path, why }) => ({ name: file.name, size: file.size, path, why }));
        if (rows.length) sessionStorage.setItem(named, JSON.stringify(rows));
        else sessionStorage.removeItem(named);
      } catch {
        // Storage is forbidden here; the next page cannot say it.
      }
    }

    // --- sending -----------------------------------------------------------------------------------------------------

    function add(files) {
      form.classList.remove("dropzone-large");
      form.querySelector("[data-plain-help]")?.remove();
      title.textContent = restingTitle = words.more;
      const rows = document.createDocumentFragment();
      for (const { file, path, isUnreadable } of files) {
        if (SYSTEM.test(path || file.name)) {
          leftOut += 1;
          continue;
        }
        if (isUnreadable) {
          refuseByName(file, path, words.unreadable);
          continue;
        }
        // A zip may be called anything: the server looks into it. Of what it would refuse it gets the name and size, for its list.
        const zip = !/\.(docx|odt|pdf|rtf|txt)$/i.test(file.name);
        for (const old of refused) if (old.file.name === file.name && old.path === path) dismiss(old);
        const item = { file, path, tries: 0, tooLarge: file.size > Number(zip ? words.maxZipBytes : words.maxBytes) };
        rows.append(draw(item));
        if (!item.tooLarge) total += 1;
        waitInLine(item);
      }
      sendingRows.append(rows);
      pump();
    }

    function pump() {
      while (queue.length && going.size < AT_ONCE) send(queue.shift());
      sum();
    }

    function send(item) {
      const body = new FormData(), request = item.request = new XMLHttpRequest();
      body.append("paths", item.path || item.file.name);
      if (item.tooLarge) body.append("too_large", item.file.size);
      else body.append("files", item.file);
      going.add(item);
      item.bar = null;
      item.note.textContent = "";
      showProgress(item, 0);
      offer(item, [words.cancel, () => cancel(item)]);
      // A network that falls silent tells nobody: where nothing moves for so long there is no contact.
      const began = performance.now(), moved = () => { request.timeout = performance.now() - began + SILENCE_MS; };
      request.upload.addEventListener("progress", (event) => { moved(); showProgress(item, event.loaded / event.total); });
      request.addEventListener("load", () => answered(item, request));
      for (const name of ["error", "timeout"]) request.addEventListener(name, () => noContact(item));
      request.open("POST", form.getAttribute("action"));
      request.setRequestHeader("X-CSRFToken", page.token());
      request.setRequestHeader("HX-Request", "true");
      moved();
      request.send(body);
    }

    function answered(item, request) {
      if (signIn && new URL(request.responseURL).pathname === signIn) {
        page.signedOut().then(resume);
        return hold(item, words.signedOut);
      }
      if (request.status === 403 && !item.isRenewed) { // perhaps somebody else is signed in now
        item.isRenewed = true;
        page.renew().then(resume, () => {});
        return hold(item, words.signedOut);
      }
      if (request.status === 201) return received(item, request.responseText);
      if (request.status === 200) return received(item, request.responseText, words.here);
      if (AWAY.has(request.status)) return noContact(item, { asksAgain: true });
      if (request.status === 429 || request.status >= 500) {
        const wait = 1_000 * Number(request.getResponseHeader("Retry-After")); // not a number where it is a date
        return tryLater(item, refusal(request.responseText) || words.failed, wait || 0);
      }
      return ended(item, refusal(request.responseText) || words.failed);
    }

    /** The sentence of an answer that refuses. */
    function refusal(html) {
      const page = new DOMParser().parseFromString(html, "text/html");
      const said = page.querySelector(".banner p, .banner") ?? page.querySelector("main p"); // a page of its own, for 413 and 500
      return said?.textContent.replace(/\s+/g, " ").trim() ?? "";
    }

    function received(item, html, note = "") {
      const rows = new DOMParser().parseFromString(`<table>${html}</table>`, "text/html").querySelectorAll("tr");
      for (const row of rows) {
        const known = document.getElementById(row.id);
        if (!known) fileRows.prepend(document.adoptNode(row));
      }
      going.delete(item);
      if (!item.tooLarge) sent += 1;
      if (note) say(item, note);
      else item.row.remove();
      pump();
    }

    /** Tries a few times, then waits for contact, however long that takes. A file that cannot be read fails in the same way. */
    async function noContact(item, { asksAgain = false } = {}) {
      if (!await isReadable(item.file)) return ended(item, words.unreadable);
      if (navigator.onLine && item.tries < BACK_OFF_MS.length) return tryLater(item, words.noContact);
      if (asksAgain) setTimeout(resume, BACK_OFF_MS.at(-1));
      return hold(item, words.noContact);
    }

    /** Not where it was moved, deleted or changed after it was chosen. */
    const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

    function hold(item, why) {
      going.delete(item);
      waiting.add(item);
      say(item, words.waiting, "none", why);
      offer(item, [words.again, resume]);
      sum();
    }

    function resume() {
      if (!waiting.size) return;
      for (const item of waiting) {
        waiting.delete(item);
        item.tries = 0;
        waitInLine(item);
      }
      pump();
    }
    document.addEventListener("contact", resume);
    addEventListener("online", resume);
    stop.addEventListener("click", () => [...queue, ...going, ...waiting].forEach(cancel));

    function tryLater(item, why, wait = 0) {
      if (item.tries >= BACK_OFF_MS.length) return ended(item, why);
      say(item, words.waiting, "none", why);
      item.bar = null;
      offer(item, [words.cancel, () => cancel(item)]);
      item.later = setTimeout(() => send(item), Math.max(wait, BACK_OFF_MS[item.tries]));
      item.tries += 1;
      return undefined;
    }

    /** It does not go on its way again by itself: refused for a reason, or given up by the person. */
    function ended(item, why = "") {
      going.delete(item);
      if (!item.tooLarge) total -= 1;
      item.bar = null;
      if (why) refuse(item, why);
      pump();
    }

    // --- where files come from -----------------------------------------------------------------------------------------

    function chosen(input) {
      const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath }));
      input.value = "";
      if (files.length) add(files);
    }
    for (const input of form.querySelectorAll("input[type=file]")) input.addEventListener("change", () => chosen(input));
    form.addEventListener("submit", (event) => event.preventDefault());

    let restingTitle = title.textContent;
    const isOpen = !("locked" in words);
    recall();
    const unsent = Math.max(0, readUnsent() - refused.size);
    if (isOpen) {
      sum();
      if (unsent) summary.textContent = words.unsent.replace("{n}", unsent);
    } else {
      kept = unsent;
    }

    function readUnsent() {
      try {
        return Number(localStorage.getItem(remembered));
      } catch {
        return 0;
      }
    }

    return {
      add,
      dragging(on) {
        form.classList.toggle("dragging", on);
        title.textContent = on ? words.drop : restingTitle;
      },
      isBusy: () => queue.length + going.size + waiting.size > 0,
      isOpen,
    };
  }

  window.upload = { startSending };
})();
