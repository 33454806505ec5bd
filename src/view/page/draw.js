'use strict';
// A scene as SVG. Only what lies near the window is made.

function drawBox(box, look) {
  const classes = ['box', box.kind, box.open && 'open', look.unsupported && 'unsupported', look.dim && 'dim', look.fill && 'heated',
    look.selected && 'selected', look.partner && 'partner', look.marked && 'marked', look.found && 'found'].filter(Boolean).join(' ');
  const group = s('g', {class: classes, transform: `translate(${box.x} ${box.y})`, 'data-id': box.id});
  group.append(s('title', {}, look.tip));
  const {w, h} = box;
  if (box.open) {
    group.append(s('rect', {class: 'face', width: w, height: h, rx: 9}),
      s('text', {class: 'title', x: 28, y: 18}, box.title));
    group.append(knob(15, 13, true));
    if (look.value) group.append(s('text', {class: 'value', x: w - 10, y: 17, 'text-anchor': 'end'}, look.value));
    return group;
  }
  if (box.kind === 'series' || box.kind === 'page') {
    group.append(s('rect', {class: 'back', x: 4, y: -4, width: w, height: h, rx: 7}));
  }
  group.append(s('rect', {class: 'face', width: w, height: h, rx: box.kind === 'node' ? 6 : 9, style: look.fill && `fill:${look.fill}`}));
  if (look.shares.length > 0) group.append(...strip(look.shares, w, h, box.kind === 'node'));
  const left = box.canOpen ? 30 : 12;
  group.append(s('text', {class: 'title', x: left, y: 16}, box.title), 
    s('text', {class: look.value ? 'sub value' : 'sub', x: left, y: 29}, look.value || box.sub));
  box.chips.forEach((chip, k) => {
    group.append(s('text', {class: `chip ${chip.kind}`, x: left, y: 43 + k * 14}, chip.text));
  });
  if (box.more > 0) group.append(s('text', {class: 'chip', x: left, y: 43 + box.chips.length * 14}, `+ ${box.more} more`));
  if (box.canOpen) group.append(knob(16, 16, false));
  if (look.sign) group.append(s('text', {class: 'sign', x: w - 8, y: 15, 'text-anchor': 'end'}, look.sign));
  if (box.roles & 3) group.append(...badge(box, w));
  return group;
}

function badge(box, w) {
  const input = (box.roles & 1) !== 0 && (box.roles & 2) === 0;
  const text = input ? 'INPUT' : (box.roles & 3) === 3 ? 'IN + OUT' : 'OUTPUT';
  const width = text.length * 6.2 + 8;
  return [s('rect', {class: `badge-back ${input ? 'in' : 'out'}`, x: w / 2 - width / 2, y: -10, width, height: 13, rx: 6.5}),
    s('text', {class: 'badge', x: w / 2, y: -0.5, 'text-anchor': 'middle'}, text)];
}

function knob(x, y, open) {
  return s('g', {class: 'knob-group'}, s('circle', {class: 'knob', cx: x, cy: y, r: 7}),
    s('path', {class: 'knob-sign', d: `M${x - 3.5} ${y}h7${open ? '' : `M${x} ${y - 3.5}v7`}`}));
}

// A bar of the parts: at the left of a node, along the foot of a scope.
function strip(shares, w, h, node) {
  if (node) return [s('path', {d: `M6 0h0v${h}h0a6 6 0 0 1-6-6v${-(h - 12)}a6 6 0 0 1 6-6z`, fill: shares[0][0]})];
  let x = 9;
  const room = w - 18;
  return shares.map(([colour, share]) => {
    const width = Math.max(share * room, 1);
    const rect = s('rect', {x, y: h - 8, width: Math.min(width, w - 9 - x), height: 4, fill: colour});
    x += width;
    return rect;
  });
}

function linePath(points) {
  let d = `M${points[0].x} ${points[0].y}`;
  for (let k = 1; k < points.length; ++k) {
    const p = points[k - 1], q = points[k];
    const middle = (p.y + q.y) / 2;
    d += Math.abs(p.x - q.x) < 0.5 ? `L${q.x} ${q.y}` : `C${p.x} ${middle} ${q.x} ${middle} ${q.x} ${q.y}`;
  }
  return d;
}

function drawLine(line, look) {
  const classes = ['line', line.control && 'control', look.hot && 'hot', look.dim && 'dim'].filter(Boolean).join(' ');
  const group = s('g', {class: classes});
  const width = line.control ? 1 : Math.min(1 + Math.log10(Math.max(line.weight, 1)) * 0.35, 3.6);
  group.append(s('path', {d: linePath(line.points), 'stroke-width': width}, s('title', {}, look.tip)));
  const points = line.points;
  const end = points[points.length - 1];
  if (line.arrow) {
    const up = line.back ? -1 : 1;
    group.append(s('path', {class: 'arrow', style: 'fill: var(--line); stroke: none', d: `M${end.x} ${end.y}l-3.5 ${-7 * up}h7z`}));
  }
  if (line.label) {
    const k = Math.max(points.findIndex((p, at) => at > 0 && Math.abs(p.y - points[at - 1].y) >= 16), 1);
    const [p, q] = [points[k - 1], points[k]];
    group.append(s('text', {x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 + 3}, line.label));
  }
  return group;
}
