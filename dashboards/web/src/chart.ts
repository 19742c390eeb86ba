// Traffic over time: a line and a band for each series, gaps as gaps, the running window dashed.

import { CustomChart, LineChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Timeseries, bounds } from "./answer";
import { figure, line, tick } from "./figure";

// The canvas needs no style attributes, which the Content-Security-Policy refuses in SVG.
use([LineChart, CustomChart, GridComponent, CanvasRenderer]);

export interface Chart {
  refresh(): Promise<void>;
}

const NAMES: Record<string, string> = { "4": "IPv4", "6": "IPv6", "0": "not IP", all: "All" };
const DASHES = ["solid", [7, 3], [2, 3]] as const;

/** Draws the chart of an element from the answer that its `data-source` names. */
export function draw(place: HTMLElement): Chart {
  const chart = init(place, undefined, { renderer: "canvas" });
  const readout = document.createElement("p");
  readout.className = "chart-readout";
  readout.ariaHidden = "true";
  place.before(readout);
  let answer: Timeseries | null = null;

  function show(): void {
    if (!answer) return;
    chart.setOption(option(answer, place), { notMerge: true });
    describe(null);
  }

  /** Writes the figures of one step above the chart, or names the series. */
  function describe(at: number | null): void {
    if (!answer) return;
    const shown = answer;
    const colours = palette(place);
    const parts = shown.series.map((series, index) => {
      const part = document.createElement("span");
      const key = document.createElement("i");
      key.className = `key-line k${index % DASHES.length}`;
      key.style.color = colours.series[index % colours.series.length] ?? "";
      const point = at === null ? undefined : series.points[at];
      const text = (step: number): string => (point ? line(figure(bounds(point, shown.measured[step] ?? 0), "rate")) : "not measured");
      part.append(key, `${NAMES[series.key] ?? series.key} `, at === null ? "" : text(at));
      return part;
    });
    const time = at === null ? [] : [clock(shown, shown.times[at] ?? "")];
    readout.replaceChildren(...time, ...parts);
  }

  async function refresh(): Promise<void> {
    const response = await fetch(place.dataset["source"] ?? "", { headers: { accept: "application/json" } });
    if (!response.ok) return;
    const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
    answer = settled((await response.json()) as Timeseries, now);
    show();
  }

  chart.on("updateAxisPointer", (event) => {
    const [axis] = (event as { axesInfo?: { value: number }[] }).axesInfo ?? [];
    if (!axis || !answer) return;
    const at = nearest(answer.times, axis.value);
    describe(at);
  });
  chart.getZr().on("globalout", () => describe(null));
  new ResizeObserver(() => chart.resize()).observe(place);
  document.addEventListener("themechange", show);
  void refresh();
  return { refresh };
}

/** Seconds of a running window below which its rate says nothing yet. */
const LEAST_S = 5;

/** Without the running step while it is too young to say anything. */
function settled(answer: Timeseries, now: number): Timeseries {
  const last = answer.times.length - 1;
  if (Date.parse(answer.to) <= now || (answer.measured[last] ?? 0) >= LEAST_S) return answer;
  const series = answer.series.map(({ key, points }) => ({ key, points: [...points.slice(0, last), null] }));
  return { ...answer, series };
}

function nearest(times: readonly string[], moment: number): number {
  const distances = times.map((time) => Math.abs(Date.parse(time) - moment));
  return distances.indexOf(Math.min(...distances));
}

function clock(answer: Timeseries, time: string): string {
  const long = Date.parse(answer.to) - Date.parse(answer.from) > 86_400_000;
  const style: Intl.DateTimeFormatOptions = long ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } : { hour: "2-digit", minute: "2-digit" };
  return `${new Intl.DateTimeFormat("en-GB", { ...style, hourCycle: "h23", timeZone: "UTC" }).format(Date.parse(time))} UTC`;
}

function palette(place: HTMLElement): { series: string[]; text: string; rule: string; surface: string; font: string } {
  const style = getComputedStyle(place);
  const get = (name: string): string => style.getPropertyValue(name).trim();
  return {
    series: [get("--series-1"), get("--series-2"), get("--series-3")],
    text: get("--quiet"),
    rule: get("--rule"),
    surface: get("--surface"),
    font: style.fontFamily,
  };
}

type Row = [number, number | null, number | null, number | null];

function option(answer: Timeseries, place: HTMLElement): EChartsCoreOption {
  const colours = palette(place);
  const narrow = place.clientWidth < 560;
  const series = answer.series.flatMap(({ key, points }, index) => {
    const colour = colours.series[index % colours.series.length] ?? "";
    const rows = points.map((point, at): Row => {
      const time = Date.parse(answer.times[at] ?? "");
      if (!point) return [time, null, null, null];
      const { value, low, high } = bounds(point, answer.measured[at] ?? 0);
      return [time, value, low, high];
    });
    return drawn(NAMES[key] ?? key, rows, isRunning(answer), colour, index, narrow);
  });
  return {
    animation: false,
    textStyle: { fontFamily: colours.font },
    grid: { left: 4, right: narrow ? 8 : 64, top: 12, bottom: 2, containLabel: true },
    xAxis: {
      type: "time",
      min: Date.parse(answer.from),
      max: Date.parse(answer.to),
      useUTC: true,
      axisLine: { lineStyle: { color: colours.rule } },
      axisTick: { show: false },
      axisLabel: { color: colours.text, hideOverlap: true, fontSize: 12 },
      splitLine: { show: false },
      axisPointer: { show: true, snap: true, label: { show: false }, lineStyle: { color: colours.text, type: "solid", width: 1 } },
    },
    yAxis: {
      type: "value",
      min: 0,
      splitNumber: 4,
      axisLabel: { color: colours.text, formatter: tick, fontSize: 12 },
      splitLine: { lineStyle: { color: colours.rule } },
    },
    useUTC: true,
    series,
  };
}

/** Whether the last step is still being measured. */
function isRunning(answer: Timeseries): boolean {
  return Date.parse(answer.to) > Date.now() - 1000;
}

/** The band, the line, and the dashed last stretch of one series. */
function drawn(name: string, rows: Row[], running: boolean, colour: string, index: number, narrow: boolean): object[] {
  const last = rows.length - 1;
  const closed = running ? rows.slice(0, last) : rows;
  const stroke = { color: colour, width: 1.75, type: DASHES[index % DASHES.length] };
  const label = { show: !narrow, formatter: name, color: colour, fontWeight: 600, distance: 8 };
  const common = { type: "line", symbol: "none", connectNulls: false, silent: true, encode: { x: 0, y: 1 } };
  const lines: object[] = [band(rows, colour), { ...common, name, data: closed, lineStyle: stroke, itemStyle: { color: colour }, endLabel: { ...label, show: label.show && !running }, showSymbol: false }];
  // The name stands where the line ends, be it the dashed part.
  if (running) lines.push({ ...common, data: rows.slice(Math.max(0, last - 1)), lineStyle: { ...stroke, type: [3, 4], opacity: 0.7 }, endLabel: label, showSymbol: false });
  return lines;
}

interface Drawing {
  dataIndex: number;
}

interface Api {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
}

/** The 95 % interval, drawn from point to point so that gaps stay open. */
function band(rows: Row[], colour: string): object {
  return {
    type: "custom",
    silent: true,
    data: rows,
    encode: { x: 0, y: [2, 3] },
    z: 1,
    renderItem: ({ dataIndex }: Drawing, api: Api) => {
      const here = rows[dataIndex];
      const next = rows[dataIndex + 1];
      if (!here || !next || here[2] === null || here[3] === null || next[2] === null || next[3] === null) return null;
      const points = [api.coord([here[0], here[3]]), api.coord([next[0], next[3]]), api.coord([next[0], next[2]]), api.coord([here[0], here[2]])];
      return { type: "polygon", shape: { points }, style: { fill: colour, opacity: 0.22 } };
    },
  };
}
