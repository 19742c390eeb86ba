import { describe, expect, it } from "vitest";
import cases from "../fixtures/figures.json";
import { count, figure, type Quantity, tick } from "../src/figure";

describe("figures", () => {
  it.each(cases.figures)("$value ($low–$high) is written as $text", (shared) => {
    const shown = figure(shared, shared.quantity as Quantity);
    expect(`${shown.number} ${shown.unit}`).toBe(shared.text);
    expect(shown.range ? shown.range.join("–") : null).toBe(shared.range);
  });

  it.each(cases.counts)("$value keeps its thousands apart", ({ value, text }) => {
    expect(count(value)).toBe(text);
  });

  it("round rates stay round on an axis", () => {
    expect([0, 500, 2_500_000, 40_000_000_000].map(tick)).toEqual(["0", "500 bit/s", "2.5 Mbit/s", "40 Gbit/s"]);
  });
});
