// Match review's keys: every one presses a button or follows a link that is on the page, as the person's setting has it. And
// the list of texts, which is narrowed and keeps its order, and the clues, which light up in the text.
"use strict";

(() => {
  const { choose, chosen, find, isBusy, press, radios } = review;

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
    if (hasOwnMeaning(event.target)) return undefined; // the browser's own meaning wins
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

  const pressed = []; // while an undo is on its way: what is meant for its text, which is not here yet

  async function later({ key, code, shiftKey, altKey }) {
    pressed.push({ key, code, shiftKey, altKey, bubbles: true, cancelable: true });
    if (pressed.length > 1) return; // the first one sees to the others
    for (; pressed.length; pressed.shift()) {
      await review.undoing();
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", pressed[0]));
    }
  }

  document.addEventListener("keydown", (event) => {
    const early = event.isTrusted && !event.repeat && !event.isComposing && (pressed.length > 0 || review.undoing());
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
    if (event.target.closest("[data-print]")) print();
    if (event.target.closest("[data-search]")) search();
  });

  document.addEventListener("change", (event) => { if (event.target.name === "shortcuts") saveShortcuts(event.target); });

  async function saveShortcuts(radio) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": page.token() };
    document.body.dataset.shortcuts = radio.value;
    const answer = await fetch("/api/v1/me/", { method: "PATCH", headers, body: JSON.stringify({ shortcuts: radio.value }) }).catch(() => null);
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

  const listedTexts = () => [...document.querySelectorAll("#queue li:not([hidden]) > a")];

  function inQueue(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = listedTexts();
    items[items.indexOf(document.activeElement) + step]?.focus();
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

  document.addEventListener("listed", narrow);
  document.addEventListener("htmx:afterSwap", ({ detail }) => { if (detail.target.id === "queue") [keepOrder, narrow].forEach((work) => work()); });
  narrow();

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
})();
