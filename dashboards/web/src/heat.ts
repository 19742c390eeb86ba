// The heat map: one cell at a time is in the tab order, arrow keys move it, and a line above says what it holds.

/** Row and column of the cell in the tab order; outlives a refresh. */
let place: readonly [number, number] = [1, 1];

export function followHeat(root: ParentNode): void {
  const table = root.querySelector<HTMLTableElement>("table[data-heat]");
  if (!table || table.dataset["followed"]) return;
  table.dataset["followed"] = "yes";
  table.setAttribute("role", "grid");
  const cells = Array.from(table.tBodies[0]?.rows ?? [], (row) => Array.from(row.cells).slice(1, -1));
  const at = (row: number, column: number): HTMLTableCellElement | undefined => cells[row - 1]?.[column - 1];
  for (const cell of cells.flat()) cell.tabIndex = -1;
  const first = at(...place) ?? at(1, 1);
  if (first) first.tabIndex = 0;

  table.addEventListener("pointerover", (event) => say(table, cellOf(event)));
  table.addEventListener("pointerleave", () => say(table, cellOf({ target: document.activeElement })));
  table.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    const before = at(...place);
    if (before) before.tabIndex = -1;
    cell.tabIndex = 0;
    place = [(cell.parentElement as HTMLTableRowElement).rowIndex, cell.cellIndex];
    say(table, cell);
  });
  table.addEventListener("keydown", (event) => {
    const [row, column] = place;
    const last = cells.length;
    const next: Record<string, readonly [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: event.ctrlKey ? [1, 1] : [row, 1],
      End: event.ctrlKey ? [last, last] : [row, last],
      PageUp: [Math.max(1, row - 10), column],
      PageDown: [Math.min(last, row + 10), column],
    };
    const target = next[event.key];
    if (!target || !cellOf(event)) return;
    event.preventDefault();
    at(...target)?.focus();
  });
}

function cellOf(event: { target: EventTarget | null }): HTMLTableCellElement | null {
  if (!(event.target instanceof Element)) return null;
  return event.target.closest<HTMLTableCellElement>("table[data-heat] tbody td[tabindex]");
}

/** Writes what a cell holds, and marks its row and column. */
function say(table: HTMLTableElement, cell: HTMLTableCellElement | null): void {
  const readout = document.getElementById("readout");
  for (const marked of table.querySelectorAll(".at")) marked.classList.remove("at");
  if (!readout) return;
  if (!cell) {
    readout.textContent = readout.dataset["hint"] ?? "";
    return;
  }
  const from = (cell.parentElement as HTMLTableRowElement).cells[0];
  const to = table.tHead?.rows[0]?.cells[cell.cellIndex];
  from?.classList.add("at");
  to?.classList.add("at");
  const names = document.createElement("b");
  names.textContent = `${from?.title ?? ""} → ${to?.title ?? ""}`;
  readout.replaceChildren(names, "  ", cell.textContent ?? "");
}
