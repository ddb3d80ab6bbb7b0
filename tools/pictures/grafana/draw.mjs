// node draw.mjs DASHBOARDS OUT RUN: a picture of each dashboard of a directory, from a Prometheus that has seen a run.
// RUN is JSON: where Prometheus answers, from when to when (Unix seconds), how often it scraped. Ends with 1 where a
// query fails, or a panel has nothing to show and no words for it.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import chromium from "@sparticuz/chromium";
import { build } from "esbuild";
import puppeteer from "puppeteer-core";

const WIDTH = 1500;
const [dashboards, out, run] = process.argv.slice(2);

async function built(directory) {
  await mkdir(directory, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, "page.jsx")],
    outfile: join(directory, "page.js"),
    bundle: true,
    minify: true,
    jsx: "automatic",
    format: "iife",
    target: "chrome138",
    define: { "process.env.NODE_ENV": '"production"', global: "window" },
    loader: { ".woff": "dataurl", ".woff2": "dataurl", ".ttf": "dataurl", ".svg": "dataurl" },
    logLevel: "error",
  });
  const page = join(directory, "page.html");
  await writeFile(page, '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css"><div id="root"></div><script src="page.js"></script>');
  return pathToFileURL(resolve(page)).href;
}

async function picture(browser, address, path) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`${basename(path)}: ${error.message}`));
  await page.setViewport({ width: WIDTH, height: 900 });
  await page.goto(address);
  const wrong = await page.evaluate((...all) => window.draw(...all), JSON.parse(await readFile(path, "utf8")), JSON.parse(run), WIDTH);
  await page.waitForSelector("#board");
  await page.waitForNetworkIdle();
  const name = `${basename(path, ".json")}.png`;
  await (await page.$("#board")).screenshot({ path: join(out, name) });
  await page.close();
  for (const each of wrong) console.error(`${name}: ${each}`);
  console.log(join(out, name));
  return wrong.length;
}

await mkdir(out, { recursive: true });
const address = await built(join(import.meta.dirname, "page"));
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? (await chromium.executablePath()),
  args: process.env.CHROMIUM ? ["--no-sandbox"] : chromium.args,
  headless: "shell",
  env: { ...process.env, LANG: "en_US.UTF-8" }, // numbers as Grafana writes them, whatever is spoken here
});
let wrong = 0;
for (const name of (await readdir(dashboards)).sort()) wrong += await picture(browser, address, join(dashboards, name));
await browser.close();
process.exitCode = wrong ? 1 : 0;
