// SPDX-License-Identifier: MIT OR Apache-2.0
// Shows how the readers stand without anybody pressing 再読み込み. Without this script the page is whole.
"use strict";
(() => {
  const said = document.getElementById("live-said");
  // What staff are filling in is left alone until it is sent.
  const inUse = (part) => part.matches(":focus-within") || part.querySelector("input:checked") !== null;

  const stands = (part) => new Map([...part.querySelectorAll("tbody tr")].map((row) =>
    [row.cells[0].textContent, row.cells[3].textContent.trim()]));

  const replace = (id, page) => {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh || old.innerHTML === fresh.innerHTML) {
      return;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const again = focused && [...old.querySelectorAll("button")].indexOf(focused);
    old.replaceWith(fresh);
    if (focused) {
      fresh.querySelectorAll("button")[again]?.focus();
    }
  };

  const look = async () => {
    const answer = await fetch(`${location.pathname.replace(/^(\/readers).*/, "$1")}?renewed`);
    if (!answer.ok || answer.redirected) {
      // Logged out meanwhile.
      location.assign("/readers");
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [table, forms] = ["live-readers", "live-visual"].map((id) => document.getElementById(id));
    const [before, after] = [stands(table), stands(page.getElementById("live-readers"))];
    const news = [...after].filter(([reader, now]) => before.get(reader) !== now);
    replace("live-readers", page);
    if (!inUse(forms)) {
      replace("live-visual", page);
    }
    if (news.length > 0) {
      said.textContent = news.map((each) => each.join(": ")).join("\n");
    }
  };

  let busy = false;
  let more = false;
  const changed = async () => {
    more = true;
    if (busy) {
      return;
    }
    busy = true;
    while (more) {
      more = false;
      // A terminal that is away is asked again with the next event.
      await look().catch(() => {});
    }
    busy = false;
  };
  new EventSource("/readers/live").addEventListener("changed", changed);
})();
