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

/** The interval of an estimate's rate. Where nothing was sampled in so many seconds, it still reaches up to what may have passed unseen. */
export function bounds(estimate: Estimate, seconds: number): { value: number; low: number; high: number } {
  const value = estimate.bits_per_second;
  if (estimate.bytes === 0) return { value, low: 0, high: seconds > 0 ? Math.floor((estimate.bytes_high * 8) / seconds) : 0 };
  const scale = (octets: number): number => Math.floor((octets / estimate.bytes) * value);
  return { value, low: scale(estimate.bytes_low), high: scale(estimate.bytes_high) };
}
