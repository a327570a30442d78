// A class list dropped anywhere on the page of the import, or of an empty class, goes into the form's file field and is sent.
// What cannot be sent (a folder, several files, a file that is gone) is said beside the field: the browser would leave the page for it.
"use strict";

(() => {
  const form = document.getElementById("drop-list"), field = form?.querySelector("input[type=file]");
  const error = document.getElementById("drop-error");
  if (!field) return;
  field.after(error);

  const isFile = (event) => event.dataTransfer?.types.includes("Files");
  const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

  function say(words = "") {
    error.textContent = words;
    if (words) error.scrollIntoView({ block: "nearest" });
  }

  addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    form.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("dragging"); });
  addEventListener("drop", async (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    form.classList.remove("dragging");
    const [file, ...others] = event.dataTransfer.files, item = [...event.dataTransfer.items].find(({ kind }) => kind === "file");
    say();
    if (!file) return;
    if (others.length) return say(error.dataset.several);
    if (item?.webkitGetAsEntry()?.isDirectory) return say(error.dataset.folder);
    if (!await isReadable(file)) return say(error.dataset.unreadable);
    const transfer = new DataTransfer();
    transfer.items.add(file);
    field.files = transfer.files;
    form.requestSubmit();
  });
  field.addEventListener("change", () => say());
})();
