// Each head of a table is a button that sorts its rows: by numbers where there are some, else by words.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.querySelectorAll("th")];
  const number = (text) => parseFloat(text.replaceAll(",", ""));
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const cell = (row) => row.cells[column].textContent;
      const rows = [...table.tBodies[0].rows];
      const empty = (row) => cell(row) === "" || cell(row) === "none";
      const byNumber = rows.some((row) => !Number.isNaN(number(cell(row))));
      rows.sort((a, b) => {
        if (empty(a) || empty(b)) {
          return empty(a) - empty(b); // last, whichever way
        }
        const order = byNumber ? number(cell(a)) - number(cell(b)) : cell(a).localeCompare(cell(b));
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
