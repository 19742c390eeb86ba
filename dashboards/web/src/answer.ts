// The answers of the API, as far as the pictures need them.

export interface Estimate {
  readonly samples: number;
  readonly bytes: number;
  readonly bytes_low: number;
  readonly bytes_high: number;
  readonly bits_per_second: number;
}

export interface Timeseries {
  readonly from: string;
  readonly to: string;
  readonly step: string;
  readonly times: readonly string[];
  readonly measured: readonly number[];
  readonly series: readonly { readonly key: string; readonly points: readonly (Estimate | null)[] }[];
}

/** The interval of an estimate's rate. */
export function bounds(estimate: Estimate): { value: number; low: number; high: number } {
  const value = estimate.bits_per_second;
  const scale = (octets: number): number => (estimate.bytes > 0 ? Math.floor((octets / estimate.bytes) * value) : 0);
  return { value, low: scale(estimate.bytes_low), high: scale(estimate.bytes_high) };
}
