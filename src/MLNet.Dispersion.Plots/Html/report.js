
// Tables are complete without this; it lets their heads sort them.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        const value = row => "value" in row.cells[column].dataset ? Number(row.cells[column].dataset.value) : NaN;
        // Figures that do not exist come last in both orders.
        const order = (a, b) => Number.isNaN(a) - Number.isNaN(b) || (down ? b - a : a - b) || 0;
        body.append(...[...body.rows].sort((a, b) => order(value(a), value(b))));
        heads.forEach(other => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
      });
    });
  }
});
