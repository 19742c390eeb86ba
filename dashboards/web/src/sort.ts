// Tables that sort by a press on their head. What was chosen outlives a refresh.

interface Chosen {
  column: number;
  descending: boolean;
}

const chosen = new Map<string, Chosen>();

export function sortable(root: ParentNode): void {
  for (const table of root.querySelectorAll<HTMLTableElement>("table[data-sortable]")) equip(table);
}

function equip(table: HTMLTableElement): void {
  const name = table.dataset["sortable"] ?? "";
  let column = -1;
  for (const head of table.tHead?.rows[0]?.cells ?? []) {
    column += head.colSpan;
    if (!head.dataset["sort"] || head.querySelector("button")) continue;
    const place = column;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = chosen.get(name);
      // Figures are first wanted from the largest, names from A.
      const descending = now?.column === place ? !now.descending : head.dataset["sort"] === "number";
      chosen.set(name, { column: place, descending });
      apply(table, name);
    });
  }
  apply(table, name);
}

function apply(table: HTMLTableElement, name: string): void {
  const order = chosen.get(name);
  const body = table.tBodies[0];
  if (!order || !body) return;
  let column = -1;
  let numeric = false;
  for (const head of table.tHead?.rows[0]?.cells ?? []) {
    column += head.colSpan;
    const isIt = column === order.column;
    if (isIt) numeric = head.dataset["sort"] === "number";
    if (isIt) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  const key = (row: HTMLTableRowElement): string => row.cells[order.column]?.dataset["value"] ?? "";
  const compare = (a: HTMLTableRowElement, b: HTMLTableRowElement): number =>
    numeric ? Number(key(a)) - Number(key(b)) : key(a).localeCompare(key(b), document.documentElement.lang);
  const rows = Array.from(body.rows).sort((a, b) => (order.descending ? -compare(a, b) : compare(a, b)));
  body.append(...rows);
}
