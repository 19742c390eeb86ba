import { describe, expect, it } from "vitest";
import cases from "../fixtures/figures.json";
import { bounds } from "../src/answer";
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

  it("nothing sampled is less than something, and not zero", () => {
    const unsampled = { samples: 0, bytes: 0, bytes_low: 0, bytes_high: 75_000_000, bits_per_second: 0 };
    expect(figure(bounds(unsampled, 60), "rate").number).toBe("< 10");
    expect(bounds(unsampled, 0).high).toBe(0);
    expect(bounds({ samples: 9, bytes: 1_000, bytes_low: 500, bytes_high: 2_000, bits_per_second: 80 }, 60)).toEqual({ value: 80, low: 40, high: 160 });
  });
});
