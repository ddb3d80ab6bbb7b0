// What a panel asks of Prometheus, as Grafana asks it: interval, variables, legends. The answers are data frames.
import { FieldType, dateTime, rangeUtil } from "@grafana/data";

// A variable of the dashboard stands at what is chosen when it is opened; "All" is `allValue`.
export function chosen(dashboard) {
  const variables = dashboard.templating.list.filter((each) => each.type === "query");
  return Object.fromEntries(variables.map((each) => [each.name, each.current.value === "$__all" ? each.allValue : each.current.value]));
}

// Grafana's rule: a point per pixel, no finer than the scrapes; a rate looks back over four scrapes at least.
export function timing({ fromS, toS, scrapeS }, width) {
  const range = { from: dateTime(fromS * 1000), to: dateTime(toS * 1000), raw: { from: "", to: "" } };
  const stepS = Math.max(rangeUtil.calculateInterval(range, width, `${scrapeS}s`).intervalMs / 1000, 1);
  const seconds = { __interval: stepS, __rate_interval: Math.max(stepS + scrapeS, 4 * scrapeS), __range: Math.round(toS - fromS) };
  return { range, stepS, seconds };
}

export async function asked(panel, variables, run, width) {
  const { stepS, seconds } = timing(run, width);
  const spans = Object.fromEntries(Object.entries(seconds).map(([name, s]) => [name, `${s}s`]));
  const frames = [];
  for (const target of panel.targets) {
    const query = filled(target.expr, { ...variables, ...spans });
    frames.push(...(await answers(target, query, run, stepS)));
  }
  return frames;
}

const filled = (text, values) => text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced, plain) => values[braced ?? plain] ?? all);

async function answers(target, query, { prometheus, fromS, toS }, stepS) {
  const align = (s) => Math.floor(s / stepS) * stepS;
  const asks = target.instant ? { query, time: toS } : { query, start: align(fromS), end: align(toS), step: stepS };
  const answer = await fetch(`${prometheus}/api/v1/${target.instant ? "query" : "query_range"}?${new URLSearchParams(asks)}`);
  const said = await answer.json();
  if (said.status !== "success") throw new Error(`${query}: ${said.error}`);
  return said.data.result.map((series) => frame(target, series.metric ?? {}, series.values ?? [series.value], stepS));
}

function frame(target, labels, samples, stepS) {
  const named = target.legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? "");
  return {
    refId: target.refId,
    length: samples.length,
    fields: [
      { name: "Time", type: FieldType.time, config: { interval: stepS * 1000 }, values: samples.map(([s]) => s * 1000) },
      { name: "Value", type: FieldType.number, labels, config: { displayNameFromDS: named }, values: samples.map(([, v]) => number(v)) },
    ],
  };
}

// Not a number, as a quantile of nothing is, is drawn as a gap.
function number(text) {
  if (text === "NaN") return null;
  return text.endsWith("Inf") ? Number(text.replace("Inf", "Infinity")) : Number(text);
}
