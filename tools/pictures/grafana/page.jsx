// One dashboard on one page, laid out on Grafana's grid of 24 columns.
import "@fontsource/inter/400.css";
import "@fontsource/inter/500.css";
import { createTheme } from "@grafana/data";
import { GlobalStyles, PanelChrome, ThemeContext } from "@grafana/ui";
import { createRoot } from "react-dom/client";

import { asked, chosen, timing } from "./asking.js";
import { Drawn } from "./panels.jsx";

const COLUMNS = 24, CELL = 30, GAP = 8, MARGIN = 16, HEAD = 56;

const theme = createTheme({ colors: { mode: "dark" } });

function place({ x, y, w, h }, width) {
  const column = (width - 2 * MARGIN + GAP) / COLUMNS;
  return { left: MARGIN + x * column, top: HEAD + y * (CELL + GAP), width: w * column - GAP, height: h * (CELL + GAP) - GAP };
}

function Board({ dashboard, drawn, run, width }) {
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => (gridPos.y + gridPos.h) * (CELL + GAP)));
  const clock = (s) => new Date(s * 1000).toISOString().slice(11, 19);
  return (
    <div id="board" style={{ position: "relative", width, height: HEAD + bottom + MARGIN - GAP, background: theme.colors.background.canvas }}>
      <div style={{ position: "absolute", left: MARGIN, right: MARGIN, top: 14, display: "flex", justifyContent: "space-between" }}>
        <span style={{ fontSize: 20, fontWeight: 500 }}>{dashboard.title}</span>
        <span style={{ color: theme.colors.text.secondary }}>{`${clock(run.fromS)} to ${clock(run.toS)} UTC`}</span>
      </div>
      {dashboard.panels.map((panel) => {
        const at = place(panel.gridPos, width);
        return (
          <div key={panel.id} style={{ position: "absolute", ...at }}>
            <PanelChrome title={panel.title} width={at.width} height={at.height} padding="md">
              {(inner, high) => <Drawn panel={panel} frames={drawn.get(panel.id)} range={timing(run, at.width).range} width={inner} height={high} />}
            </PanelChrome>
          </div>
        );
      })}
    </div>
  );
}

// Draws; answers with what is wrong: queries that fail, and panels that have nothing and do not say what that means.
window.draw = async (dashboard, run, width) => {
  const drawn = new Map(), wrong = [];
  for (const panel of dashboard.panels) {
    const frames = await asked(panel, chosen(dashboard), run, Math.round(place(panel.gridPos, width).width)).catch((error) => {
      wrong.push(`${panel.title}: ${error.message}`);
      return [];
    });
    const says = panel.fieldConfig.defaults.noValue !== undefined;
    if (!says && !frames.some((each) => each.fields[1].values.some((value) => value !== null))) wrong.push(`${panel.title}: no data`);
    drawn.set(panel.id, frames);
  }
  createRoot(document.getElementById("root")).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Board {...{ dashboard, drawn, run, width }} />
    </ThemeContext.Provider>,
  );
  await document.fonts.ready;
  return wrong;
};
