// The pages are complete without this: it adds pictures, sorting, arrow keys in the matrix, and refreshing.

import "./style.css";
import { followHeat } from "./heat";
import { refreshWhileVisible } from "./refresh";
import { sortable } from "./sort";
import { offerThemes } from "./toggle";

function enhance(): void {
  sortable(document);
  followHeat(document);
}

offerThemes();
enhance();

const charts = document.querySelectorAll<HTMLElement>("[data-chart]");
const drawn = charts.length > 0 ? import("./chart").then(({ draw }) => Array.from(charts, draw)) : Promise.resolve([]);

refreshWhileVisible(async () => {
  enhance();
  for (const chart of await drawn) await chart.refresh();
});

// An open menu closes when something else is pressed, or by Escape.
const menu = document.querySelector<HTMLDetailsElement>("details.filter");
document.addEventListener("click", (event) => {
  if (menu?.open && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
});
