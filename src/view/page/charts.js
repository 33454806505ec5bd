'use strict';
// Small charts as SVG; every one says its numbers as text too.

function histogram({histogram: bins, min, max}) {
  const most = Math.max(...bins, 1);
  const [w, tall] = [300, 64];
  const svg = s('svg', {class: 'chart-svg', viewBox: `0 0 ${w} ${tall + 16}`, width: '100%', role: 'img', 'aria-label': `Histogram from ${min} to ${max}`});
  bins.forEach((count, k) => {
    const bar = count / most * tall;
    svg.append(s('rect', {class: 'bar', x: k * w / bins.length + 0.5, y: tall - bar, width: w / bins.length - 1, height: Math.max(bar, count > 0 ? 1 : 0)},
      s('title', {}, `${count} from ${short(min + (max - min) * k / bins.length)} to ${short(min + (max - min) * (k + 1) / bins.length)}`)));
  });
  svg.append(s('line', {class: 'axis', x1: 0, x2: w, y1: tall, y2: tall}),
    s('text', {class: 'muted', x: 0, y: tall + 13}, short(min)), s('text', {class: 'muted', x: w, y: tall + 13, 'text-anchor': 'end'}, short(max)));
  return svg;
}

function short(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

// rows: [label, value, tip]; the longest first.
function bars(rows, write, most = 24) {
  const sorted = [...rows].sort((a, b) => b[1] - a[1]);
  const shown = sorted.slice(0, most);
  const rest = sorted.slice(most).reduce((sum, [, value]) => sum + value, 0);
  const total = sorted.reduce((sum, [, value]) => sum + value, 0);
  const [w, step, left] = [560, 18, 210];
  const top = Math.max(...shown.map(([, value]) => value), 1e-12);
  if (rest > 0) shown.push([`${sorted.length - most} more`, rest, '']);
  const svg = s('svg', {class: 'chart-svg', viewBox: `0 0 ${w} ${shown.length * step + 4}`, role: 'img'});
  shown.forEach(([label, value, tip], k) => {
    const y = k * step;
    const bar = k < most ? value / top * (w - left - 110) : 0;  // what many have together is no bar
    svg.append(s('text', {x: left - 6, y: y + 13, 'text-anchor': 'end'}, shorten(label, 31), s('title', {}, tip || label)),
      s('rect', {class: 'bar', x: left, y: y + 3, width: Math.max(bar, 1), height: step - 6, rx: 2}),
      s('text', {class: 'muted', x: left + bar + 6, y: y + 13}, `${write(value)}  ${(100 * value / Math.max(total, 1e-12)).toFixed(1)} %`));
  });
  return svg;
}

function shorten(text, most) {
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`;
}

// Points with logarithmic axes; the roofs are the best that a step of this engine reached.
function roofline(layers, pick) {
  const points = layers.filter(l => l.macs > 0 && l.bytes > 0 && l.ms > 0)
    .map(l => ({x: l.macs / l.bytes, y: l.macs / l.ms / 1e6, layer: l}));  // GMAC/s
  if (points.length === 0) return null;
  const rates = layers.filter(l => l.bytes > 0 && l.ms > 0).map(l => l.bytes / l.ms / 1e6);  // GB/s
  const [peak, band] = [Math.max(...points.map(p => p.y)), Math.max(...rates)];
  const [w, tall, left, foot] = [560, 300, 56, 34];
  const range = (values, wider) => [Math.log10(Math.min(...values)) - wider, Math.log10(Math.max(...values)) + wider];
  const [x0, x1] = range(points.map(p => p.x), 0.3), [y0, y1] = range(points.map(p => p.y), 0.3);
  const px = x => left + (Math.log10(x) - x0) / (x1 - x0) * (w - left - 10);
  const py = y => tall - foot - (Math.log10(y) - y0) / (y1 - y0) * (tall - foot - 10);
  const svg = s('svg', {class: 'chart-svg', viewBox: `0 0 ${w} ${tall}`, role: 'img', 'aria-label': 'Rate against arithmetic intensity'});
  for (const [values, place, across] of [[[x0, x1], px, true], [[y0, y1], py, false]]) {
    for (let e = Math.ceil(values[0]); e <= values[1]; ++e) {
      const at = place(10 ** e);
      svg.append(s('line', {class: 'axis', x1: across ? at : left, x2: across ? at : w - 10, y1: across ? 10 : at, y2: across ? tall - foot : at}),
        s('text', {class: 'muted', x: across ? at : left - 6, y: across ? tall - foot + 14 : at + 4, 'text-anchor': across ? 'middle' : 'end'}, numbers.count(10 ** e)));
    }
  }
  const bend = peak / band;
  const from = 10 ** x0, to = 10 ** x1;
  const roof = [[Math.max(from, 10 ** y0 / band), Math.max(band * from, 10 ** y0)], [Math.min(Math.max(bend, from), to), peak], [to, peak]];
  svg.append(s('path', {d: roof.map(([x, y], k) => `${k ? 'L' : 'M'}${px(x)} ${py(Math.min(y, 10 ** y1))}`).join(''), fill: 'none', stroke: 'var(--other)', 'stroke-dasharray': '6 4'}));
  const longest = Math.max(...points.map(p => p.layer.ms));
  for (const {x, y, layer} of points) {
    svg.append(s('circle', {cx: px(x), cy: py(y), r: 3 + 8 * Math.sqrt(layer.ms / longest), fill: 'var(--accent)', 'fill-opacity': 0.45, stroke: 'var(--accent)',
      style: 'cursor:pointer', onclick: () => pick(layer.node)},
    s('title', {}, `${layer.name}\n${layer.kernel}\n${numbers.ms(layer.ms)}, ${y.toPrecision(3)} GMAC/s, ${x.toPrecision(3)} MAC/B`)));
  }
  svg.append(s('text', {class: 'muted', x: w - 10, y: tall - 4, 'text-anchor': 'end'}, 'multiply-accumulates a byte'),
    s('text', {class: 'muted', x: left + 4, y: 20}, `GMAC/s; dashed: best step, ${peak.toPrecision(3)} GMAC/s and ${band.toPrecision(3)} GB/s`));
  return svg;
}

// Buffers of the arena: place over time.
function memory(lifetimes, arena) {
  if (lifetimes.length === 0 || arena === 0) return null;
  const [w, tall, left] = [560, 260, 64];
  const last = Math.max(...lifetimes.map(l => l[4])) + 1;
  const svg = s('svg', {class: 'chart-svg', viewBox: `0 0 ${w} ${tall}`, role: 'img', 'aria-label': 'Memory over the steps of a run'});
  const px = step => left + step / last * (w - left - 8), py = bytes => tall - 26 - bytes / arena * (tall - 36);
  lifetimes.forEach(([name, offset, bytes, first, end], k) => {
    svg.append(s('rect', {x: px(first), y: py(offset + bytes), width: Math.max(px(end + 1) - px(first), 1), height: Math.max(bytes / arena * (tall - 36), 0.5),
      fill: PALETTE[k % PALETTE.length], 'fill-opacity': 0.55, stroke: 'var(--surface)', 'stroke-width': 0.5},
    s('title', {}, `${name}\n${numbers.bytes(bytes)} at ${offset}, steps ${first} to ${end}`)));
  });
  svg.append(s('line', {class: 'axis', x1: left, x2: w - 8, y1: py(0), y2: py(0)}),
    s('text', {class: 'muted', x: left - 6, y: py(arena) + 10, 'text-anchor': 'end'}, numbers.bytes(arena)),
    s('text', {class: 'muted', x: w - 8, y: tall - 8, 'text-anchor': 'end'}, `step ${last - 1}`), s('text', {class: 'muted', x: left, y: tall - 8}, 'step 0'));
  return svg;
}
