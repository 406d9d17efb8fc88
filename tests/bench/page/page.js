// SPDX-License-Identifier: MIT OR Apache-2.0
"use strict";

const $ = (id) => document.getElementById(id);
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const both = (ja, en) => [ja + " ", element("span", { lang: "en", textContent: en })];

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) say(`${path}: ${await answer.text()}`, true);
}

function say(text, bad = false) {
  $("link").textContent = text;
  $("link").classList.toggle("away", bad);
}

// ---- the live connection

let socket;
let seen = { traffic: 0, logs: 0 };

function connect() {
  socket = new WebSocket(`ws://${location.host}/api/live`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => say("");
  socket.onclose = () => {
    say("ベンチは終了しています · the bench has ended", true);
    setTimeout(connect, 1000);
  };
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) return draw(data);
    const message = JSON.parse(data);
    if (message.screen) showScreen(message.screen);
    if (message.state) showState(message.state);
    if (message.traffic) {
      message.traffic.forEach(hear);
      addLines("traffic", message.traffic, trafficRow);
    }
    if (message.logs) addLines("logs", message.logs, logRow);
  };
}

// ---- the reader's screen

const canvas = $("picture");
const context = canvas.getContext("2d", { alpha: false });
let panel = { width: 1280, height: 800 };

function draw(data) {
  const [x, y, w, h] = new Uint32Array(data, 0, 4);
  if (w === 0 || h === 0) return;
  context.putImageData(new ImageData(new Uint8ClampedArray(data, 16), w, h), x, y);
}

function showScreen(screen) {
  const device = $("device");
  device.classList.toggle("away", !screen.connected);
  if (!screen.connected) {
    $("reading").replaceChildren();
    return;
  }
  if (canvas.width !== screen.width || canvas.height !== screen.height) {
    canvas.width = screen.width;
    canvas.height = screen.height;
    device.classList.toggle("portrait", screen.height > screen.width);
  }
  panel = screen;
  const reading = $("reading");
  reading.lang = screen.picture.language;
  reading.dataset.view = screen.picture.view;
  reading.dataset.sequence = screen.picture.sequence;
  const focused = document.activeElement?.dataset?.key;
  reading.replaceChildren(...screen.picture.tree.map(readable).filter(Boolean));
  if (focused) {
    [...reading.children].find((made) => made.dataset.key === focused)?.focus();
  }
}

/** What a person sees at this place, as an element that a keyboard or a screen reader can use. */
function readable(node) {
  const press = node.role === "button" || node.role === "key";
  if (!node.label && !press) return null;
  const name = press ? "button" : node.role === "heading" ? "h3" : node.role === "text" ? "p" : "div";
  const made = element(name, { textContent: node.label });
  made.dataset.key = `${node.role} ${node.label}`;
  made.dataset.role = node.role;
  if (node.action) made.dataset.action = node.action;
  if (node.focused) made.dataset.focused = "";
  for (const [edge, value, of] of [["left", node.x, panel.width], ["top", node.y, panel.height],
    ["width", node.w, panel.width], ["height", node.h, panel.height]]) {
    made.style[edge] = `${(value / of) * 100}%`;
  }
  if (press) {
    made.type = "button";
    made.disabled = !node.enabled;
    made.setAttribute("aria-label", node.label);
    made.onclick = () => {
      const at = { x: node.x + node.w / 2, y: node.y + node.h / 2 };
      touch({ ...at, phase: "down" });
      touch({ ...at, phase: "up" });
    };
  }
  if (node.role === "image") {
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", node.label);
  }
  if (node.role === "group") made.setAttribute("role", "group");
  if (node.role === "status" || node.live) made.setAttribute("role", "status");
  return made;
}

function touch(touch) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ touch }));
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) / box.width) * panel.width,
    y: ((event.clientY - box.top) / box.height) * panel.height,
  };
}

let pressed = null;
canvas.addEventListener("pointerdown", (event) => {
  if (pressed !== null || event.button !== 0) return;
  pressed = event.pointerId;
  canvas.setPointerCapture(pressed);
  touch({ ...place(event), phase: "down" });
});
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId === pressed) touch({ ...place(event), phase: "move" });
});
for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, (event) => {
    if (event.pointerId !== pressed) return;
    pressed = null;
    touch({ ...place(event), phase: "up" });
  });
}

// The numeric keypad of this computer is that of the reader.
const KEYPAD = { NumpadAdd: "next", NumpadSubtract: "previous", NumpadEnter: "press",
  NumpadDecimal: "erase", NumpadMultiply: "again", NumpadDivide: "louder" };
window.addEventListener("keydown", (event) => {
  const digit = /^Numpad([0-9])$/.exec(event.code);
  const key = digit ? { digit: Number(digit[1]) } : KEYPAD[event.code];
  if (key === undefined || event.repeat || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ key }));
});

// ---- what is said aloud; the reader's own sound goes to a file here

const player = new Audio();
let waiting = [];
let spoken = new Map();

async function words() {
  if (spoken.size === 0) spoken = new Map(Object.entries(await (await fetch("/api/voice")).json()));
  return spoken;
}

/** A newer order takes the place of the one before. */
async function hear(line) {
  if (line.kind !== "call" || !line.words.match(/^(Say|Hush) /)) return;
  waiting = [...(line.recordings ?? [])];
  player.pause();
  const texts = await words();
  $("said").textContent = (line.recordings ?? []).map((name) => texts.get(name) ?? "♪").join(" ");
  if ($("listen").checked) play();
}

function play() {
  const next = waiting.shift();
  if (next === undefined) return;
  player.src = `/voice/${next}`;
  // A browser lets a page sound only after somebody has touched it: ticking the box was a touch.
  player.play().catch((error) => say(String(error), true));
}
player.onended = play;
$("listen").onchange = (event) => { if (!event.target.checked) player.pause(); };

// ---- cards

const GROUPS = { people: ["いろいろな人", "People"], pin: ["暗証番号", "PIN"], certificate: ["電子証明書", "Certificates"],
  phone: ["スマートフォン", "Phones"], other: ["ほかのカード", "Other cards"], "no-photo": ["顔写真なし", "No photo"],
  "bad-photo": ["顔写真の異常", "Bad photos"], "bad-face": ["券面の異常", "Bad card face"] };
/** The reader's two slots: for cards, for phones. */
const CARDS = 0, PHONES = 1;
let profiles = [];
let asking = false;
let lying = [null, null];

/** Filled once: filled again, a group that somebody has opened meanwhile would close. */
async function showTray() {
  if (asking || profiles.length > 0) return;
  asking = true;
  try {
    const answer = await fetch("/api/profiles");
    if (answer.ok) fillTray((await answer.json()).profiles);
  } finally {
    asking = false;
  }
}

function fillTray(found) {
  profiles = found;
  // A group that has no name yet still shows its cards.
  const groups = new Set([...Object.keys(GROUPS), ...profiles.map((profile) => profile.group)]);
  $("cards").replaceChildren(...[...groups].map((group) => {
    const cards = profiles.filter((profile) => profile.group === group).map(trayCard);
    const made = element("details", { className: "group", open: group === "people" }, element("summary", {},
      element("b", {}, ...both(...(GROUPS[group] ?? [group, group]))),
      element("span", { className: "count", textContent: cards.length })), ...cards);
    made.dataset.group = group;
    return made;
  }));
}

function trayCard(profile) {
  const card = element("button", { type: "button", className: "card", draggable: true },
    element("b", { textContent: profile.label_ja }),
    element("small", { lang: "en", textContent: profile.label_en }));
  if (profile.pin) {
    card.append(element("span", { className: "pin" }, "暗証番号 ",
      element("small", { lang: "en", textContent: "PIN " }),
      element("code", { textContent: profile.pin })));
  }
  card.dataset.profile = profile.name;
  card.onclick = () => {
    const slot = lying.indexOf(profile.name);
    return slot < 0 ? put(profile.name) : lift(slot);
  };
  card.ondragstart = (event) => event.dataTransfer.setData("text/plain", profile.name);
  return card;
}

/** Lays a card down; on its own slot, where none is named. */
async function put(name, slot) {
  const profile = profiles.find((one) => one.name === name);
  if (!profile) return;
  slot ??= profile.group === "phone" ? PHONES : CARDS;
  if (lying[slot] !== null) await lift(slot);
  await post("/api/card", { do: "place", profile: name, slot });
}
const lift = (slot) => post("/api/card", { do: "lift", slot });
$("lift").onclick = () => lift(CARDS);
$("lift-phone").onclick = () => lift(PHONES);

for (const [target, lit, slot] of [["slot", "slot", CARDS], ["glass", "slot", CARDS], ["phone-reader", "phone-reader", PHONES]]) {
  $(target).ondragover = (event) => {
    event.preventDefault();
    $(lit).classList.add("over");
  };
  $(target).ondragleave = () => $(lit).classList.remove("over");
  $(target).ondrop = (event) => {
    event.preventDefault();
    $(lit).classList.remove("over");
    put(event.dataTransfer.getData("text/plain"), slot);
  };
}

// ---- state

const HOPS = { terminal: ["端末", "terminal"], network: ["回線", "network"], centre: ["センター", "centre"] };
const STRETCHES = { terminal: ["端末まで", "to terminal"], centre: ["センターまで", "to centre"] };
const LINES = { open: ["接続", "open"], refused: ["拒否", "reset"], silent: ["断線", "cut"] };
const LIVES = { ready: "稼働 ready", starting: "起動中 starting", restarting: "再起動 restart", stopped: "停止 stopped" };
const COUNTS = [["issued", "照会", "opened"], ["asked", "確認", "checked"], ["refused", "拒否", "refused"],
  ["completed", "完了", "done"], ["records", "受信", "records"], ["repeated", "重複", "repeated"],
  ["abandoned", "中止", "given up"]];

function showState(state) {
  for (const button of document.querySelectorAll("[data-orientation]")) {
    button.setAttribute("aria-pressed", button.dataset.orientation === state.orientation);
    button.onclick = () => post("/api/panel", { orientation: button.dataset.orientation, language: state.language });
  }
  $("language").value = state.language;
  $("language").onchange = (event) => post("/api/panel", { orientation: state.orientation, language: event.target.value });
  showCards([state.card, state.phone]);
  showSwitches(state.switches, [state.card, state.phone]);
  showHops(state.uplink);
  keep($("stretches"), state.stretches.map((stretch) => [stretch.name, stretch.line]), () =>
    state.stretches.map((stretch) => choice(STRETCHES[stretch.name], LINES, stretch.line, "open",
      (line) => post(`/api/stretches/${stretch.name}`, { line }))));
  if (document.activeElement !== $("before")) $("before").value = state.before;
  keep($("pcscd"), state.pcscd, () => [choice(["カード装置", "pcscd"],
    { true: ["あり", "there"], false: ["なし", "away"] }, String(state.pcscd), "true",
    (value) => post("/api/pcscd", { present: value === "true" }))]);
  showProcesses(state.processes);
  $("counts").replaceChildren(...(state.centre ? COUNTS.map(([key, ja, en]) => element("div", {},
    element("dt", {}, ...both(ja, en)), element("dd", { textContent: state.centre[key] ?? "–" }))) : []));
  $("terminal-link").href = state.terminal_page;
  $("draw-code").onclick = () => post("/api/terminal/first-code", {});
  $("first-code").textContent = state.first_code ?? "–";
  showTray();
}

/** Fills `place` anew only when `value` has changed, so that a button under a finger stays. */
function keep(place, value, make) {
  const text = JSON.stringify(value);
  if (place.dataset.value === text) return;
  place.dataset.value = text;
  place.replaceChildren(...make());
}

function showCards(states) {
  lying = states.map((state) => (state?.placed ? state.profile : null));
  const labels = lying.map((name) => (name === null ? "" : profiles.find((one) => one.name === name)?.label_ja ?? name));
  $("slot").classList.toggle("full", lying[CARDS] !== null);
  $("lift").disabled = lying[CARDS] === null;
  $("slot-card").textContent = labels[CARDS];
  $("phone-reader").classList.toggle("full", lying[PHONES] !== null);
  $("lift-phone").disabled = lying[PHONES] === null;
  $("phone-lying").textContent = labels[PHONES];
  for (const button of document.querySelectorAll(".card")) {
    button.setAttribute("aria-pressed", lying.includes(button.dataset.profile));
  }
  for (const group of document.querySelectorAll(".group")) {
    group.classList.toggle("used", group.querySelector("[aria-pressed='true']") !== null);
  }
}

function showHops(uplink) {
  const hops = uplink?.hops ?? [];
  keep($("hops"), hops, () => [element("li", {}, ...both("リーダー", "reader")), ...hops.map((hop) => {
    const item = element("li", {}, ...both(...(HOPS[hop.hop] ?? [hop.hop, hop.hop])));
    item.dataset.up = hop.up;
    item.append(element("span", { className: "unseen", textContent: hop.up ? "正常 up" : "不通 down" }));
    return item;
  })]);
  $("hops").firstChild?.setAttribute("data-up", uplink !== null);
  $("queued").replaceChildren(...both(uplink ? `未送信 ${uplink.queued}` : "未送信 ？", "queued"));
}

function choice(name, values, now, plain, set) {
  const buttons = Object.entries(values).map(([value, words]) => {
    const button = element("button", { type: "button" }, ...both(...words));
    if (value !== plain) button.className = "cut";
    button.setAttribute("aria-pressed", value === now);
    button.onclick = () => set(value);
    return button;
  });
  const group = element("div", { className: "switch" }, ...buttons);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", name.join(" · "));
  return element("div", { className: "row" }, element("span", {}, ...both(...name)), group);
}

function showProcesses(processes) {
  const body = $("processes");
  for (const process of processes) {
    let row = body.querySelector(`[data-process="${process.name}"]`);
    if (!row) {
      const kill = element("button", { type: "button" }, ...both("停止", "kill"));
      // A lost bus is the end of the desk, as on a reader, where it is a reboot.
      kill.hidden = process.name === "bus";
      kill.setAttribute("aria-label", `${process.name}: 停止 · kill`);
      kill.onclick = () => post(`/api/processes/${process.name}/signal`, { signal: "KILL" });
      row = element("tr", {}, ...Array.from({ length: 4 }, () => element("td")), element("td", {}, kill));
      row.dataset.process = process.name;
      body.append(row);
    }
    const [name, life, restarts, memory] = row.children;
    name.textContent = process.name;
    life.textContent = LIVES[process.life];
    life.className = process.life;
    life.title = process.ended ?? "";
    restarts.textContent = process.restarts ? `↻ ${process.restarts}` : "";
    memory.textContent = process.rss_kib ? `${(process.rss_kib / 1024).toFixed(0)} MiB` : "";
    row.querySelector("button").disabled = process.pid === null;
  }
}

// ---- traffic and logs

const KEPT = 400;

function addLines(id, lines, row) {
  // A new bench counts from one again.
  if (lines.length && lines[0].number === 1) {
    $(id).tBodies[0].replaceChildren();
    seen[id] = 0;
  }
  const fresh = lines.filter((line) => line.number > seen[id]);
  if (!fresh.length) return;
  seen[id] = fresh.at(-1).number;
  const body = $(id).tBodies[0];
  const scroll = $(id).parentElement;
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
  body.append(...fresh.slice(-KEPT).map(row));
  while (body.rows.length > KEPT) body.rows[0].remove();
  if (atEnd) scroll.scrollTop = scroll.scrollHeight;
}

function cells(...texts) {
  return element("tr", {}, ...texts.map((text) => element("td", { textContent: text })));
}
const ARROWS = { call: "→", answer: "⇠", error: "⇠", signal: "⇢" };
function trafficRow(line) {
  const row = cells((line.at_ms / 1000).toFixed(2), `${line.from} ${ARROWS[line.kind]} ${line.to}`, line.words);
  row.className = line.kind;
  return row;
}
const logRow = (line) => cells(line.process, line.text);

connect();

$("before").onchange = () => post("/api/before", { before: $("before").value });
