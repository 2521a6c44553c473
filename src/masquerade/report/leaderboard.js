"use strict";
// Sorts and filters what stands on the page; without it, the page is a plain table.
(() => {
  const tables = [...document.querySelectorAll("table")];
  const rows = [...document.querySelectorAll("tbody tr")];
  const field = (id) => document.getElementById(id);

  // Rows without a number in a column of numbers come last, whichever way it is sorted.
  const sort = (table, column, down) => {
    const body = table.tBodies[0];
    const cells = [...body.rows].map((row) => row.cells[column]);
    const numbers = cells.some((cell) => cell.dataset.n !== undefined);
    const worth = (cell) => {
      if (numbers) return cell.dataset.n === undefined ? null : Number(cell.dataset.n);
      return cell.textContent.trim();
    };
    const keyed = [...body.rows].map((row) => [worth(row.cells[column]), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      const order = numbers ? a - b : a.localeCompare(b, "en", { numeric: true });
      return down ? -order : order;
    });
    body.append(...keyed.map(([, row]) => row));
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  };

  for (const table of tables) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(table, column, head.getAttribute("aria-sort") === "ascending"));
      head.replaceChildren(button);
    });
  }

  // Narrow screens show no heads: there one chooses the column here.
  const order = field("order");
  for (const head of tables[0]?.tHead.rows[0].cells ?? []) order.add(new Option(head.textContent, head.cellIndex));
  order.value = "1";
  order.addEventListener("change", () => tables.forEach((table) => sort(table, Number(order.value), false)));

  const filter = () => {
    const [system, grade, current] = [field("system").value, field("grade").value, field("current").checked];
    let shown = 0;
    for (const row of rows) {
      row.hidden =
        (system && row.dataset.system !== system) ||
        (grade && row.dataset.grade !== grade) ||
        (current && row.dataset.stale !== undefined);
      shown += !row.hidden;
    }
    field("count").textContent = `${shown} of ${rows.length} rows`;
  };
  field("filters").hidden = false;
  field("filters").addEventListener("input", filter);
  field("filters").addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
