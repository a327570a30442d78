// Support's lists: one tick chooses all rows of the page. Without it each row is ticked by itself.
"use strict";

// The page that follows signing out tells the other tabs (page.js).
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action")?.endsWith("/sign-out/")) sessionStorage.setItem("signing-out", "1");
});

(() => {
  const all = document.querySelector("[data-all]");
  if (!all) return;
  const rows = [...document.querySelectorAll("#desk-list .cell-check input[name]")];
  all.hidden = rows.length === 0;
  all.addEventListener("change", () => { for (const row of rows) row.checked = all.checked; });
  document.getElementById("desk-list").addEventListener("change", () => { all.checked = rows.every((row) => row.checked); });
})();
