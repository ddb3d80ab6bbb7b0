// Panels as Grafana's own plugins compose them; those are part of its server and in no package.
import {
  EventBusSrv,
  Registry,
  applyFieldOverrides,
  applyNullInsertThreshold,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
} from "@grafana/data";
import { BarGauge, BigValue, PanelContextProvider, TimeSeries, VizRepeater, useTheme2 } from "@grafana/ui";

const STANDARD = ["unit", "min", "max", "decimals", "color", "thresholds", "mappings", "noValue", "displayName"];
const CUSTOM = ["drawStyle", "lineWidth", "fillOpacity", "showPoints", "spanNulls", "thresholdsStyle", "stacking"];
const option = (id, isCustom) => ({ id, path: id, name: id, isCustom, settings: {}, process: (value) => value, shouldApply: () => true });
const OPTIONS = new Registry(() => [...STANDARD.map((id) => option(id, false)), ...CUSTOM.map((id) => option(id, true))]);
const CONTEXT = { eventsScope: "pictures", eventBus: new EventBusSrv() };
const replaceVariables = (text) => text;

export function Drawn({ panel, frames, range, width, height }) {
  const theme = useTheme2();
  const data = applyFieldOverrides({ data: frames, fieldConfig: panel.fieldConfig, fieldConfigRegistry: OPTIONS, replaceVariables, theme, timeZone: "utc" });
  if (panel.type === "timeseries") return <Graph {...{ panel, data, range, width, height }} />;
  const values = () => getFieldDisplayValues({ data, fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables, theme, timeZone: "utc" });
  if (panel.type === "bargauge" && !data.length) return <Nothing {...{ panel, height }} />;
  return <Figures {...{ panel, values, data, theme, width, height }} />;
}

function Graph({ panel, data, range, width, height }) {
  if (!data.length) return <Nothing {...{ panel, height }} />;
  const seen = { refFieldPseudoMin: range.from.valueOf(), refFieldPseudoMax: range.to.valueOf() };
  const frames = data.map((frame) => applyNullInsertThreshold({ frame, ...seen })); // where samples are missing is a gap
  return (
    <PanelContextProvider value={CONTEXT}>
      <TimeSeries frames={frames} timeRange={range} timeZone="utc" legend={panel.options.legend} options={panel.options} {...{ width, height }} />
    </PanelContextProvider>
  );
}

function Figures({ panel, values, data, theme, width, height }) {
  const { options } = panel;
  const bars = panel.type === "bargauge";
  const bounds = bars ? { minVizWidth: options.minVizWidth, minVizHeight: options.minVizHeight, maxVizHeight: options.maxVizHeight } : {};
  return (
    <VizRepeater
      getValues={values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={(one) => (bars ? <Bar {...{ one, options, theme }} /> : <Figure {...{ one, options, theme }} />)}
      source={data}
      itemSpacing={bars ? 10 : 3}
      autoGrid={!bars}
      renderCounter={1}
      orientation={options.orientation}
      {...{ width, height, ...bounds }}
    />
  );
}

function Figure({ one, options, theme }) {
  const { value, alignmentFactors, count, width, height } = one;
  const textMode = options.textMode === "auto" && count === 1 ? "value" : options.textMode;
  return (
    <BigValue
      value={value.display}
      colorMode={options.colorMode}
      graphMode={options.graphMode}
      justifyMode={options.justifyMode}
      {...{ count, textMode, alignmentFactors, width, height, theme }}
    />
  );
}

function Bar({ one, options, theme }) {
  const { value, alignmentFactors, orientation, width, height, count } = one;
  return (
    <BarGauge
      value={value.display}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex)}
      itemSpacing={10}
      displayMode={options.displayMode}
      showUnfilled={options.showUnfilled}
      valueDisplayMode={options.valueMode}
      namePlacement={options.namePlacement}
      alignmentFactors={count > 1 ? alignmentFactors : undefined}
      isOverflow={false}
      {...{ orientation, width, height, theme }}
    />
  );
}

// What Grafana writes where there is nothing to draw.
function Nothing({ panel, height }) {
  const style = { height, display: "flex", alignItems: "center", justifyContent: "center", fontSize: 16, textAlign: "center" };
  return <div style={style}>{panel.fieldConfig.defaults.noValue ?? "No data"}</div>;
}
