// The page of a running session: asks for the board, follows the events, sends commands. Everything that comes is text, and
// is shown as text.
"use strict";
(() => {
  const $ = id => document.getElementById(id);
  const errors = [];
  addEventListener("error", event => { errors.push(event.message); document.documentElement.dataset.errors = errors.length; });
  document.documentElement.dataset.errors = "0";

  // A token in the address comes from whoever opens the page for somebody; it does not stay there.
  const handed = new URLSearchParams(location.hash.slice(1)).get("token");
  if (handed) { sessionStorage.setItem("token", handed); history.replaceState(null, "", location.pathname); }
  let token = sessionStorage.getItem("token") || "", last = 0, plot = null, isOver = false, isLive = false, generation = 0, names = [];

  const ask = (path, more = {}) => fetch(path, {
    ...more, headers: { authorization: `Bearer ${token}`, ...(more.headers || {}) }, cache: "no-store",
  });
  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    return node;
  };
  const sign = text => text.startsWith("-") && text.length > 1 ? "neg" : /[1-9]/.test(text) ? "pos" : "";
  // Digits are grouped, for the eye; the exact text is in the title.
  const grouped = (text, cut) => {
    const found = /^(-?)(\d+)(\.\d+)?$/.exec(text);
    return found ? found[1] + found[2].replace(/\B(?=(\d{3})+$)/g, "\u202f") + cut(found[2], found[3] || "") : text;
  };
  // Of money the point is cut behind two; of quantities and prices nothing is.
  const short = text => grouped(text, (whole, rest) => whole.length > 6 ? "" : rest.slice(0, 3));
  const exact = text => ({ text, shown: grouped(text, (_, rest) => rest) });
  const word = (text, tone = "") => ({ text, tone, isWord: true });
  const count = number => short(String(number));
  const fuel = number => number >= 1e6 ? `${(number / 1e6).toFixed(1)}M` : number >= 1e3 ? `${(number / 1e3).toFixed(1)}k` : String(number);

  const table = (place, heads, rows, none) => {
    if (!rows.length) { place.replaceChildren(make("p", none, "none")); return; }
    const head = make("tr"), body = make("tbody"), whole = make("table"), top = make("thead");
    // Words stand at the left, numbers at the right; a head stands as its column does.
    const isWord = column => rows.some(cells => cells[column].isWord);
    heads.forEach((text, column) => head.append(make("th", text, isWord(column) ? "text" : "")));
    rows.forEach(cells => {
      const row = make("tr");
      cells.forEach((cell, column) => {
        const node = make("td");
        if (cell instanceof Node) node.append(cell); else { node.textContent = cell.shown ?? short(cell.text ?? cell); node.title = cell.text ?? cell; if (cell.tone) node.className = cell.tone; }
        if (isWord(column)) node.classList.add("text");
        row.append(node);
      });
      body.append(row);
    });
    top.append(head); whole.append(top, body); place.replaceChildren(whole);
  };

  const spent = it => {
    const node = make("span", `${fuel(it.fuel_p50)} / ${fuel(it.fuel_p99)}`);
    node.title = `fuel of a call: half below ${it.fuel_p50}, 99 % below ${it.fuel_p99}, most ${it.fuel_max} of ${it.fuel_budget}`;
    const bar = make("span", undefined, "fuel"), part = make("i");
    part.style.width = `${Math.min(100, 100 * it.fuel_max / Math.max(1, it.fuel_budget))}%`;
    bar.append(part); node.append(bar);
    return node;
  };

  // A strategy that stands goes on where somebody says so.
  const again = it => {
    if (!/^(halted|quarantined)/.test(it.state)) return make("span");
    const button = make("button", "Resume");
    button.onclick = () => confirm(`Resume ${it.name}`, `It begins anew behind its halt (${it.state}), with the state that was kept last.`, it.name, { command: "resume", strategy: it.name });
    return button;
  };

  const show = board => {
    isOver = board.is_over; isLive = board.mode === "live";
    document.title = `${board.run} – Ringfence`;
    $("run").textContent = board.run;
    const badge = (text, tone) => make("span", text, `badge ${tone}`);
    const waiting = board.armed_by ? `armed by ${board.armed_by}, one more` : "not armed";
    $("state").replaceChildren(
      badge(board.mode, ""), badge(isOver ? "over" : "runs", isOver ? "bad" : "good"),
      badge(`trading ${board.trading}`, board.trading === "enabled" ? "good" : "bad"),
      badge(board.kill === "off" ? "kill switch off" : `KILL ${board.kill}`, board.kill === "off" ? "" : "bad"),
      badge(board.is_armed ? "armed" : waiting, board.is_armed ? "" : "bad"),
      ...board.venues.map(venue => badge(`${venue.name} ${venue.is_up ? "up" : "down"}${venue.why ? `: ${venue.why}` : ""}`, venue.is_up && !venue.why ? "" : "bad")),
      ...board.held.map(name => badge(`${name} halted by the host`, "bad")));
    // Rows are those of tapes: a market from outside has none.
    $("sub").textContent = [board.time, `event ${count(board.seq)}`, ...(board.rows ? [`${count(board.rows)} rows`] : [])].join(" · ");
    const tile = (name, text, tone = "") => {
      const node = make("div", undefined, "tile"), value = make("b", short(text), tone);
      value.title = text;
      node.append(make("span", name), value);
      return node;
    };
    const n = board.counts;
    $("tiles").replaceChildren(
      tile(`Equity ${board.currency}`, board.equity), tile("Profit", board.pnl, sign(board.pnl)),
      tile("Intents", String(n.intents)), tile("Denied", String(n.denied), n.denied ? "neg" : ""),
      tile("Orders", String(n.orders)), tile("Fills", String(n.fills)),
      tile("Rejected", String(n.rejected), n.rejected ? "neg" : ""), tile("Halts", String(n.halts), n.halts ? "neg" : ""),
      tile("Anomalies", String(n.anomalies), n.anomalies ? "neg" : ""));
    table($("strategies"), ["Strategy", "State", "Profit", "Open", "Calls", "Fuel p50 / p99", ""], board.strategies.map(it => [
      word(it.name), word(it.state, /^(runs|external|warming)/.test(it.state) ? "good" : "neg"),
      { text: it.pnl, tone: sign(it.pnl) }, String(it.open_orders), String(it.calls), it.calls ? spent(it) : make("span", "–"), again(it)]), "No strategies.");
    names = board.strategies.map(it => it.name);
    table($("positions"), ["Strategy", "Instrument", "Quantity", "Mark"], board.positions.map(it => [
      word(it.strategy), word(it.instrument), { ...exact(it.qty), tone: sign(it.qty) }, exact(it.mark)]), "Everything is flat.");
    table($("orders"), ["Order", "State", "Side", "Quantity", "Filled", "Limit", "Instrument", "Strategy"], board.orders.map(it => [
      word(it.order), word(it.state, it.state === "UNKNOWN" ? "neg" : ""), word(it.side, it.side === "buy" ? "pos" : "neg"),
      exact(it.qty), exact(it.filled), exact(it.limit || "–"), word(it.instrument), word(it.strategy)]), "No orders at a venue.");
    const denials = board.denials.map(it => {
      const node = make("div", undefined, "denial");
      node.append(make("b", `${it.code} · ${count(it.count)}`), make("p", it.last));
      return node;
    });
    $("denials").replaceChildren(...(denials.length ? denials : [make("p", "Nothing was denied.", "none")]));
    $("foot").textContent = `session ${board.session} · ${board.env} · configuration ${board.config.slice(0, 16)} · ${board.engine}`;
    document.querySelectorAll(".danger button").forEach(button => { button.disabled = isOver; });
    $("arm").disabled ||= board.is_armed; $("disarm").disabled ||= !board.is_armed;
  };

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const draw = points => {
    const place = $("curve"), data = [points.map(it => it.time_ms / 1000), points.map(it => Number(it.pnl))];
    if (!points.length) { if (!plot) place.replaceChildren(make("p", "No equity yet.", "none")); return; }
    if (plot) { plot.setData(data); return; }
    place.replaceChildren();
    const clock = (own, splits) => splits.map((at, index) => {
      const date = new Date(Math.round(at * 1000)), text = date.toISOString(), day = text.slice(0, 10);
      const isNew = index === 0 || new Date(splits[index - 1] * 1000).toISOString().slice(0, 10) !== day;
      // As many digits as tell one mark from the next.
      const step = splits.length > 1 ? splits[1] - splits[0] : 60;
      const time = text.slice(11, step < 1 ? 23 : at % 60 ? 19 : 16);
      return isNew ? `${time}\n${day}` : time;
    });
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid"), width: 1 } };
    plot = new uPlot({
      width: place.clientWidth, height: place.clientHeight, legend: { show: false }, cursor: { y: false },
      tzDate: at => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      axes: [{ ...axis, values: clock, space: 92 }, { ...axis, size: 64 }],
      series: [{}, { label: "profit", stroke: colour("--up"), width: 1.5, points: { show: false } }],
    }, data, place);
  };
  const redraw = () => { if (plot) { plot.destroy(); plot = null; } look(true); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("resize", () => { if (plot) plot.setSize({ width: $("curve").clientWidth, height: $("curve").clientHeight }); });

  const LINES_MAX = 300;
  // Times end where their digits do: all are shown to the millisecond.
  const moment = time => {
    const [whole, rest = ""] = time.slice(11).replace("Z", "").split(".");
    return `${whole}.${rest.slice(0, 3).padEnd(3, "0")}`;
  };
  const tell = lines => {
    const list = $("events"), isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 24;
    lines.filter(line => line.number > last).forEach(line => {
      last = line.number;
      const node = make("li", undefined, line.tone);
      node.append(make("time", moment(line.time)), make("b", line.name), make("em", line.strategy), line.text);
      list.append(node);
    });
    while (list.children.length > LINES_MAX) list.firstChild.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  };

  const refuse = message => {
    generation++;
    token = ""; sessionStorage.removeItem("token");
    $("desk").hidden = true; $("login").hidden = false; $("login-error").textContent = message;
  };

  let looks = 0;
  const look = async withCurve => {
    const [board, curve] = await Promise.all([ask("/v1/status"), withCurve ? ask("/v1/curve") : null]);
    if (board.status === 401) { refuse(token ? "This token is not known." : ""); return false; }
    if (!board.ok) throw new Error(`status ${board.status}`);
    $("login").hidden = true; $("desk").hidden = false;
    show(await board.json());
    if (curve && curve.ok) draw(await curve.json());
    return true;
  };
  const gone = () => {
    $("state").replaceChildren(make("span", isOver ? "the session is over" : "no answer from the session", "badge bad"));
    document.querySelectorAll(".danger button").forEach(button => { button.disabled = true; });
  };
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const watch = async mine => {
    while (mine === generation && !isOver) {
      try { if (!await look(looks++ % 4 === 0)) return; } catch { gone(); if (isOver) return; }
      await pause(500);
    }
  };
  const follow = async mine => {
    while (mine === generation && !isOver) {
      try {
        const response = await ask(`/v1/tail?after=${last}&max=200`);
        if (!response.ok) { await pause(2000); continue; }
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let held = "";
        for (;;) {
          const { value, done } = await reader.read();
          if (done || mine !== generation) break;
          held += value;
          const parts = held.split("\n\n");
          held = parts.pop();
          parts.forEach(part => part.split("\n").filter(line => line.startsWith("data:")).forEach(line => tell(JSON.parse(line.slice(5)))));
        }
      } catch { /* the status says that nobody answers */ }
      await pause(1000);
    }
  };
  const begin = async () => {
    const mine = ++generation;
    try { if (!await look(true)) return; } catch { gone(); }
    watch(mine); follow(mine);
  };

  const command = async body => {
    const said = $("said");
    try {
      const response = await ask("/v1/commands", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      const answer = await response.json();
      said.className = response.ok ? "note" : "note neg";
      said.textContent = answer.message + (answer.seq ? ` (event ${answer.seq})` : "");
      await look(false);
    } catch (error) { said.className = "note neg"; said.textContent = String(error); }
  };
  // Nothing that cannot be taken back happens by one click.
  const confirm = (title, text, word, body, isOfOne = false) => {
    const dialog = $("confirm"), input = $("confirm-input"), yes = $("confirm-yes");
    $("confirm-title").textContent = title; $("confirm-text").textContent = text; $("confirm-word").textContent = word;
    input.value = ""; yes.disabled = true;
    input.oninput = () => { yes.disabled = input.value !== word; };
    input.onkeydown = event => { if (event.key === "Enter") { event.preventDefault(); if (!yes.disabled) dialog.close("yes"); } };
    dialog.returnValue = "";
    dialog.onclose = () => { if (dialog.returnValue === "yes" && input.value === word) command(isOfOne ? { ...body, strategy: $("confirm-strategy").value } : body); };
    $("confirm-which").hidden = !isOfOne;
    $("confirm-strategy").replaceChildren(...names.map(name => make("option", name)));
    dialog.showModal(); input.focus();
  };
  const LEVELS = {
    L1: "This strategy sends no new orders. The level stays until it is released, across restarts.",
    L2: "No new orders are sent, by anybody. The level stays until it is released, across restarts.",
    L3: "No new orders are sent, and all orders are canceled. The level stays until it is released, across restarts.",
    L4: "No new orders are sent, all orders are canceled and the positions of strategies closed; what is nobody's stays. The level stays until it is released, across restarts.",
    off: "New orders may go out again. What L1 stops is released with ringfence ctl kill off --strategy NAME.",
  };
  $("levels").addEventListener("click", event => {
    const level = event.target.dataset.level;
    if (level) confirm(level === "off" ? "Release the kill switch" : `Kill switch ${level}`, LEVELS[level], level === "off" ? "RELEASE" : `KILL ${level}`, { command: "kill", level }, level === "L1");
  });
  $("flatten").onclick = () => confirm("Flatten all", "All orders of strategies are canceled and their positions closed, at what the market gives. What is nobody's stays.", "FLATTEN", { command: "flatten" });
  $("stop").onclick = () => confirm("Stop the session", isLive ? "The session is suspended: the same command goes on with it. Orders that rest stay at their venues." : "The session ends and its journal is sealed.", "STOP", { command: "stop" });
  $("arm").onclick = () => confirm("Arm the session", isLive ? "Strategies may send orders to their venues from now on." : "Strategies may send orders from now on.", "ARM", { command: "arm" });
  $("disarm").onclick = () => command({ command: "disarm" });
  $("disable").onclick = () => command({ command: "disable" });
  $("enable").onclick = () => command({ command: "enable" });
  $("login").onsubmit = event => {
    event.preventDefault();
    token = $("token").value.trim(); $("token").value = "";
    sessionStorage.setItem("token", token);
    $("login-error").textContent = "";
    begin();
  };
  if (token) begin(); else $("login").hidden = false;
})();
