(() => {
  "use strict";
  const root = document.documentElement;
  let errors = 0;
  addEventListener("error", () => { root.dataset.errors = String(++errors); });
  root.dataset.errors = "0";
  const charts = JSON.parse(document.getElementById("data").textContent);
  const colour = name => getComputedStyle(root).getPropertyValue(name).trim();
  // A minus as wide as a plus, as the figures below the charts have it.
  const written = options => {
    const format = new Intl.NumberFormat("en-US", options);
    return v => format.format(v).replace("-", "−");
  };
  const number = digits => written({ maximumFractionDigits: digits });
  const significant = written({ maximumSignificantDigits: 4 });
  const percent = v => significant(v) + " %";
  const ratio = number(4);
  const shown = {
    share: v => percent(v * 100),
    money: number(2),
    count: number(0),
    ratio: v => Math.abs(v) < 1 ? significant(v) : ratio(v),
  };
  const clock = x => new Date(x * 1e3).toISOString().replace("T", " ").slice(0, 19);

  // Triangles in place of uPlot's circles, so that buys and sells differ by more than their colour.
  const triangles = up => (u, si, i0, i1) => {
    const path = new Path2D(), size = 5 * devicePixelRatio, tip = up ? -size : size;
    for (let i = i0; i <= i1; i++) {
      const y = u.data[si][i];
      if (y == null) continue;
      const px = u.valToPos(u.data[0][i], "x", true), py = u.valToPos(y, u.series[si].scale, true);
      path.moveTo(px, py + tip);
      path.lineTo(px - size * 0.8, py - tip * 0.7);
      path.lineTo(px + size * 0.8, py - tip * 0.7);
      path.closePath();
    }
    return { stroke: path, fill: path, clip: null, flags: 3 };
  };

  // A line ends, and begins anew, where its next point is farther away than this.
  const gaps = far => (u, si, i0, i1) => {
    const found = [], at = i => Math.round(u.valToPos(u.data[0][i], "x", true));
    for (let i = i0, last = -1; i <= i1; i++) {
      if (u.data[si][i] == null) continue;
      if (last >= 0 && u.data[0][i] - u.data[0][last] > far) found.push([at(last), at(i)]);
      last = i;
    }
    return found;
  };

  const series = (line, chart) => {
    const c = colour("--c" + line.colour % 7);
    const one = { label: line.name, stroke: c, width: 1.5, points: { show: false }, spanGaps: chart.gap == null,
      scale: line.apart ? "apart" : "y", value: (u, v) => v == null ? "–" : shown[chart.unit](v) };
    if (chart.gap != null) one.gaps = gaps(chart.gap);
    if (line.shape === "faint") one.width = 1.1;
    if (line.shape === "area") one.fill = c + "33";
    if (line.shape === "step") one.paths = uPlot.paths.stepped({ align: 1 });
    if (line.shape === "bars") { one.paths = uPlot.paths.bars({ size: [0.86, 80] }); one.fill = c; one.width = 0; }
    if (line.shape === "up" || line.shape === "down") {
      one.paths = () => null;
      one.points = { show: true, size: 9, width: 0, fill: c, paths: triangles(line.shape === "up") };
    }
    return one;
  };

  const axis = extra => Object.assign({ stroke: colour("--soft"), font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid"), width: 1 } }, extra);

  const none = null, day = "\n{MM}-{DD}", date = "\n{YYYY}-{MM}-{DD}", minute = " {HH}:{mm}";
  // Per length between ticks: text, and what is added where year, month, day, hour or minute changes.
  const dates = [
    [31536000, "{YYYY}", none, none, none, none, none, none, 1],
    [2419200, "{YYYY}-{MM}", none, none, none, none, none, none, 1],
    [86400, "{MM}-{DD}", "\n{YYYY}", none, none, none, none, none, 1],
    [60, "{HH}:{mm}", date, none, day, none, none, none, 1],
    [1, "{HH}:{mm}:{ss}", date, none, day, none, none, none, 1],
    [0.001, ":{ss}.{fff}", date + minute, none, day + minute, none, "\n{HH}:{mm}", none, 1],
  ];

  const scale = (unit, extra) => axis(Object.assign({
    size: (u, all) => all == null ? 60 : 24 + 7 * Math.max(...all.map(text => String(text).length)),
    values: (u, all) => all.map(shown[unit]) }, extra));

  const draw = (chart, place) => {
    const width = place.clientWidth, height = place.clientHeight;
    const options = {
      width, height: height - 26, tzDate: x => uPlot.tzDate(new Date(x * 1e3), "Etc/UTC"),
      cursor: chart.time ? { sync: { key: "time" }, drag: { x: true, y: false } } : {},
      scales: { x: { time: chart.time } },
      series: [{ label: chart.time ? "UTC" : "Return", value: (u, x) => x == null ? "–" : chart.time ? clock(x) : percent(x) }]
        .concat(chart.lines.map(line => series(line, chart))),
      axes: [
        axis(chart.time ? { space: 62, values: dates } : { space: 60, values: (u, all) => all.map(percent) }),
        scale(chart.unit, {}),
      ],
    };
    const apart = chart.lines.find(line => line.apart);
    if (apart) options.axes.push(scale(chart.unit,
      { scale: "apart", side: 1, grid: { show: false }, stroke: colour("--c" + apart.colour % 7) }));
    return new uPlot(options, [chart.x].concat(chart.lines.map(line => line.y)), place);
  };

  let plots = [];
  const redraw = () => {
    plots.forEach(plot => plot.destroy());
    plots = [];
    for (const chart of charts) {
      const place = document.getElementById("plot-" + chart.id);
      if (place) plots.push(draw(chart, place));
    }
    root.dataset.charts = String(plots.length);
  };
  redraw();

  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", redraw);
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    redraw();
  });
})();
