// Files that are dropped, anywhere on the page: a batch's page sends them (upload.js), the page of a new batch makes the batch.
"use strict";

(() => {
  let sender = null; // what takes files on this page: `add` and `dragging`; null where none can be added

  // --- a new batch ---------------------------------------------------------------------------------------------------------

  /** Makes the batch that the form describes, named after the folder or zip where it has no name, and sends it the files. */
  function makeBatch(form) {
    const files = []; // dropped so far
    let making = null, named = null; // what it was named after

    function name() {
      const [{ file, path }] = files, folder = path.includes("/") ? path.split("/")[0] : "";
      const zip = /\.zip$/i.test(file.name) && files.length === 1 ? file.name.replace(/\.zip$/i, "") : "";
      return [...(folder || zip || form.dataset.untitled)].slice(0, form.elements.title.maxLength).join("");
    }

    /** The page of the batch takes the place of this one, also for Back. What is refused keeps the form, and says why. */
    async function make() {
      form.elements.title.value ||= named = name();
      const values = new FormData(form);
      if (form.elements.title.value === named) values.set("is_dropped", "on");
      const answer = await page.post(location.pathname, values, { fragment: false }).catch(() => null);
      if (!answer) return page.note("offline-note");
      if (!answer.ok && answer.status !== 422) return page.note("failed-note");
      page.showPage(await answer.text(), answer.url, { push: false });
      history.replaceState(null, "", answer.url);
      start();
      return answer.ok && sender?.add(files);
    }

    return {
      add(more) {
        files.push(...more);
        form.inert = true; // a second batch would take none of the files
        making ??= make().finally(() => {
          making = null;
          files.length = 0;
          form.inert = false;
        });
      },
      dragging: (on) => form.classList.toggle("dragging", on),
      isBusy: () => making !== null,
      isOpen: true,
    };
  }

  // --- dropping ------------------------------------------------------------------------------------------------------------

  /** All files of a dropped file or folder. A folder lists at most a hundred at a time. */
  async function filesOf(entry) {
    const path = entry.fullPath.replace(/^\//, "");
    try {
      return entry.isFile ? [{ file: await new Promise((done, failed) => entry.file(done, failed)), path }] : await filesIn(entry);
    } catch {
      return [{ file: { name: entry.name, size: 0 }, path, isUnreadable: true }]; // the others are sent
    }
  }

  async function filesIn(entry) {
    const reader = entry.createReader(), found = [];
    for (;;) {
      const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!entries.length) return found;
      for (const inner of entries) found.push(...await filesOf(inner));
    }
  }

  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!sender || !holdsFiles(event)) return;
    event.preventDefault();
    sender.dragging(true);
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) sender?.dragging(false); });
  addEventListener("drop", async (event) => {
    if (!sender || !holdsFiles(event)) return;
    event.preventDefault();
    sender.dragging(false);
    // The list is empty once this function has waited for anything, so entries are taken first.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const found = [...event.dataTransfer.files].map((file) => ({ file, path: "" }));
    if (entries.length) {
      found.length = 0;
      for (const entry of entries) found.push(...await filesOf(entry));
    }
    if (found.length) sender.add(found);
  });

  addEventListener("beforeunload", (event) => { if (sender?.isBusy()) event.preventDefault(); });

  function start() {
    const zone = document.getElementById("dropzone"), fresh = document.getElementById("new-batch");
    const found = zone ? upload.startSending(zone) : fresh ? makeBatch(fresh) : null;
    sender = found?.isOpen ? found : null; // of a locked batch the page only tells what was refused
  }
  start();
})();
