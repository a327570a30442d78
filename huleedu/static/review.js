// Match review: keys, the button that names the student, clues that light up. Extra to plain forms and links.
"use strict";

(() => {
  const KEYS_OFF = "review-keys-off";
  const find = (id) => document.getElementById(id);
  const radios = () => [...document.querySelectorAll("#decide input[name=student]")];
  const chosen = () => radios().find((radio) => radio.checked);
  let sent = false;

  // --- the button that names the student -----------------------------------------------------------------------------

  function nameTheStudent() {
    const button = find("confirm");
    if (!button) return;
    const radio = chosen();
    const words = radio ? button.dataset.confirm.replace("{name}", radio.dataset.name) : button.dataset.pick;
    button.querySelector("span").textContent = words;
    if (radio) button.removeAttribute("aria-disabled");
    else if (radios().length) button.setAttribute("aria-disabled", "true");
  }

  function choose(radio) {
    if (!radio) return;
    radio.checked = true;
    radio.focus();
    radio.closest(".candidate").scrollIntoView({ block: "nearest" });
    nameTheStudent();
  }

  function countTheTicked() {
    const button = find("confirm-ticked");
    const n = document.querySelectorAll("input[name=match]:checked").length;
    if (button) button.querySelector("span").textContent = button.dataset.confirm.replace("{n}", n);
  }

  /** Press a button of the decision: once, and only where the student it needs is chosen. */
  function press(button) {
    if (!button || sent || button.getAttribute("aria-disabled") === "true") return;
    button.form.requestSubmit(button);
  }

  document.addEventListener("change", (event) => {
    if (event.target.name === "student") nameTheStudent();
    if (event.target.name === "match") countTheTicked();
    if (event.target.id === "keys-on") rememberKeys(event.target.checked);
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "decide") return;
    const asksForStudent = !event.submitter || event.submitter.id === "confirm";
    if (sent || (asksForStudent && !chosen())) {
      event.preventDefault();
      return;
    }
    sent = true;
  });
  addEventListener("pageshow", () => {
    sent = false;
    nameTheStudent(); // the browser may have restored another choice
    countTheTicked();
  });

  // --- clues -----------------------------------------------------------------------------------------------------------

  function marks(clue) {
    return [...document.querySelectorAll("mark[data-clues]")].filter((mark) => mark.dataset.clues.split(" ").includes(clue));
  }

  function outline(event, on) {
    const row = event.target.closest?.(".reasons > li");
    if (!row) return;
    for (const link of row.querySelectorAll("[data-clue]")) {
      for (const mark of marks(link.dataset.clue)) mark.classList.toggle("outlined", on);
    }
  }
  for (const type of ["mouseover", "focusin"]) document.addEventListener(type, (event) => outline(event, true));
  for (const type of ["mouseout", "focusout"]) document.addEventListener(type, (event) => outline(event, false));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-clue]");
    const mark = link && marks(link.dataset.clue)[0];
    if (!mark) return;
    event.preventDefault(); // the address stays that of the text
    mark.scrollIntoView({ block: "center" });
  });

  // --- keys ------------------------------------------------------------------------------------------------------------

  function keysAreOn() {
    try {
      return localStorage.getItem(KEYS_OFF) === null;
    } catch {
      return true; // storage is forbidden here
    }
  }

  function rememberKeys(on) {
    try {
      if (on) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "1");
    } catch {
      // Nothing can be remembered; the box holds for this page.
    }
  }

  function follow(id) {
    const link = find(id);
    if (link) link.click();
  }

  const ACTIONS = {
    n: () => follow("next"),
    N: () => follow("previous"),
    x: () => press(find("nobody")),
    u: () => find("undo")?.requestSubmit(),
    "/": () => find("search-words")?.select(),
    "?": () => find("keys")?.showModal(),
  };

  const isField = (element) => element.matches("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]");
  const hasOwnMeaning = (element) => element.closest("a[href], button, summary, dialog") !== null;

  function onEnter(event) {
    if (event.shiftKey) {
      event.preventDefault();
      return follow("confirm-certain");
    }
    if (hasOwnMeaning(event.target)) return; // the browser's own meaning wins
    event.preventDefault();
    press(find("confirm") || find("confirm-ticked"));
  }

  document.addEventListener("keydown", (event) => {
    if (event.target.closest?.(".queue")) inQueue(event);
    if (event.defaultPrevented || event.isComposing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.id === "search-words") return inSearch(event);
    if (isField(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter") return onEnter(event);
    if (!keysAreOn()) return;
    const act = ACTIONS[event.key];
    if (act) {
      event.preventDefault();
      act();
    } else if (/^[1-5]$/.test(event.key)) {
      choose(radios().find((radio) => radio.dataset.key === event.key));
    }
  });

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

  function inQueue(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...document.querySelectorAll(".queue-item")];
    items[items.indexOf(document.activeElement) + step]?.focus();
  }

  // --- at the start ----------------------------------------------------------------------------------------------------

  // The digits belong to the students as they stand, also after a search.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "others") nameTheStudent();
  });
  if (find("keys-on")) find("keys-on").checked = keysAreOn();
  document.querySelector(".queue-item[aria-current]")?.scrollIntoView({ block: "nearest" });
  nameTheStudent();
  // With a keyboard, on to the decision; a phone shows the text first.
  if (matchMedia("(min-width: 768px) and (hover: hover)").matches && document.activeElement === document.body) {
    (chosen() || radios()[0])?.focus({ preventScroll: true });
  }
})();
