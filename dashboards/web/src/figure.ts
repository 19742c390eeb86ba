// How figures are written: never more digits than their interval allows, with SI prefixes.
// `src/figure.rs` writes the same; both are tested against `fixtures/figures.json`.

export type Quantity = "rate" | "volume";

export interface Bounded {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Figure {
  readonly number: string;
  readonly unit: string;
  /** Both ends of the interval in the same unit; null where the figure is certain. */
  readonly range: readonly [string, string] | null;
}

const UNITS: Record<Quantity, readonly string[]> = {
  rate: ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "Pbit/s", "Ebit/s"],
  volume: ["B", "kB", "MB", "GB", "TB", "PB", "EB"],
};

/** Digits that a figure has at most, however sure it is. */
const MOST_DIGITS = 3;

/** Writes a value with its interval. All three are whole numbers, not negative. */
export function figure({ value, low, high }: Bounded, quantity: Quantity): Figure {
  if (value === 0) return nothing(high, quantity);
  const half = Math.floor(Math.max(0, high - low) / 2);
  // Rounding may carry into one more digit (999.6 → 1 000), which then takes one from the end.
  const first = lastDigit(value, half);
  const carried = nearest(value, first) * 10 ** first;
  const step = lastDigit(carried, half);
  const prefix = prefixOf(carried);
  const power = 10 ** step;
  const range = low < high ? ([written(Math.floor(low / power), step, prefix), written(Math.ceil(high / power), step, prefix)] as const) : null;
  return { number: written(nearest(carried, step), step, prefix), unit: unit(quantity, prefix), range };
}

function nothing(high: number, quantity: Quantity): Figure {
  if (high === 0) return { number: "0", unit: unit(quantity, 0), range: null };
  const step = exponent(high);
  const rounded = Math.ceil(high / 10 ** step);
  const prefix = prefixOf(rounded * 10 ** step);
  return { number: `< ${written(rounded, step, prefix)}`, unit: unit(quantity, prefix), range: null };
}

function lastDigit(value: number, half: number): number {
  const first = exponent(value);
  const byDigits = Math.max(0, first + 1 - MOST_DIGITS);
  const byInterval = half === 0 ? 0 : exponent(half);
  return Math.min(first, Math.max(byDigits, byInterval));
}

function exponent(value: number): number {
  return value < 1 ? 0 : Math.floor(value).toString().length - 1;
}

function nearest(value: number, step: number): number {
  return Math.floor((value + 10 ** step / 2) / 10 ** step);
}

function prefixOf(value: number): number {
  return Math.floor(exponent(value) / 3) * 3;
}

function unit(quantity: Quantity, prefix: number): string {
  return UNITS[quantity][Math.min(prefix / 3, 6)] ?? "";
}

/** `steps` times 10^`step`, in units of 10^`prefix`. */
function written(steps: number, step: number, prefix: number): string {
  if (step >= prefix) return String(steps * 10 ** (step - prefix));
  const decimals = prefix - step;
  const power = 10 ** decimals;
  return `${Math.floor(steps / power)}.${String(steps % power).padStart(decimals, "0")}`;
}

/** A whole number with its thousands apart. */
export function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Number, unit and interval in one line. */
export function line(shown: Figure): string {
  const range = shown.range ? `  (${shown.range[0]}–${shown.range[1]})` : "";
  return `${shown.number}\u00a0${shown.unit}${range}`;
}

/** A round rate for an axis. */
export function tick(value: number): string {
  if (value === 0) return "0";
  const prefix = Math.min(18, prefixOf(value));
  return `${Number((value / 10 ** prefix).toPrecision(4))} ${unit("rate", prefix)}`;
}
