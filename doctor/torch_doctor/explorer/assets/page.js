"use strict";
// What torch-doctor's law answered stands in the data; nothing is judged on this page, numbers are compared.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const RUNS = ["yes", "no", "unknown"], MARKS = {yes: "✓", no: "✗", unknown: "?"};
const [YES, NO, UNKNOWN] = [0, 1, 2];
const PLATFORMS = Object.fromEntries(D.platforms.map((one) => [one.name, one]));
const fold = (text) => text.toLowerCase().replace(/nvidia|geforce|tesla|quadro/g, "").replace(/[^a-z0-9]/g, "");
const labelOf = (gpu) => gpu[1] ? `${gpu[0]} (${gpu[1]})` : gpu[0];
const GPUS = new Map();
for (const gpu of D.gpus) {
  for (const name of [labelOf(gpu).toLowerCase(), fold(labelOf(gpu))]) if (!GPUS.has(name)) GPUS.set(name, gpu);
}
const pythonOf = (tag) => `3.${tag.slice(3)}`;

// --- the choice ---
const choice = {gpu: null, platform: "linux-x86_64", driver: "", python: "", with: "", since: "2.4", build: "", before: "", after: ""};

function gpuNamed(text) {
  return GPUS.get(text.trim().toLowerCase()) || GPUS.get(fold(text)) || null;
}

// The platform in force for a GPU, or the words why it cannot be.
function standing(gpu, platform) {
  const word = D.standings[gpu[5]][D.platforms.findIndex((one) => one.name === platform)];
  return PLATFORMS[word] ? {platform: word} : {why: word.replaceAll("{gpu}", gpu[0])};
}

// A driver as a number that compares as its release does; null for none, undefined for what is none.
function driverOf(text, platform) {
  const plain = text.trim().replace(/^[rRvV](?=\d)/, "");
  if (!plain) return null;
  const parts = plain.split(".");
  if (parts.length > 3 || !parts.every((one) => /^\d{1,3}$/.test(one)) || Number(parts[0]) < 300) return undefined;
  if (parts.length === 1) {
    const row = D.drivers.find((one) => one[0] === Number(plain));
    if (!row) return undefined;
    const [release, value] = row[2][platform === "windows" || platform === "wsl" ? 1 : 0];
    return {text: release, value};
  }
  const [branch, minor, patch] = [...parts, "0", "0"].map(Number);
  return {text: plain, value: branch * 1e6 + minor * 1e3 + patch};
}

// --- one cell ---
function reason(place, words) {
  const [text, rows] = D.reasons[place];
  return {text: text.replace(/\{(gpu|driver|torch|variant)\}/g, (_, name) => words[name]), rows};
}

function beside(given, place, kind, driver) {
  const column = D.with.columns[D.with.of[given.platform][given.with][place]];
  const found = D.with.answers[column.length === 1 ? column[0] : column[kind]];
  if (typeof found[0] === "boolean") {
    return {state: found[0] ? NO : UNKNOWN, reasons: found[1].map((one) => reason(one, {}))};
  }
  const [name, pythons, floor, notes, rows] = found;
  const ask = "whether an older release does is a question for torch-doctor matrix query --with";
  const said = (text) => ({state: UNKNOWN, reasons: [{text: `${text}; ${ask}`, rows}]});
  if (given.python && !pythons.includes(given.python)) return said(`${name} has no build for Python ${pythonOf(given.python)}`);
  if (driver && floor && driver.value < floor[1]) return said(`${name} needs driver ${floor[0]}`);
  return {state: YES, reasons: [], name, floor, notes, rows};
}

// The answer for the build at *place* of the platform's wheels: state, reasons, rows, and the driver from which on it runs.
function cell(given, place) {
  const there = standing(given.gpu, given.platform);
  const platform = PLATFORMS[there.platform], build = D.builds[platform.wheels][place];
  const driver = driverOf(given.driver, there.platform);
  const words = {gpu: given.gpu[4], driver: driver ? driver.text : "", torch: build[0], variant: build[1]};
  const [free, steps] = D.laws[platform.cells[given.gpu[2]][place]];
  const step = driver && steps.length ? steps.findLast((one) => one[0] <= driver.value) : null;
  const [state, places] = step ? [step[1], step[2]] : [free[0], free[2]];
  const law = places.map((one) => reason(one, words));
  const found = {states: [state], reasons: state === NO ? law : [], rows: law.flatMap((one) => one.rows), least: free[1], build, place};
  if (given.python) {
    const tag = D.pythons.tags.indexOf(given.python);
    const none = D.pythons.answers[D.pythons.of[platform.wheels][place]][tag];
    if (none >= 0) { found.states.push(NO); found.reasons.unshift(reason(none, words)); }
  }
  if (build[9] !== null) { found.states.push(UNKNOWN); found.reasons.push(reason(build[9], words)); }
  // beside a reason that is known, the law does not say what else is not
  if (state === UNKNOWN && !found.states.includes(NO)) found.reasons.push(...law);
  if (given.with) {
    const other = beside({...given, platform: there.platform}, place, given.gpu[2], driver);
    found.states.push(other.state); found.reasons.push(...other.reasons);
    if (other.name) { found.beside = other.name; found.notes = other.notes; found.rows.push(...other.rows); }
    if (other.floor && (!found.least || found.least[1] < other.floor[1])) found.least = other.floor;
  }
  found.state = found.states.includes(NO) ? NO : found.states.includes(UNKNOWN) ? UNKNOWN : YES;
  // an older driver than the first that lists the GPU may drive it, or not
  const first = given.gpu[6];
  if (found.state === YES && driver && first && driver.value < first[0] && PLATFORMS[there.platform].name.startsWith("linux")) {
    found.state = UNKNOWN;
    found.reasons = [reason(first[1], words)];
  }
  found.runs = RUNS[found.state];
  // a driver of the build's own CUDA serves it from before the release that minor versions need
  if (driver && found.least && driver.value < found.least[1]) found.least = [driver.text, driver.value];
  found.least = found.state === YES && found.least ? found.least[0] : null;
  if (found.state !== YES) { found.rows = found.reasons.flatMap((one) => one.rows); }
  if (state === YES && free[0] === YES) found.rows.push(...D.reasons[free[2][0]][1]);
  found.rows = [...new Set(found.rows)];
  return found;
}

const rowOf = (place, found) => D.rows[place === -1 ? found.build[8] : place === -2 ? choice.gpu[3] : place];
const buildId = (build) => `${build[0]}+${build[1]}`;
const sentence = (found) => found.runs === "yes"
  ? `runs${found.least ? ` from driver ${found.least} on` : ""}${found.beside ? `, with ${found.beside}` : ""}`
  : found.runs === "no" ? "does not run" : "not known";

// --- drawing ---
function node(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function drawn(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function versions(text) { return text.split(".").map(Number); }
function newer(a, b) {
  const [x, y] = [versions(a), versions(b)];
  for (let i = 0; i < 3; i += 1) if ((x[i] || 0) !== (y[i] || 0)) return (y[i] || 0) - (x[i] || 0);
  return 0;
}

async function copy(text, what) {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = node("textarea", {"aria-hidden": "true"}, text);
    document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
  }
  $("done").textContent = `${what} copied`;
}

// Words that are never broken, with breaks between them alone.
function whole(words) {
  return words.flatMap((word, place) => [...(place ? [" "] : []), node("span", {class: "whole"}, word)]);
}

function command(text, what) {
  return [node("pre", {tabindex: "0", "aria-label": what}, ...whole(text.match(/"[^"]*"|[^ ]+/g))),
    node("button", {type: "button", on: {click: () => copy(text, what)}}, `Copy ${what}`)];
}

let cells = [];
function shown() { return cells.filter((one) => choice.since === "all" || newer(one.build[0], choice.since) <= 0); }

function drawForm() {
  const gpu = choice.gpu;
  $("gpu").value = labelOf(gpu);
  for (const chip of $("common").children) chip.setAttribute("aria-pressed", String(chip.textContent === labelOf(gpu)));
  const impossible = [];
  for (const option of $("platform").options) {
    const there = standing(gpu, option.value);
    option.disabled = Boolean(there.why);
    if (there.why) impossible.push(`${PLATFORMS[option.value].words}: ${there.why}`);
  }
  $("platform").value = choice.platform;
  const wheels = PLATFORMS[standing(gpu, choice.platform).platform].wheels;
  const lists = new Set(D.pythons.of[wheels]);
  const without = [];
  for (const option of $("python").options) {
    const tag = D.pythons.tags.indexOf(option.value);
    option.disabled = tag >= 0 && ![...lists].some((list) => D.pythons.answers[list][tag] === -1);
    if (option.disabled) without.push(option.textContent);
  }
  if (without.length) impossible.push(`${without.join(", ")}: no build for ${wheels} on record has a wheel for it`);
  $("impossible").replaceChildren(...impossible.map((text) => node("li", {}, text)));
  $("driver").value = choice.driver;
  for (const name of ["python", "with", "since", "before", "after"]) $(name).value = choice[name];
  const driver = driverOf(choice.driver, standing(gpu, choice.platform).platform);
  const bare = driver && driver.text !== choice.driver.trim();
  $("driver-note").textContent = bare ? `Driver ${choice.driver} is taken as ${driver.text}, the newest release of that branch on record.` : "";
}

// What was chosen, in words: the form is not printed.
function inWords() {
  const words = [labelOf(choice.gpu), PLATFORMS[choice.platform].words, choice.driver ? `driver ${choice.driver}` : "any driver",
    choice.python ? `Python ${pythonOf(choice.python)}` : "any Python", ...(choice.with ? [`beside ${choice.with}`] : []),
    choice.since === "all" ? "every torch" : `torch since ${choice.since}`];
  return words.join(", ");
}

function drawAnswer() {
  $("chosen").textContent = inWords();
  const best = cells.find((one) => one.state === YES);
  const on = `${labelOf(choice.gpu)}${choice.driver ? ` under driver ${choice.driver}` : ""}`;
  const count = cells.filter((one) => one.state === UNKNOWN).length;
  const more = count ? ` Of ${count} builds it is not known.` : "";
  $("answer").textContent = best
    ? `The newest torch that runs on ${on} is ${buildId(best.build)}${best.least && !choice.driver ? `, from driver ${best.least} on` : ""}.`
    : `No build on record is known to run on ${on} as chosen.${more}`;
  $("best").replaceChildren(...(best ? command(best.build[7], "the install command") : []));
}

function drawGrid() {
  const rows = new Map(), columns = new Map();
  for (const one of shown()) {
    if (!rows.has(one.build[0])) rows.set(one.build[0], new Map());
    rows.get(one.build[0]).set(one.build[1], one);
    columns.set(one.build[1], one.build[2]);
  }
  const tags = [...columns.keys()].sort((a, b) => newer(columns.get(a), columns.get(b)));
  const head = node("tr", {}, node("th", {scope: "col"}, "torch"), ...tags.map((tag) => node("th", {scope: "col", title: `CUDA ${columns.get(tag)}`}, tag)));
  const body = [...rows].map(([torch, found]) => node("tr", {},
    node("th", {scope: "row"}, torch, node("small", {}, (D.releases[torch] || [""])[0] || "")),
    ...tags.map((tag) => found.has(tag) ? node("td", {}, button(found.get(tag))) : node("td", {class: "none"}, "·"))));
  $("grid").replaceChildren(node("table", {}, node("thead", {}, head), node("tbody", {}, ...body)));
  const first = $("grid").querySelector("[aria-current]") || $("grid").querySelector("td button");
  if (first) first.tabIndex = 0;
}

function button(one) {
  const id = buildId(one.build);
  const why = one.reasons.map((each) => each.text).join("; ");
  return node("button", {type: "button", class: one.runs, tabindex: "-1", "data-build": id, "aria-current": id === choice.build && "true",
    "aria-label": `torch ${id}: ${sentence(one)}`, title: why || sentence(one), on: {click: () => set({build: id})}}, MARKS[one.runs]);
}

function receipts(places, found) {
  return node("ul", {class: "rows"}, ...[...new Set(places)].map((place) => {
    const [row, source] = rowOf(place, found), [where, how, checked, doubt] = D.sources[source];
    const link = /^https:/.test(where) ? node("a", {href: where, rel: "noreferrer"}, where) : where;
    return node("li", {}, `${row}: `, link, ` (${how}, checked ${checked}${doubt ? `, confidence ${doubt}` : ""})`);
  }));
}

function query(found) {
  const gpu = choice.gpu, words = ["torch-doctor matrix query", `--torch ${buildId(found.build)}`, `--gpu "${gpu[0]}"`];
  if (gpu[1]) words.push(`--compute-capability ${gpu[1]}`);
  words.push(`--platform ${choice.platform}`);
  if (choice.driver) words.push(`--driver ${choice.driver}`);
  if (choice.python) words.push(`--python ${pythonOf(choice.python)}`);
  if (choice.with) words.push(`--with ${choice.with}`);
  return words.join(" ");
}

function drawDetail() {
  const found = cells.find((one) => buildId(one.build) === choice.build) || cells.find((one) => one.state === YES) || cells[0];
  if (!found) { $("detail").replaceChildren("No build is on record for this platform."); return; }
  const build = found.build, released = (D.releases[build[0]] || [""])[0];
  const parts = [node("h2", {}, `torch ${buildId(build)}`),
    node("p", {}, node("b", {class: `verdict ${found.runs}`}, `${MARKS[found.runs]} ${sentence(found)}`)),
    node("p", {class: "rows"}, `CUDA ${build[2]}${released ? `, released ${released}` : ""}, compiled for ${build[4] === null ? "what is not on record" : build[4]}`)];
  if (found.reasons.length) {
    parts.push(node("h3", {}, "Why"), node("ul", {}, ...found.reasons.map((one) => node("li", {}, one.text))));
  }
  if (found.notes && found.notes.length) parts.push(node("ul", {}, ...found.notes.map((one) => node("li", {}, one))));
  if (found.state === YES) parts.push(node("h3", {}, "Install"), node("div", {class: "command"}, ...command(build[7], "the command")));
  parts.push(node("h3", {}, "Rows and sources"), receipts(found.rows.length ? found.rows : [-1], found));
  parts.push(node("h3", {}, "Ask the law itself"), node("div", {class: "command"}, ...command(query(found), "the query")));
  $("detail").replaceChildren(...parts);
}

function day(text) { return text ? Date.parse(text.length === 7 ? `${text}-15` : text) : NaN; }

function drawTime() {
  const there = standing(choice.gpu, choice.platform).platform, platform = PLATFORMS[there];
  const kind = D.kinds[choice.gpu[2]], last = platform.last[choice.gpu[2]];
  const free = cells.some((one) => D.laws[platform.cells[choice.gpu[2]][one.place]][0][0] === YES);
  const windows = there === "windows" || there === "wsl", driver = driverOf(choice.driver, there);
  const said = [`${labelOf(choice.gpu)} is ${kind[1] || "a GPU"} (${kind[0]}).`];
  if (last) said.push(`The last torch with code for it is ${last}.`);
  else said.push(free ? "The newest torch still has code for it." : "No build on record has code for it.");
  if (driver && there !== "jetson") {
    const fits = D.floors.filter((one) => one[1][windows ? 1 : 0][1] <= driver.value).sort((a, b) => b[0] - a[0])[0];
    const next = D.floors.filter((one) => one[1][windows ? 1 : 0][1] > driver.value).sort((a, b) => a[0] - b[0])[0];
    said.push(fits ? `Driver ${driver.text} serves builds up to CUDA ${fits[0]}${next ? `; CUDA ${next[0]} needs ${next[1][windows ? 1 : 0][0]}` : ""}.`
      : `Driver ${driver.text} is older than what CUDA ${next[0]} needs, ${next[1][windows ? 1 : 0][0]}.`);
  }
  $("time-words").textContent = said.join(" ");
  drawDots(last);
}

function drawDots(last) {
  const dated = shown().filter((one) => !Number.isNaN(day((D.releases[one.build[0]] || [])[0])));
  if (!dated.length) { $("time").replaceChildren(); return; }
  const lines = [...new Set(dated.map((one) => one.build[2]))].sort(newer);
  const days = dated.map((one) => day(D.releases[one.build[0]][0]));
  const [from, to] = [Math.min(...days), Math.max(...days)];
  const width = 960, left = 52, right = 56, top = 26, gap = 22, height = top + lines.length * gap + 24;
  const x = (value) => left + (to === from ? 0.5 : (value - from) / (to - from)) * (width - left - right);
  const y = (cuda) => top + lines.indexOf(cuda) * gap + gap / 2;
  const made = drawn("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", style: "min-width:56rem;width:100%;display:block",
    "aria-label": `${$("time-words").textContent} ${dated.length} builds by CUDA and day of release.`});
  for (const cuda of lines) {
    if (dated.some((one) => one.build[2] === cuda && one.state === YES)) {
      made.append(drawn("rect", {class: "served", x: left - 8, y: y(cuda) - gap / 2 + 2, width: width - left - right + 16, height: gap - 4, rx: 4}));
    }
    made.append(drawn("line", {class: "axis", x1: left, x2: width - right, y1: y(cuda), y2: y(cuda)}), drawn("text", {x: 4, y: y(cuda) + 4}, cuda), drawn("text", {x: width - 34, y: y(cuda) + 4}, cuda));
  }
  for (let year = new Date(from).getFullYear(); year <= new Date(to).getFullYear(); year += 1) {
    const at = x(Math.max(from, Date.parse(`${year}-01-01`)));
    made.append(drawn("text", {x: at, y: height - 6}, String(year)), drawn("line", {class: "axis", x1: at, x2: at, y1: top, y2: height - 18}));
  }
  if (last && D.releases[last.split("+")[0]]) {
    const at = x(day(D.releases[last.split("+")[0]][0]));
    if (at >= left) made.append(drawn("line", {class: "last", x1: at, x2: at, y1: 16, y2: height - 18}),
      drawn("text", {class: "mark", x: Math.min(at, width - 190), y: 12}, `last with code: ${last}`));
  }
  for (const one of dated) {
    made.append(drawn("circle", {class: one.runs, cx: x(day(D.releases[one.build[0]][0])), cy: y(one.build[2]), r: 5, "data-build": buildId(one.build)},
      drawn("title", {}, `torch ${buildId(one.build)}: ${sentence(one)}`)));
  }
  made.addEventListener("click", (event) => { const id = event.target.closest("[data-build]"); if (id) set({build: id.dataset.build}); });
  $("time").replaceChildren(made);
  $("time").scrollLeft = $("time").scrollWidth;
}

function changed(before, after) {
  const gone = before.filter((one) => !after.includes(one)), come = after.filter((one) => !before.includes(one));
  const words = [...come.map((one) => `+ ${one}`), ...gone.map((one) => `− ${one}`)];
  return whole(words.length ? words : ["the same"]);
}

function drawDiff() {
  const wheels = PLATFORMS[standing(choice.gpu, choice.platform).platform].wheels, builds = D.builds[wheels];
  const of = (torch) => new Map(builds.filter((one) => one[0] === torch).map((one) => [one[1], one]));
  const [before, after] = [of(choice.before), of(choice.after)];
  const tags = [...new Set([...after.keys(), ...before.keys()])];
  const code = (one) => one[4] === null ? ["not on record"] : one[4].split(" ");
  const python = (one) => (one[5] || ["not on record"]).map((tag) => tag.startsWith("cp") ? pythonOf(tag) : tag);
  const rows = tags.map((tag) => {
    const [a, b] = [before.get(tag), after.get(tag)];
    const cells = !a ? [[`new: ${code(b).join(" ")}`], [python(b).join(" ")], [b[6] || ""]]
      : !b ? [["no longer built"], [], []] : [changed(code(a), code(b)), changed(python(a), python(b)), whole([a[6] === b[6] ? "the same" : `${a[6]} → ${b[6]}`])];
    return node("tr", {}, node("th", {scope: "row"}, tag), ...cells.map((words) => node("td", {}, ...words)));
  });
  const head = node("tr", {}, ...["build", "GPU code", "Python", "glibc"].map((text) => node("th", {scope: "col"}, text)));
  $("diff").replaceChildren(tags.length ? node("table", {}, node("thead", {}, head), node("tbody", {}, ...rows))
    : node("p", {}, `Neither has a CUDA build for ${wheels} on record.`));
}

// --- moving ---
function readHash() {
  const words = new URLSearchParams(location.hash.slice(1)), next = {};
  for (const key of Object.keys(choice)) if (words.has(key)) next[key] = words.get(key);
  if (next.gpu) next.gpu = gpuNamed(next.gpu) || choice.gpu;
  if (next.python) next.python = `cp${next.python.replace(".", "")}`;
  return next;
}

function writeHash() {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(choice)) {
    if (!value || (key === "since" && value === "2.4")) continue;
    words.set(key, key === "gpu" ? labelOf(value) : key === "python" ? pythonOf(value) : value);
  }
  history.replaceState(null, "", `#${words}`);
}

function set(next) {
  Object.assign(choice, next);
  if (!PLATFORMS[choice.platform]) choice.platform = "linux-x86_64";
  let there = standing(choice.gpu, choice.platform);
  $("gpu-note").textContent = "";
  if (there.why) {
    $("gpu-note").textContent = there.why;
    choice.platform = D.platforms.find((one) => standing(choice.gpu, one.name).platform).name;
    there = standing(choice.gpu, choice.platform);
  }
  const releases = [...new Set(D.builds[PLATFORMS[there.platform].wheels].map((one) => one[0]))];
  if (!releases.includes(choice.after)) choice.after = releases[0];
  if (!releases.includes(choice.before)) choice.before = releases[1] || releases[0];
  if (!D.pythons.tags.includes(choice.python)) choice.python = "";
  if (!D.with.packages.includes(choice.with)) choice.with = "";
  if (driverOf(choice.driver, there.platform) === undefined) {
    $("gpu-note").textContent = `Driver ${choice.driver}: no such branch is on record; write the release that nvidia-smi shows, such as 580.65.06.`;
    choice.driver = "";
  }
  cells = D.builds[PLATFORMS[there.platform].wheels].map((_, place) => cell(choice, place));
  for (const name of ["before", "after"]) $(name).replaceChildren(...releases.map((one) => node("option", {}, one)));
  drawForm(); drawAnswer(); drawGrid(); drawDetail(); drawTime(); drawDiff(); writeHash();
}

function table() {
  return shown().map((one) => ({torch: one.build[0], variant: one.build[1], cuda: one.build[2], runs: one.runs,
    min_driver: one.least, beside: one.beside || null, reasons: one.reasons.map((each) => each.text),
    because: one.rows.map((place) => { const [row, source] = rowOf(place, one), [where, how, checked] = D.sources[source]; return {row, source: where, how, checked}; })}));
}

function chosen() {
  return {gpu: labelOf(choice.gpu), platform: choice.platform, driver: choice.driver || null, python: choice.python ? pythonOf(choice.python) : null, with: choice.with || null};
}

function quoted(value) {
  const text = String(value === null ? "" : value);
  return /^[=+\-@]|[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv() {
  const names = ["torch", "variant", "cuda", "runs", "min_driver", "beside", "reasons", "sources"];
  const lines = table().map((one) => [one.torch, one.variant, one.cuda, one.runs, one.min_driver, one.beside, one.reasons.join("; "), [...new Set(one.because.map((each) => each.source))].join(" ")]);
  return [names, ...lines].map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function save(name, type, text) {
  const link = node("a", {download: name, href: URL.createObjectURL(new Blob([text], {type}))});
  document.body.append(link); link.click(); link.remove();
  $("done").textContent = `${name} saved`;
}

function start() {
  $("version").textContent = D.matrix.version;
  $("gpus").append(...D.gpus.map((gpu) => node("option", {value: labelOf(gpu)})));
  $("common").append(...D.gpus.slice(0, D.common).map((gpu) => node("button", {type: "button", on: {click: () => set({gpu, build: ""})}}, labelOf(gpu))));
  $("platform").append(...D.platforms.map((one) => node("option", {value: one.name}, one.words)));
  $("drivers").append(...D.drivers.map((one) => node("option", {value: String(one[0])}, `CUDA ${one[1]}${one[3] ? `, ended ${one[3]}` : ""}`)));
  $("python").append(node("option", {value: ""}, "any"), ...D.pythons.tags.map((tag) => node("option", {value: tag}, pythonOf(tag))));
  $("with").append(node("option", {value: ""}, "nothing"), ...D.with.packages.map((one) => node("option", {}, one)));
  const minors = [...new Set(Object.keys(D.releases).map((one) => one.split(".").slice(0, 2).join(".")))].sort(newer);
  $("since").append(...minors.map((one) => node("option", {}, one)), node("option", {value: "all"}, "all"));
  choice.gpu = D.gpus[0];
  for (const name of ["platform", "python", "with", "since", "before", "after"]) $(name).addEventListener("change", (event) => set({[name]: event.target.value, build: ""}));
  $("driver").addEventListener("change", (event) => set({driver: event.target.value.trim(), build: ""}));
  const named = (event) => {
    const gpu = gpuNamed(event.target.value);
    if (gpu) set({gpu, build: ""});
    else if (event.type === "change") { $("gpu-note").textContent = `No GPU on record is called ${event.target.value}.`; }
  };
  $("gpu").addEventListener("change", named);
  $("choice").addEventListener("submit", (event) => event.preventDefault());
  $("copy-link").addEventListener("click", () => copy(location.href, "the link"));
  $("copy-table").addEventListener("click", () => copy(table().map((one) => `torch ${one.torch}+${one.variant}\t${one.runs}\t${one.min_driver || one.reasons.join("; ")}`).join("\n"), "the table"));
  $("save-csv").addEventListener("click", () => save("torch-builds.csv", "text/csv", csv()));
  $("save-json").addEventListener("click", () => save("torch-builds.json", "application/json", JSON.stringify({matrix: D.matrix, chosen: chosen(), builds: table()}, null, 2)));
  $("grid").addEventListener("keydown", walk);
  window.addEventListener("hashchange", () => set(readHash()));
  set(readHash());
}

function walk(event) {
  const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  const at = event.target.closest("td");
  if (!step || !at) return;
  event.preventDefault();
  let [row, column] = [at.parentNode.rowIndex, at.cellIndex];
  const rows = $("grid").querySelectorAll("tr");
  for (;;) {
    row += step[0]; column += step[1];
    const next = rows[row] && rows[row].cells[column];
    if (!next || next.tagName !== "TD") return;
    const target = next.querySelector("button");
    if (target) {
      at.querySelector("button").tabIndex = -1; target.tabIndex = 0; target.focus();
      return;
    }
  }
}

// For tests and other pages: the answer for one build as the page shows it.
window.explorer = (given) => {
  const gpu = D.gpus.find((one) => one[0] === given.gpu && (one[1] || "") === (given.capability || ""));
  const there = standing(gpu, given.platform);
  if (there.why) return {why: there.why};
  const place = D.builds[PLATFORMS[there.platform].wheels].findIndex((one) => one[0] === given.torch && one[1] === given.variant);
  const found = cell({driver: "", python: "", with: "", ...given, gpu}, place);
  return {runs: found.runs, reasons: found.reasons.map((one) => one.text), least: found.least, beside: found.beside || null};
};
start();
