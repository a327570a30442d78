// The page of a class: ticking many students, and the panel beside the list. Extra to plain boxes, links and forms.
"use strict";

(() => {
  const panel = () => document.querySelector("#panel > .panel");
  const boxes = () => [...document.querySelectorAll("#roster tbody .cell-check input")];
  let lastTicked = null, opened = panel()?.dataset.student ?? "", isOpen = Boolean(panel());

  // --- ticking -----------------------------------------------------------------------------------------------------

  /** The box above all says whether all are ticked; the bar says how many. */
  function count() {
    const all = document.getElementById("choose-all"), words = document.getElementById("n-ticked");
    if (!all) return;
    const n = boxes().filter((box) => box.checked).length;
    all.hidden = false;
    all.checked = all.defaultChecked = n > 0 && n === boxes().length;
    all.indeterminate = n > 0 && !all.checked;
    if (words) words.textContent = words.dataset.words.replace("{n}", n);
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".cell-check input");
    if (!box) return;
    const own = boxes();
    if (box.id === "choose-all") for (const one of own) one.checked = box.checked;
    const from = own.indexOf(lastTicked), to = own.indexOf(box);
    if (event.shiftKey && from >= 0 && to >= 0) {
      for (const one of own.slice(Math.min(from, to), Math.max(from, to))) one.checked = box.checked;
    }
    lastTicked = box;
    count();
  });

  // --- the panel ---------------------------------------------------------------------------------------------------

  const fields = () => [...(document.getElementById("student-form")?.querySelectorAll("input:not([type=hidden])") ?? [])];
  /** What the student had when the form was made: after a refused save the fields came with what was typed. */
  const had = (field) => field.form.elements[`was.${field.name}`]?.value ?? "";
  const isUnsaved = () => fields().some((field) => field.value !== had(field));
  const mayLeave = () => !isUnsaved() || confirm(document.body.dataset.unsaved);

  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target } = event.detail;
    if (target?.id === "panel" && elt.id !== "student-form" && !mayLeave()) event.preventDefault();
  });
  addEventListener("beforeunload", (event) => { if (isUnsaved()) event.preventDefault(); });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !panel()) return;
    if (document.querySelector("dialog[open], details.menu[open]") || event.target.type === "search") return;
    document.getElementById("panel-close").click();
  });

  /** The row of the student in the panel is marked; when the panel closes, the focus is on that row again, or on
   *  the page where there is none. */
  function mark() {
    const now = panel()?.dataset.student ?? "";
    for (const row of document.querySelectorAll("#roster tr.chosen")) row.classList.remove("chosen");
    document.getElementById(`student-${now}`)?.classList.add("chosen");
    const row = document.querySelector(`#student-${CSS.escape(opened)} a`);
    if (isOpen && !panel()) (row ?? document.getElementById("content")).focus();
    [opened, isOpen] = [now, Boolean(panel())];
  }

  document.addEventListener("htmx:afterSettle", () => {
    mark();
    count();
    page.follow(); // tells whose panel is open now
  });
  document.addEventListener("shown", count);
  count();
})();
