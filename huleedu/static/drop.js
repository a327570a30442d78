// A class list dropped anywhere on the page of the import, or of an empty class, goes into the form's file field and is sent.
"use strict";

(() => {
  const form = document.getElementById("drop-list");
  const field = form?.querySelector("input[type=file]");
  if (!field) return;

  const isFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    form.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("dragging"); });
  addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    form.classList.remove("dragging");
    const transfer = new DataTransfer();
    if (event.dataTransfer.files.length) transfer.items.add(event.dataTransfer.files[0]);
    field.files = transfer.files;
    if (field.files.length) form.requestSubmit();
  });
})();
