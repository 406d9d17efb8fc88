// SPDX-License-Identifier: MIT OR Apache-2.0
"use strict";

// The virtual card's switches and answers to reset (tests/card/README.md), changed while it runs.

/** Words, whether it holds from the next placing on, and what there is to choose. */
const SWITCHES = {
  failed_verify_revokes: { words: ["誤入力で照合が取り消される", "A wrong entry takes a success back"] },
  survives_warm_reset: { words: ["照合はリセット後も残る", "A success survives a warm reset"] },
  first_command_fails: { words: ["最初の命令が失敗（6F00）", "The first command fails (6F00)"] },
  contact_atr: { words: ["接触ATR（5F51）", "Contact ATR (5F51)"], choices: { always: ["常に", "always"],
    "without-application": ["AP選択前", "no AP"], "with-application": ["AP選択後", "with AP"] } },
  birth_key_tries: { words: ["生年月日の残り回数", "Tries of the birth date"], least: 1, most: 15, none: "∞" },
  b_opens_digests: { words: ["照合番号Bで0003が読める", "Number B opens EF 0003"], next: true },
  iphone_unlocked: { words: ["iPhoneは本人が認証済み", "The iPhone's holder has unlocked it"] },
  iphone_certificate_needs_pin: { words: ["iPhoneの証明書に暗証番号", "iPhone certificate needs the PIN"], next: true },
  absent_certificate_byte: { words: ["証明書なしの印（EF 0008）", "Absent certificate (EF 0008)"], least: 0, most: 255, next: true },
  absent_signature_file: { words: ["署名用なしの0001・001A", "EF 0001, 001A without it"], next: true, choices: {
    closed: ["閉", "closed"], missing: ["無", "missing"], empty: ["空", "empty"] } },
  absent_signature_password: { words: ["署名用なしの001B", "EF 001B without it"], next: true, choices: {
    blocked: ["ロック", "blocked"], missing: ["無", "missing"], untouched: ["未使用", "untouched"] } },
  pinless_clears_flag: { words: ["暗証番号なし：初期化の印なし", "Without PIN: flag cleared"], next: true },
  knows_test_terminal: { words: ["試験用端末の証明書を受け付ける", "Takes the test terminal's certificate"] },
  pinless_blocks_other_pins: { words: ["暗証番号なし：ほかもロック", "Without PIN: others blocked"], next: true },
};
const SLOT_WORDS = [["カード", "Cards"], ["スマホ", "Phones"]];
let behaviour = {};

function openSwitches(open) {
  $("switches").hidden = !open;
  $("open-switches").setAttribute("aria-expanded", open);
  (open ? $("close-switches") : $("open-switches")).focus();
}
$("open-switches").onclick = () => openSwitches($("switches").hidden);
$("close-switches").onclick = () => openSwitches(false);
$("switches").onkeydown = (event) => {
  if (event.key === "Escape") openSwitches(false);
};
$("defaults").onclick = async () => {
  await post("/api/card", { do: "behave" });
  for (const slot of [CARDS, PHONES]) await post("/api/card", { do: "atr", slot });
};

/** All of them, because one that is not named would take its default. */
const behave = (name, value) => post("/api/card", { do: "behave", ...behaviour, [name]: value });

function showSwitches(told, slots) {
  if (!told) return;
  behaviour = told.behaviour;
  const names = Object.keys(behaviour);
  const changed = (name) => behaviour[name] !== told.defaults[name];
  const atrs = slots.map((slot) => slot?.atr ?? "");
  const count = names.filter(changed).length + atrs.filter(Boolean).length;
  $("switched").textContent = count ? String(count) : "";
  $("switched").title = count ? "既定と異なる数 · differ from default" : "";
  keep($("behaviour"), [behaviour, told.defaults], () => names.map((name) => {
    const known = SWITCHES[name] ?? { words: [name, ""] };
    const row = switchRow(known.words, known.next, control(name, known, behaviour[name]));
    row.dataset.switch = name;
    row.classList.toggle("changed", changed(name));
    return row;
  }));
  keep($("atrs"), [atrs, told.atrs], () => atrs.map((now, slot) => {
    const options = [["", "カードごと own"], ...told.atrs.map((name) => [name, name])];
    const row = switchRow(SLOT_WORDS[slot], false, select(options, now,
      (name) => post("/api/card", name ? { do: "atr", slot, name } : { do: "atr", slot })));
    row.dataset.atr = slot;
    row.classList.toggle("changed", now !== "");
    return row;
  }));
}

function switchRow([ja, en], next, control) {
  const words = element("span", {}, ja, next ? "＊" : "", element("small", { lang: "en", textContent: en }));
  return element("label", { className: "option" }, words, control);
}

function control(name, known, value) {
  if (typeof value === "boolean") {
    const made = element("input", { type: "checkbox", checked: value });
    made.onchange = () => behave(name, made.checked);
    return made;
  }
  if (known.choices) {
    const options = Object.entries(known.choices).map(([key, words]) => [key, words.join(" ")]);
    return select(options, value, (key) => behave(name, key));
  }
  const made = element("input", { type: "number", value: value ?? "", placeholder: known.none ?? "",
    min: known.least ?? "", max: known.most ?? "" });
  made.onchange = () => {
    if (made.checkValidity()) behave(name, made.value === "" ? (known.none ? null : 0) : Number(made.value));
  };
  return made;
}

function select(options, now, set) {
  const made = element("select", {}, ...options.map(([value, text]) => element("option", { value, textContent: text })));
  made.value = now;
  made.onchange = () => set(made.value);
  return made;
}
