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
  const said = (number) => number.toLocaleString(document.documentElement.lang);

  function made(tag, text = "", className = "") {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  /** Return what a text has, with `<wbr>` between the words of its long names: as the filter `breakable` of the pages. */
  const breakable = (text, longest = 32) => text.split(/(\s+)/).flatMap((name) => {
    const pieces = [""];
    for (const piece of name.length > longest ? name.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[:/_])(?=[^:/_])/) : [name])
      if (pieces.at(-1).length < 6 || piece.length <= 3) pieces[pieces.length - 1] += piece; else pieces.push(piece);
    return pieces.flatMap((piece, at) => at ? [made("wbr"), piece] : [piece]);
  }).filter((piece) => piece !== "");

  /** Make an element with attributes; what is inside may be text or elements. */
  function built(tag, attributes, ...inside) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  }

  // --- the address keeps what was chosen: behind a hash, for a page from a disk may change no other part of it

  const chosenIn = (name) => location.hash.startsWith(`#${name}?`) ? Object.fromEntries(new URLSearchParams(location.hash.slice(name.length + 2))) : {};
  function keep(name, values) {
    const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
    history.replaceState(null, "", text ? `#${name}?${text}` : location.pathname + location.search);
  }

  // --- light, dark, or as the system has it

  function scheme() {
    const schemes = ["system", "light", "dark"], signs = { system: "◐", light: "○", dark: "●" };
    const button = built("button", { type: "button", class: "scheme" });
    let now = root.theme ?? "system";
    const name = () => {
      button.textContent = `${signs[now]} ${words[`scheme.${now}`]}`;
      button.title = words["scheme.label"];
      button.setAttribute("aria-label", `${words["scheme.label"]}: ${words[`scheme.${now}`]}`);
    };
    button.addEventListener("click", () => {
      now = schemes[(schemes.indexOf(now) + 1) % schemes.length];
      if (now === "system") delete root.theme; else root.theme = now;
      try { localStorage.setItem("scheme", now); } catch { /* a browser that keeps nothing */ }
      name();
    });
    name();
    one(".tools").append(button);
  }

  // --- when the source was last asked: the build does not know, a file beside it may

  async function freshness() {
    const place = one("#check");
    if (!place || location.protocol === "file:") return;
    try {
      const found = await (await fetch(`${root.root}status.json`)).json(), at = new Date(found.last_check);
      if (!found.last_check || Number.isNaN(at.getTime())) return;
      const minutes = Math.round((Date.now() - at) / 60000), said = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
      one("b", place).textContent = minutes < 90 ? said.format(-minutes, "minute") : minutes < 2880 ? said.format(-Math.round(minutes / 60), "hour") : said.format(-Math.round(minutes / 1440), "day");
      place.title = at.toISOString();
      if (minutes > 1440) {
        place.classList.add("late");
        place.append(` (${place.dataset.late})`);
      }
      place.hidden = false;
    } catch { /* no such file: nothing is known */ }
  }

  // --- search: a combobox with a list, https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

  /** Return how many letters differ between two texts, two exchanged ones as one; more than `most` where it is more. */
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let last = [], line = Array.from({ length: b.length + 1 }, (_, at) => at);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next[j] = Math.min(line[j] + 1, next[j - 1] + 1, line[j - 1] + (a[i - 1] !== b[j - 1]));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], last[j - 2] + 1);
      }
      if (Math.min(...next) > most) return most + 1;
      [last, line] = [line, next];
    }
    return line[b.length];
  }

  const globbed = (text) => new RegExp(`^${text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".")}$`);

  /** Return what is really looked for: of an ARN the policy, or the service; white space and case count for nothing. */
  function asked(text) {
    const plain = text.trim().toLowerCase(), arn = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$/.exec(plain);
    if (!arn) return plain;
    return arn[1] === "iam" && arn[2].includes("/") ? arn[2].slice(arn[2].lastIndexOf("/") + 1) : arn[1];
  }

  /** Return how well an entry fits, from 0 for best; null where it does not fit. */
  function fit(item, text, parts, glob) {
    if (glob) return glob.test(item.folded) ? 2 : item.kind === "service" && text.startsWith(`${item.key}:`) ? 0 : null;
    const joined = parts.join("");
    if (!item.folded.includes(text) && !item.key.includes(joined) && !parts.every((part) => item.folded.includes(part))) return null;
    if (item.key === joined || item.folded === text || item.short === text) return item.kind === "service" ? 0 : 1;
    if (item.key.startsWith(joined) || item.short.startsWith(text)) return 2;
    if (item.short.split(/[^a-z0-9]+/).some((part) => part.startsWith(parts[0]))) return 3;
    return item.folded.includes(text) ? 4 : 5;
  }

  /** Return how many entries fit, and the best of them; where none does, those that are written almost so. */
  function matching(entries, typed, most) {
    const text = asked(typed), parts = text.split(/\s+/).filter(Boolean), kinds = ["service", "policy", "action"];
    if (!parts.length) return { count: 0, best: [] };
    const glob = /[*?]/.test(text) ? globbed(text) : null;
    let found = entries.flatMap((item) => {
      const rank = fit(item, text, parts, glob);
      return rank === null ? [] : [[rank * 1e4 + kinds.indexOf(item.kind) * 1e3 + (glob ? 0 : item.name.length), item]];
    });
    if (!found.length && !glob && text.length > 2) {
      const bound = text.length > 5 ? 2 : 1;
      found = entries.flatMap((item) => {
        const apart = Math.min(...[item.key, item.short, item.folded].map((name) => distance(text, name, bound)));
        return apart > bound ? [] : [[apart * 1e4 + kinds.indexOf(item.kind) * 1e3, item]];
      });
    }
    found.sort((a, b) => a[0] - b[0] || (a[1].name < b[1].name ? -1 : 1));
    return { count: found.length, best: found.slice(0, most).map((pair) => pair[1]) };
  }

  function search() {
    const input = built("input", { id: "search", type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: words["search.placeholder"] });
    const list = built("ul", { id: "found", role: "listbox", "aria-label": words["search.results"], hidden: "" });
    const status = built("p", { id: "found-count", class: "unseen", role: "status" });
    const most = 12;
    let entries = [], chosen = -1;
    one(".tools").before(built("div", { class: "search", role: "search" }, built("label", { class: "unseen", for: "search" }, words["search.label"]), input, list, status));
    const ready = () => load("search", `${root.root}data/search.js`).then((index) => {
      if (entries.length) return;
      const short = (name) => name.toLowerCase().replace(/^(aws|amazon)[ _-]?(?=[a-z0-9])/, "");
      const entry = (kind, name, address, key, brief) => ({ kind, name, address, folded: name.toLowerCase(), key, short: brief });
      entries = [
        ...Object.entries(index.services).map(([prefix, name]) => entry("service", name ? `${name} (${prefix})` : prefix, `${root.home}actions/${prefix}.html`, prefix, short(name.replace(/ *\(.*/, "")))),
        ...index.policies.map((place) => {
          const name = place.slice(place.indexOf("/") + 1);
          return entry("policy", name, `${root.home}policies/${place}/index.html`, name.toLowerCase(), short(name));
        }),
        ...Object.entries(index.actions).flatMap(([prefix, names]) =>
          names.map((name) => entry("action", `${prefix}:${name}`, `${root.home}actions/${prefix}.html#${encodeURI(`${prefix}:${name}`)}`, `${prefix}:${name}`.toLowerCase(), name.toLowerCase()))),
      ];
    });

    function show({ count, best }) {
      list.replaceChildren(...best.map((item, place) => {
        const option = built("li", { id: `found-${place}`, role: "option", "aria-selected": "false" }, built("span", {}, ...breakable(item.name)), made("small", words[`search.${item.kind}`]));
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); go(item); });
        option.item = item;
        return option;
      }));
      if (!count && input.value.trim()) list.append(built("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, words["search.none"]));
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
    const update = () => ready().then(() => show(matching(entries, input.value, most)), () => {});
    input.addEventListener("focus", ready, { once: true });
    input.addEventListener("input", update);
    input.addEventListener("blur", () => open(false));
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") choose(list.hidden ? (open(list.children.length > 0), 0) : chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
      else if (event.key === "Escape" && !list.hidden) open(false);
      else if (event.key === "Enter") {
        const option = list.children[chosen];
        if (option?.item) go(option.item);
        else ready().then(() => matching(entries, input.value, 1).best.forEach(go), () => {});
      }
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
    const globs = (text) => new RegExp(text.split("|").map((glob) => globbed(glob).source).join("|"));

    function card(data, [address, policy, version, title, lead, event, level, iso, day, , risk, marks, rest]) {
      const made_ = blank.content.cloneNode(true), at = (selector) => one(selector, made_), grave = level && level !== "info";
      at("time").dateTime = iso;
      at("time").textContent = day;
      at(".badge").className = `badge ${event}`;
      at(".badge").textContent = data.events[event];
      at(".level").textContent = grave ? data.levels[level] : "";
      at(".level").className = `level ${level}`;
      at(".level").hidden = !grave;
      at("h3 a").href = root.home + address;
      at("h3 a").append(...(policy ? breakable(policy) : [title]));
      at("h3 small").textContent = version;
      at(".what").textContent = policy ? title : "";
      at(".lead").textContent = lead;
      at(".lead").hidden = !lead;
      at(".risk").append(...(grave ? breakable(data.risks[risk]) : []));
      at(".risk").className = `risk ${level}`;
      at(".risk").hidden = !grave;
      at(".more").hidden = !rest;
      at(".more span").textContent = said(rest);
      const list = at(".marks");
      list.hidden = !marks.length;
      list.prepend(...marks.map(([sign, action]) => {
        const item = made("li", "", sign);
        item.append(made("i", data.signs[sign]), ...breakable(action));
        return item;
      }));
      return made_;
    }

    function wanted(data, value) {
      const named = value.service.startsWith("=") ? globs(value.service.slice(1).toLowerCase()) : null;
      const prefix = data.prefixes.indexOf(value.service), levels = Object.keys(data.levels);
      return data.rows.filter((row) =>
        (!value.service || (named ? named.test(row[1].toLowerCase()) : row[9].includes(prefix))) &&
        (!value.event || row[5] === value.event) &&
        (!value.level || levels.indexOf(row[6]) >= levels.indexOf(value.level)) &&
        (!value.year || row[7].startsWith(value.year)));
    }

    async function update() {
      const value = { service: "", event: "", level: "", year: "", ...Object.fromEntries(new FormData(form)) };
      const asked_ = Object.values(value).some(Boolean);
      keep("filter", value);
      if (!asked_ && shown <= most) {
        cards.replaceChildren(...first);
        more.hidden = false;
        status.textContent = "";
        return;
      }
      const data = await index(), found = wanted(data, value);
      cards.replaceChildren(...found.slice(0, shown).map((row) => card(data, row)));
      more.hidden = found.length <= shown;
      status.textContent = asked_ ? `${said(found.length)} ${form.dataset.words}` : "";
    }
    function restore() {
      const known = Object.entries(chosenIn("filter")).filter(([name]) => form.elements[name]);
      for (const [name, value] of known) form.elements[name].value = value;
      if (known.length) update().then(() => one("#changes").scrollIntoView());
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
    restore();
    addEventListener("hashchange", restore);
  }

  // --- lists and tables: narrowed while typing, sorted by a click on a column's name; the address keeps both

  function lists() {
    for (const list of all("[data-list]")) {
      const input = one(`[data-narrows="${list.id}"]`), holder = input?.closest(".narrow"), status = holder && one("[role=status]", holder);
      const heads = list.tagName === "TABLE" ? all("thead th", list) : [], body = one("tbody", list) ?? list;
      const state = { q: "", by: "", down: "" };
      const groups = all(":scope > details", body), homes = new Map(groups.flatMap((group) => [...one("ul", group).children].map((row) => [row, one("ul", group)])));
      const unfolds = one(`[data-unfolds="${list.id}"]`);
      let rows = groups.length ? [...homes.keys()] : [...body.children], texts = null, whole = !list.dataset.source;
      const key = (row, at) => {
        const text = row.children[at].textContent.trim(), number = Number(text.replace(/[,. ]/g, ""));
        return heads[at].classList.contains("number") ? (text ? number : -1) : text.toLowerCase();
      };
      /** Fetch the rows that stand on other pages, in the form of those that stand on this one. */
      async function fetchAll() {
        if (whole) return;
        const data = await load("policies", `${root.root}${list.dataset.source}`);
        rows = data.map(([place, label, isListed, version, versions, allowed, day, level]) => {
          const head = built("th", { scope: "row" }, built("a", { href: `${root.home}policies/${place}/index.html` }, ...breakable(label, 12)));
          if (!place.startsWith("aws/")) head.append(" ", made("small", place.split("/")[0]));
          if (!isListed) head.append(" ", made("span", list.dataset.gone, "badge policy-removed"));
          const numbers = [versions, allowed].map((value) => made("td", value === null ? "" : said(value), "number"));
          const risk = made("td");
          if (level && level !== "info") risk.append(made("span", words[`risk.${level}`], `level ${level}`));
          return built("tr", {}, head, made("td", version), ...numbers, risk, made("td", day, "day"));
        });
        texts = null;
        whole = true;
      }
      /** Show the first of many rows on a phone, until somebody asks for all or for some. */
      function fold() {
        if (!unfolds) return;
        const folded = !state.q && !unfolds.dataset.done;
        list.classList.toggle("folded", folded);
        unfolds.hidden = !folded;
      }
      async function update() {
        if (state.q || state.by) await fetchAll();
        texts ??= rows.map((row) => (list.tagName === "TABLE" ? row.children[0].textContent + row.children[1].textContent : (one("summary code, a.row", row) ?? row).textContent).toLowerCase());
        const parts = state.q.toLowerCase().split(/\s+/).filter(Boolean), at = heads.findIndex((head) => head.dataset.key === state.by);
        let order = rows.map((row, place) => [row, place]);
        if (at >= 0) {
          const keys = new Map(rows.map((row) => [row, key(row, at)])), sign = state.down ? -1 : 1;
          order.sort(([a, i], [b, j]) => (keys.get(a) < keys.get(b) ? -sign : keys.get(a) > keys.get(b) ? sign : i - j));
        }
        const found = order.filter(([, place]) => parts.every((part) => texts[place].includes(part))).map(([row]) => row);
        if (!groups.length) body.replaceChildren(...found);
        else if (parts.length) body.replaceChildren(built("ul", { class: "actions lines" }, ...found));
        else {
          for (const [row, home] of homes) home.append(row);
          body.replaceChildren(...groups);
        }
        fold();
        for (const each of all("[data-pages-of]")) each.hidden = Boolean(state.q || state.by);
        if (status) status.textContent = parts.length ? `${said(found.length)} / ${said(rows.length)}` : "";
        heads.forEach((head, place) => head.setAttribute("aria-sort", place !== at ? "none" : state.down ? "descending" : "ascending"));
      }
      unfolds?.addEventListener("click", () => { unfolds.dataset.done = "1"; fold(); });
      fold();
      heads.forEach((head, at) => {
        head.dataset.key = String(at);
        head.setAttribute("aria-sort", "none");
        const button = built("button", { type: "button" }, ...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const again = state.by === head.dataset.key, numeric = head.classList.contains("number") || head.dataset.first === "down";
          Object.assign(state, { by: head.dataset.key, down: again ? (state.down ? "" : "1") : numeric ? "1" : "" });
          keep(list.id, state);
          update();
        });
      });
      if (holder) {
        holder.hidden = false;
        input.addEventListener("input", () => { state.q = input.value; keep(list.id, state); update(); });
      }
      const restore = () => {
        const known = chosenIn(list.id);
        if (!Object.keys(known).length) return;
        Object.assign(state, { q: "", by: "", down: "" }, known);
        if (input) input.value = state.q;
        update().then(() => (holder ?? list).scrollIntoView({ block: "nearest" }));
      };
      restore();
      addEventListener("hashchange", restore);
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

  /** Let each step of a timeline lead to the comparison of its two versions, and to that with the newest one. */
  function lead() {
    const timeline = one(".timeline"), { compare: page, versions, newest } = timeline?.dataset ?? {};
    if (!newest) return;
    const known = new Set((versions ?? one(".compare").dataset.versions).split(" ")), address = (from, to) => `${page}#compare?${new URLSearchParams({ from, to })}`;
    for (const step of all(":scope > [data-before]", timeline)) {
      const { version = step.id, before } = step.dataset, links = built("p", { class: "does" });
      if (known.has(before)) links.append(built("a", { href: address(before, version) }, words["compare.this"]));
      if (version !== newest) links.append(built("a", { href: address(version, newest) }, words["compare.today"]));
      if (links.children.length) step.append(links);
    }
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
      const row = made("tr"), cell_ = made("td", `⋯ ${said(count)} ${words["compare.unchanged"]}`, "same");
      cell_.colSpan = 2;
      row.append(cell_);
      return row;
    }
    // In what is loaded, the index of a value stands for it.
    function restored(index, values) {
      const held = values[index];
      if (Array.isArray(held)) // of a long list, its parts stand in a list within it
        return Array.isArray(held[0]) ? held[0].flatMap((part) => restored(part, values)) : held.map((member) => restored(member, values));
      if (held === null || typeof held !== "object") return held;
      return Object.fromEntries(Object.entries(held).map(([name, member]) => [name, restored(member, values)]));
    }
    async function update() {
      const known = await versions();
      const lines = [before, after].map((select) => {
        const held = known.versions.find(([version]) => version === select.value)?.[2] ?? null;
        const document_ = held === null ? shown() : restored(held, known.values);
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
      status.textContent = count ? `${said(count)} ${words["compare.lines"]}` : words["compare.same"];
    }
    const address = (from, to) => `#compare?${new URLSearchParams({ from, to, ...(sorted.checked ? {} : { order: "1" }) })}`;
    const start = () => { history.replaceState(null, "", address(before.value, after.value)); return update(); };
    function restore() {
      const { from, to, order } = chosenIn("compare");
      if (!from || !to) return;
      [before.value, after.value, sorted.checked] = [from, to, !order];
      update().then(() => document.getElementById("compare").scrollIntoView());
    }
    restore();
    addEventListener("hashchange", restore);
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
    if (target.tagName === "LI" && one(":scope > a.row", target)) location.replace(one(":scope > a.row", target).href);
    else (target.closest("details") ?? target).scrollIntoView();
  }

  addEventListener("DOMContentLoaded", () => {
    search();
    scheme();
    changes();
    lists();
    lead();
    compare();
    freshness();
    copy();
    reveal();
    addEventListener("hashchange", reveal);
  });
  return { take };
})();
