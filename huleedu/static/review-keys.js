// Match review's keys: every one presses a button or follows a link that is on the page, as the person's setting has it. And
// what stands around the decision: the list of texts, which is narrowed and keeps its order, what a colleague did, the clues.
"use strict";

(() => {
  const { choose, chosen, find, isBusy, radios } = review;

  /** Press a button of the decision, where the student it needs is chosen. */
  function press(button) {
    if (button && button.getAttribute("aria-disabled") !== "true" && !isBusy(button)) button.form.requestSubmit(button);
  }

  function search() {
    find("search-words")?.focus();
    find("search-words")?.select();
  }

  const follow = (id) => find(id)?.click();

  const ACTIONS = {
    n: () => follow("next"),
    N: () => follow("previous"),
    x: () => press(find("nobody")),
    u: () => press(document.querySelector("#undo button")),
    "/": search,
    "?": () => find("keys")?.showModal(),
  };

  const isField = (element) => element.matches("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]");
  const hasOwnMeaning = (element) => element.closest("a[href], button, summary, dialog") !== null;

  function onEnter(event) {
    if (event.shiftKey) {
      event.preventDefault();
      return follow("confirm-certain");
    }
    // The browser's own meaning wins; a key that waited has none to it.
    if (hasOwnMeaning(event.target)) return event.isTrusted ? undefined : event.target.click();
    event.preventDefault();
    return press(find("confirm") || find("confirm-ticked"));
  }

  /** The letter or digit pressed, as the person's setting has it: alone, with Alt (which may change what is typed), or none. */
  function keyOf(event) {
    const how = document.body.dataset.shortcuts;
    if (how === "off" || event.altKey !== (how === "alt")) return "";
    const [, plainKey] = event.altKey ? /^(?:Key|Digit)(.)$/.exec(event.code) ?? [] : [];
    return plainKey ? (event.shiftKey ? plainKey : plainKey.toLowerCase()) : event.key;
  }

  const pressed = []; // while a page is on its way: what is meant for it

  /** Each key acts on what came of the one before. On a text that nobody can have seen it decides nothing, and where something else
   * came than was asked for, none of them acts. */
  async function later({ key, code, shiftKey, altKey }) {
    pressed.push({ key, code, shiftKey, altKey, bubbles: true, cancelable: true });
    if (pressed.length > 1) return; // the first one sees to the others
    for (let isNew = false; pressed.length; pressed.shift()) {
      while (review.onItsWay()) {
        const came = await review.onItsWay();
        isNew ||= came === "text";
        if (came === "other") return drop();
      }
      const act = () => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", pressed[0]));
      if (!isNew) act();
      else if (!review.early(act)) return drop();
    }
  }

  /** None of what is typed in one go acts any more. Said beside what is said already: of a decision, say, that did come about. */
  function drop() {
    pressed.length = 0;
    review.glance();
    document.querySelector("#messages [data-early]")?.remove();
    const note = find("early-note").content.cloneNode(true);
    page.announce(`${find("messages").textContent} ${note.textContent}`.replace(/\s+/g, " ").trim());
    find("messages").append(note);
  }

  document.addEventListener("early", drop);

  // The second click of a double click was meant for what stood there before.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && /\/(decide|confirm)\/$/.test(event.target.closest("button")?.form?.action)) event.preventDefault();
  }, true);

  document.addEventListener("keydown", (event) => {
    const early = event.isTrusted && !event.repeat && !event.isComposing && (pressed.length > 0 || review.onItsWay());
    const isOwn = event.key === "Enter" ? !hasOwnMeaning(event.target) : /^[1-5a-zA-Z/?]$/.test(event.key);
    if (early && isOwn && !isField(event.target) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      return later(event);
    }
    if (event.target.closest?.(".queue")) inQueue(event);
    if (event.defaultPrevented || event.isComposing || event.repeat || event.ctrlKey || event.metaKey) return;
    if (event.target.id === "search-words") return inSearch(event);
    const dialog = document.querySelector("dialog[open]");
    if (dialog?.id === "not-in-class") return inDialog(event, dialog);
    if (isField(event.target) || dialog) return;
    if (event.key === "Escape" && !document.querySelector("details[open]")) return follow("leave"); // the list of certain ones
    if (event.key === "Enter" && !event.altKey) return onEnter(event);
    const key = keyOf(event), act = ACTIONS[key];
    if (act) {
      event.preventDefault();
      act();
    } else if (/^[1-5]$/.test(key)) {
      event.preventDefault();
      choose(radios().find((radio) => radio.dataset.key === key && !isBusy(radio)));
    }
  });

  /** Not in this class: 1 to 3 for the three ways. */
  function inDialog(event, dialog) {
    const button = !isField(event.target) && dialog.querySelector(`[data-digit="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  document.addEventListener("click", (event) => {
    const digit = event.target.closest("#not-in-class [data-digit]")?.dataset.digit;
    if (digit === "2") {
      find("new-student").classList.add("wanted");
      find("new-given-name").focus();
    } else if (digit === "3") {
      event.preventDefault();
      find("not-in-class").close();
      search();
    }
    if (event.target.closest("[data-search]")) search();
  });

  document.addEventListener("change", (event) => { if (event.target.name === "shortcuts") saveShortcuts(event.target); });

  async function saveShortcuts(radio) {
    document.body.dataset.shortcuts = radio.value;
    sayKeys();
    const options = { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ shortcuts: radio.value }) };
    const answer = await page.send("/api/v1/me/", options).catch(() => null);
    if (!answer?.ok) page.note(answer ? "failed-note" : "offline-note");
  }

  /** Arrows and Enter go to the students found, Escape leaves and keeps the words. */
  function inSearch(event) {
    const found = document.querySelectorAll("#others input[name=student]");
    if ((event.key === "ArrowDown" || event.key === "Enter") && found.length) {
      event.preventDefault();
      choose(found[0]);
    } else if (event.key === "Escape") {
      event.preventDefault(); // or the browser empties the field
      (chosen() || find("candidates")).focus();
    }
  }

  const listedTexts = () => [...document.querySelectorAll("#queue li:not([hidden]) > .queue-item")];

  function inQueue(event) {
    const items = listedTexts(), at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[to]?.focus();
  }

  /** Tab stops once in the list: where the person is in it, else at the open text, else at the first one. */
  function oneStop() {
    const items = listedTexts();
    const at = items.find((item) => item === document.activeElement) ?? items.find((item) => item.ariaCurrent) ?? items[0];
    for (const item of items) item.tabIndex = item === at ? 0 : -1;
  }
  document.addEventListener("focusin", (event) => { if (event.target.matches(".queue-item")) oneStop(); });

  // --- the list of texts -----------------------------------------------------------------------------------------------

  /** Lists only the texts that have the words; without what others decided where that is wished. */
  function narrow() {
    const form = find("queue-find"), rows = [...document.querySelectorAll("#queue li")];
    if (!form) return oneStop();
    const plainly = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const words = plainly(form.elements.find.value).split(/\s+/).filter(Boolean), mine = form.elements.mine?.checked;
    for (const row of rows) {
      const said = plainly(row.querySelector(".queue-name").textContent + row.querySelector(".queue-note").textContent);
      row.hidden = (mine && "byOthers" in row.dataset) || !words.every((word) => said.includes(word));
    }
    find("queue-none").hidden = !rows.length || rows.some((row) => !row.hidden);
    oneStop();
  }
  document.addEventListener("input", (event) => { if (event.target.form?.id === "queue-find") narrow(); });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "queue-find") return;
    event.preventDefault();
    listedTexts()[0]?.click();
  }, true);

  /** The list stayed as it was while another text was opened. */
  function openAnother({ detail }) {
    const list = find("queue"), isAsking = list?.matches(".htmx-request");
    if (!list || !detail?.asksAt) return;
    if (isAsking) list.addEventListener("htmx:beforeSwap", ({ detail: answer }) => {
      if (answer.requestConfig.path !== list.getAttribute("hx-get") || !list.isConnected) answer.shouldSwap = false; // marks another text
    });
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    find(`row-${detail.text}`)?.setAttribute("aria-current", "true");
    list.setAttribute("hx-get", detail.asksAt);
    htmx.process(list);
    if (isAsking) htmx.trigger(list, "live:again");
  }
  document.addEventListener("listed", openAnother); // before those below

  /** A page that was searched without script posts its words on. With it they narrow the list here: links are links again. */
  function takeOver() {
    const buttons = document.querySelectorAll("button[form=queue-find]");
    for (const button of buttons) {
      const link = document.createElement("a");
      for (const { name, value } of button.attributes) if (!name.startsWith("form")) link.setAttribute(name, value);
      link.href = button.getAttribute("formaction");
      link.append(...button.childNodes);
      button.replaceWith(link);
    }
    for (const field of document.querySelectorAll("#content [type=hidden]:is([name=find], [name=mine])")) field.remove();
    if (buttons.length) page.everything(); // the texts that were not listed
  }

  let stood = []; // the undecided rows before the queue is fetched again
  const placeOf = (row) => `${row.parentElement.dataset.group} ${row.firstElementChild.id}`;
  const undecidedLists = () => [...document.querySelectorAll("#queue ul[data-group]")];

  /** What is in the queue already stays where it is until the person goes on: new rows come last, decided ones turn grey. */
  function keepOrder() {
    for (const place of stood) {
      const [group, id] = place.split(" "), row = find(id)?.parentElement;
      const list = document.querySelector(`#queue ul[data-group="${group}"]`);
      if (!list || !row || "group" in row.parentElement.dataset) continue;
      list.append(row);
      row.classList.add("gone");
    }
    const at = (row) => (stood.includes(placeOf(row)) ? stood.indexOf(placeOf(row)) : stood.length);
    for (const list of undecidedLists()) list.append(...[...list.children].sort((one, other) => at(one) - at(other)));
  }
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id === "queue") stood = undecidedLists().flatMap((list) => [...list.children].map(placeOf));
  });

  /** Decisions that wait to be sent say so; one that was sent says again what the server says of it. */
  function mark() {
    for (const note of document.querySelectorAll(".queue-note[data-said]")) {
      note.textContent = note.dataset.said;
      delete note.dataset.said;
      note.closest(".queue-item").classList.remove("sending");
    }
    const said = find("queue")?.dataset.waiting, id = (value) => value.split(":")[0];
    for (const { url, fields } of waiting.list()) {
      const texts = url.endsWith("/confirm/") ? fields.filter(([name]) => name === "match").map(([, value]) => id(value)) : [url.split("/").at(-3)];
      for (const row of texts.map((text) => find(`row-${text}`)).filter(Boolean)) {
        const note = row.querySelector(".queue-note");
        row.classList.add("sending");
        note.dataset.said = note.textContent;
        note.textContent = said;
      }
    }
  }

  // --- a colleague was first -------------------------------------------------------------------------------------------

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
    if (!document.querySelector("[data-archived]")) return;
    for (const button of document.querySelectorAll("#decide button:not([data-dialog-open], [data-search]), #undo button")) {
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-describedby", "lock-reason");
    }
  }

  let asking = find("presence"); // it is told who comes and goes, and asks

  /** Another page may have been made before somebody came or went of whom this one was told. */
  function askWhoIsHere() {
    if (asking === find("presence")) return;
    asking = find("presence");
    if (asking) htmx.trigger(asking, "live:again");
  }

  // --- whenever another page, or another part of it, is there ----------------------------------------------------------

  function countTheTicked() {
    const button = find("confirm-ticked"), n = document.querySelectorAll("input[name=match]:checked").length;
    if (button) button.querySelector("span").textContent = button.dataset.confirm.replace("{n}", n);
  }
  document.addEventListener("change", (event) => { if (event.target.name === "match") countTheTicked(); });

  /** Says which keys work: letters and digits alone, with Alt, or none. */
  function sayKeys() {
    const how = document.body.dataset.shortcuts;
    for (const element of document.querySelectorAll("[data-keys]")) {
      const { keys } = element.dataset, isLetter = !keys.endsWith("Enter");
      if (isLetter && how === "off") element.removeAttribute("aria-keyshortcuts");
      else element.setAttribute("aria-keyshortcuts", isLetter && how === "alt" ? `Alt+${keys}` : keys);
    }
  }

  const all = (...works) => () => works.forEach((work) => work());
  const IN_PLACE = { queue: all(keepOrder, narrow, mark, sayKeys), meanwhile: freeze, around: closeArchived };
  document.addEventListener("htmx:afterSwap", ({ detail }) => IN_PLACE[detail.target.id]?.());
  document.addEventListener("listed", all(takeOver, narrow, mark, freeze, countTheTicked, sayKeys));
  document.addEventListener("shown", () => setTimeout(all(takeOver, narrow, mark, sayKeys, askWhoIsHere)));
  document.addEventListener("waiting", mark);
  addEventListener("pageshow", countTheTicked);
  all(takeOver, narrow, mark, sayKeys)();

  // --- clues -----------------------------------------------------------------------------------------------------------

  function marks(clue) {
    return [...document.querySelectorAll("mark[data-clues]")].filter((other) => other.dataset.clues.split(" ").includes(clue));
  }

  function outline(event, on) {
    const row = event.target.closest?.(".reasons > li");
    if (!row) return;
    for (const link of row.querySelectorAll("[data-clue]")) {
      for (const place of marks(link.dataset.clue)) place.classList.toggle("outlined", on);
    }
  }
  for (const type of ["mouseover", "focusin"]) document.addEventListener(type, (event) => outline(event, true));
  for (const type of ["mouseout", "focusout"]) document.addEventListener(type, (event) => outline(event, false));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-clue]");
    const place = link && marks(link.dataset.clue)[0];
    if (!place) return;
    event.preventDefault(); // the address stays that of the text
    place.scrollIntoView({ block: "center" });
  });

  // With a keyboard, on to the decision, now that keys do what they say; a phone shows the text first.
  if (matchMedia("(min-width: 768px) and (hover: hover)").matches && document.activeElement === document.body) {
    (chosen() || radios()[0])?.focus({ preventScroll: true });
  }
})();
