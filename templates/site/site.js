"use strict";
/* What pages do beyond being read: search, filter, compare, copy. Every text of a policy is set as text, never as HTML.
   Data comes as scripts, since a page opened from a disk may load scripts but fetch nothing. */
const policyTracker = (() => {
  const root = document.documentElement.dataset;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const waiting = {};

  /** Load a data file once; resolves to what it hands over. */
  function load(name, address) {
    return waiting[address] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(taken[name]);
      script.onerror = () => reject(new Error(address));
      document.head.append(script);
    });
  }
  const taken = {};
  const take = (name, data) => { taken[name] = data; };

  function made(tag, text = "", className = "") {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  /** Make an element with attributes; what is inside may be text or elements. */
  function built(tag, attributes, ...inside) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  }

  // --- search: a combobox with a list, https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

  function search() {
    const input = built("input", { id: "search", type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: words["search.placeholder"] });
    const list = built("ul", { id: "found", role: "listbox", "aria-label": words["search.results"], hidden: "" });
    const status = built("p", { id: "found-count", class: "unseen", role: "status" });
    const most = 12;
    let entries = [], chosen = -1;
    one(".top").append(built("div", { class: "search", role: "search" }, built("label", { class: "unseen", for: "search" }, words["search.label"]), input, list, status));
    const ready = () => load("search", `${root.root}data/search.js`).then((index) => {
      if (entries.length) return;
      entries = [
        ...index.policies.map((place) => entry("policy", place.slice(place.indexOf("/") + 1), `${root.home}policies/${place}/index.html`)),
        ...Object.entries(index.services).map(([prefix, name]) => entry("service", name ? `${name} (${prefix})` : prefix, `${root.home}actions/${prefix}.html`)),
        ...Object.entries(index.actions).flatMap(([prefix, names]) =>
          names.map((name) => entry("action", `${prefix}:${name}`, `${root.home}actions/${prefix}.html#${encodeURI(`${prefix}:${name}`)}`))),
      ];
    });
    const entry = (kind, name, address) => ({ kind, name, address, folded: name.toLowerCase() });

    /** Return how many entries hold every word, and the best of them: whole names first, then beginnings, then the shortest. */
    function matching(text) {
      const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
      if (!asked.length) return { count: 0, best: [] };
      const found = entries.filter((item) => asked.every((word) => item.folded.includes(word)));
      const rank = (item) => {
        const first = item.folded.indexOf(asked[0]), before = item.folded.charCodeAt(first - 1);
        const atWord = first === 0 || !(before >= 97 && before <= 122) && !(before >= 48 && before <= 57);
        return (item.folded === asked[0] ? 0 : first === 0 ? 1 : atWord ? 2 : 3) * 1000 + item.name.length;
      };
      const best = [];
      for (const item of found) {
        const own = rank(item);
        if (best.length === most && own >= best[most - 1][0]) continue;
        const place = best.findIndex((other) => own < other[0]);
        best.splice(place < 0 ? best.length : place, 0, [own, item]);
        best.length = Math.min(best.length, most);
      }
      return { count: found.length, best: best.map((pair) => pair[1]) };
    }

    function show({ count, best }) {
      list.replaceChildren(...best.map((item, place) => {
        const option = made("li");
        option.id = `found-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.append(made("span", item.name), made("small", words[`search.${item.kind}`]));
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); go(item); });
        option.item = item;
        return option;
      }));
      if (!count && input.value.trim()) {
        const none = made("li", words["search.none"]);
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.setAttribute("aria-selected", "false");
        list.append(none);
      }
      chosen = -1;
      status.textContent = count ? `${count} ${words["search.some"]}` : input.value.trim() ? words["search.none"] : "";
      open(list.children.length > 0);
    }
    function open(shown) {
      list.hidden = !shown;
      input.setAttribute("aria-expanded", String(shown));
      if (!shown) input.removeAttribute("aria-activedescendant");
    }
    function choose(place) {
      const options = [...list.children].filter((option) => option.item);
      if (!options.length) return;
      chosen = (place + options.length) % options.length;
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
      input.setAttribute("aria-activedescendant", options[chosen].id);
      options[chosen].scrollIntoView({ block: "nearest" });
    }
    function go(item) {
      open(false);
      location.href = item.address;
    }
    const update = () => ready().then(() => show(matching(input.value)), () => {});
    input.addEventListener("focus", ready, { once: true });
    input.addEventListener("input", update);
    input.addEventListener("blur", () => open(false));
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") choose(list.hidden ? (open(list.children.length > 0), 0) : chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
      else if (event.key === "Escape" && !list.hidden) open(false);
      else if (event.key === "Enter" && list.children[Math.max(chosen, 0)]?.item) go(list.children[Math.max(chosen, 0)].item);
      else return;
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.target.closest("input, select, textarea") && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
      }
    });
  }

  // --- the front page: cards from all changes, chosen by the filter

  function changes() {
    const form = one(".filter"), cards = one("#cards"), more = one("#more"), blank = one("template#card");
    if (!form) return;
    const most = 30, status = one(".status", form), first = [...cards.children];
    let shown = most;
    form.hidden = more.hidden = false;
    const index = () => load("changes", `${root.home}data/changes.js`);
    const globs = (text) => new RegExp(`^(?:${text.split("|").map((glob) => glob.replace(/[.+^${}()[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".")).join("|")})$`);

    function card(data, [address, policy, version, title, lead, event, level, iso, day, , risk, marks, rest]) {
      const made_ = blank.content.cloneNode(true), at = (selector) => one(selector, made_);
      at("time").dateTime = iso;
      at("time").textContent = day;
      at(".badge").className = `badge ${event}`;
      at(".badge").textContent = data.events[event];
      at(".level").textContent = data.levels[level] ?? "";
      at(".level").className = `level ${level}`;
      at(".level").hidden = !level;
      at("h3 a").href = root.home + address;
      at("h3 a").append(...(policy ? policy.split(/(?<=[a-z0-9])(?=[A-Z])/).flatMap((piece, place) => place ? [made("wbr"), piece] : [piece]) : [title]));
      at("h3 small").textContent = version;
      at(".what").textContent = policy ? title : "";
      at(".lead").textContent = lead;
      at(".lead").hidden = !lead;
      at(".risk").textContent = data.risks[risk];
      at(".risk").className = `risk ${level}`;
      at(".risk").hidden = !data.risks[risk];
      at(".more").hidden = !rest;
      at(".more span").textContent = rest;
      const list = at(".marks");
      list.hidden = !marks.length;
      list.prepend(...marks.map(([sign, action]) => {
        const item = made("li", "", sign);
        item.append(made("span", data.signs[sign], "unseen"), made("code", action));
        return item;
      }));
      return made_;
    }

    function wanted(data) {
      const value = Object.fromEntries(new FormData(form));
      const named = value.service.startsWith("=") ? globs(value.service.slice(1)) : null;
      const prefix = data.prefixes.indexOf(value.service), levels = Object.keys(data.levels);
      return data.rows.filter((row) =>
        (!value.service || (named ? named.test(row[1]) : row[9].includes(prefix))) &&
        (!value.event || row[5] === value.event) &&
        (!value.level || levels.indexOf(row[6]) >= levels.indexOf(value.level)) &&
        (!value.year || row[7].startsWith(value.year)));
    }

    async function update() {
      const asked = [...new FormData(form).values()].some(Boolean);
      if (!asked && shown <= most) {
        cards.replaceChildren(...first);
        more.hidden = false;
        status.textContent = "";
        return;
      }
      const data = await index(), found = wanted(data);
      cards.replaceChildren(...found.slice(0, shown).map((row) => card(data, row)));
      more.hidden = found.length <= shown;
      status.textContent = asked ? `${found.length} ${form.dataset.words}` : "";
    }
    form.addEventListener("change", () => { shown = most; update(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => { shown = most; update(); }));
    more.addEventListener("click", async () => {
      const before = cards.children.length;
      shown += most;
      await update();
      one("h3 a", cards.children[before] ?? cards)?.focus();
    });
  }

  // --- lists that are narrowed while typing

  function narrow() {
    for (const input of all("[data-narrows]")) {
      const list = document.getElementById(input.dataset.narrows), rows = all("tbody > tr, :scope > li", list);
      const texts = rows.map((row) => (one("summary code, th", row) ?? row).textContent.toLowerCase() + (one("td code", row)?.textContent ?? ""));
      const holder = input.closest(".narrow");
      holder.hidden = false;
      input.addEventListener("input", () => {
        const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        let count = 0;
        rows.forEach((row, place) => {
          row.hidden = !asked.every((word) => texts[place].includes(word));
          count += !row.hidden;
        });
        one("[role=status]", holder).textContent = asked.length ? `${count} / ${rows.length}` : "";
      });
    }
  }

  // --- two versions side by side

  const ordered = (value) => Array.isArray(value)
    ? value.every((item) => typeof item === "string") ? [...value].sort() : value.map(ordered)
    : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ordered(item)])) : value;

  /** Return the lines of two texts in pairs, unlike ones beside each other: Myers' greedy algorithm. */
  function pairs(before, after) {
    const width = before.length + after.length, trace = [];
    let reach = new Map([[1, 0]]), steps = 0;
    search: for (; steps <= width; steps++) {
      trace.push(new Map(reach));
      for (let k = -steps; k <= steps; k += 2) {
        const down = k === -steps || (k !== steps && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
        let x = down ? reach.get(k + 1) : reach.get(k - 1) + 1, y = x - k;
        while (x < before.length && y < after.length && before[x] === after[y]) { x++; y++; }
        reach.set(k, x);
        if (x >= before.length && y >= after.length) break search;
      }
    }
    const moves = [];
    let x = before.length, y = after.length;
    for (; steps >= 0; steps--) {
      const known = trace[steps], k = x - y;
      const down = k === -steps || (k !== steps && (known.get(k - 1) ?? -1) < (known.get(k + 1) ?? -1));
      const from = down ? k + 1 : k - 1, oldX = steps ? known.get(from) : 0, oldY = steps ? oldX - from : 0;
      while (x > oldX && y > oldY) moves.push([before[--x], after[--y]]);
      if (steps) moves.push(down ? [null, after[--y]] : [before[--x], null]);
    }
    moves.reverse();
    const rows = [];
    for (let at = 0; at < moves.length;) {
      if (moves[at][0] !== null && moves[at][1] !== null) { rows.push(moves[at++]); continue; }
      const left = [], right = [];
      for (; at < moves.length && (moves[at][0] === null || moves[at][1] === null); at++)
        moves[at][0] === null ? right.push(moves[at][1]) : left.push(moves[at][0]);
      for (let place = 0; place < Math.max(left.length, right.length); place++) rows.push([left[place] ?? null, right[place] ?? null]);
    }
    return rows;
  }

  function compare() {
    const part = one(".compare");
    if (!part) return;
    const before = built("select", { id: "before" }), after = built("select", { id: "after" });
    const sorted = built("input", { id: "sorted", type: "checkbox", checked: "" }), now = built("button", { id: "compare-now", type: "button" }, words["compare.now"]);
    const status = built("p", { class: "status", role: "status" });
    const table = built("table", {}, built("thead", {}, built("tr", {}, built("th", { scope: "col", class: "before" }), built("th", { scope: "col", class: "after" }))), built("tbody", {}));
    const sides = built("div", { class: "sides", role: "region", tabindex: "0", "aria-label": words["policy.compare"], hidden: "" }, table);
    part.append(
      built("p", { class: "choice" }, built("label", {}, `${words["compare.before"]} `, before), built("label", {}, `${words["compare.after"]} `, after), built("label", {}, sorted, ` ${words["compare.sorted"]}`), now),
      status, sides);
    const shown = () => JSON.parse(one(".document code").textContent);
    const versions = () => load("versions", part.dataset.source);
    const context = 3;
    // Ids and days stand in the page: the documents, which may be megabytes, are loaded when they are compared.
    const listed = part.dataset.versions.split(" ").reduce((found, word, at) => at % 2 ? (found.at(-1).push(word), found) : [...found, [word]], []);
    for (const select of [before, after])
      select.replaceChildren(...listed.map(([version, day]) => new Option(`${version} (${day})`, version)));
    before.value = listed[Math.max(0, listed.length - 2)][0];
    after.value = listed[listed.length - 1][0];

    function cell(text, kind, word) {
      const made_ = made("td", "", text === null ? "" : kind);
      if (text !== null && word) made_.append(made("span", word, "unseen"));
      made_.append(text ?? "");
      return made_;
    }
    function fold(count) {
      const row = made("tr"), cell_ = made("td", `⋯ ${count} ${words["compare.unchanged"]}`, "same");
      cell_.colSpan = 2;
      row.append(cell_);
      return row;
    }
    async function update() {
      const known = await versions();
      const lines = [before, after].map((select) => {
        const document_ = known.find(([version]) => version === select.value)?.[2] ?? shown();
        return JSON.stringify(sorted.checked ? ordered(document_) : document_, null, 2).split("\n");
      });
      const found = pairs(...lines), unlike = found.map(([left, right]) => left === null || right === null || left !== right);
      const near = unlike.map(() => false);
      unlike.forEach((differs, at) => { if (differs) near.fill(true, Math.max(0, at - context), at + context + 1); });
      const rows = [];
      for (let at = 0; at < found.length;) {
        if (!near[at]) {
          let end = at;
          while (end < found.length && !near[end]) end++;
          rows.push(fold(end - at));
          at = end;
          continue;
        }
        const [left, right] = found[at], row = made("tr");
        row.append(cell(left, unlike[at] ? "removed" : "", unlike[at] && words["compare.removed"]), cell(right, unlike[at] ? "added" : "", unlike[at] && words["compare.added"]));
        rows.push(row);
        at++;
      }
      const count = unlike.filter(Boolean).length;
      one("th.before", sides).textContent = before.selectedOptions[0].textContent;
      one("th.after", sides).textContent = after.selectedOptions[0].textContent;
      one("tbody", sides).replaceChildren(...rows);
      sides.hidden = !count;
      status.textContent = count ? `${count} ${words["compare.lines"]}` : words["compare.same"];
    }
    const start = () => update();
    const asked = /^#compare=([^.]+(?:\.[^.]+)*?)\.\.(.+)$/.exec(decodeURIComponent(location.hash));
    if (asked) { before.value = asked[1]; after.value = asked[2]; start(); }
    now.addEventListener("click", start);
    for (const field of [before, after, sorted]) field.addEventListener("change", () => { if (!sides.hidden || status.textContent) start(); });
  }

  function copy() {
    for (const document_ of all(".document")) {
      const button = built("button", { class: "copy", type: "button" }, words.copy);
      document_.prepend(button);
      button.addEventListener("click", async () => {
        const content = one("code", button.parentElement);
        try {
          await navigator.clipboard.writeText(content.textContent);
        } catch {
          getSelection().selectAllChildren(content);
          document.execCommand("copy");
          getSelection().removeAllRanges();
        }
        button.textContent = words["copy.done"];
        setTimeout(() => { button.textContent = words.copy; }, 2000);
      });
    }
  }

  /** Open what the address points at, and all around it. */
  function reveal() {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* as it is */ }
    const target = name && document.getElementById(name);
    if (!target) return;
    for (let inner = target; inner; inner = inner.parentElement?.closest("details")) if (inner.tagName === "DETAILS") inner.open = true;
    (target.closest("details") ?? target).scrollIntoView();
  }

  addEventListener("DOMContentLoaded", () => {
    search();
    changes();
    narrow();
    compare();
    copy();
    reveal();
    addEventListener("hashchange", reveal);
  });
  return { take };
})();
