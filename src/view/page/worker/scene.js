'use strict';
// From the tree and what is expanded to boxes and lines with places: what the page draws.

const HEADER = 26;     // of an expanded scope
const PADDING = 16;
const MOST_CHIPS = 4;
const MOST_PORTS = 12;

const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const brush = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1).getContext('2d');
const widths = new Map();

// Of a text in the page's font; where a worker has no canvas, by a guess.
function textWidth(text, size, bold = false) {
  if (!brush) return text.length * size * 0.6;
  const key = `${size}${bold}${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    brush.font = `${bold ? '600 ' : ''}${size}px ${FAMILY}`;
    width = brush.measureText(text).width;
    if (widths.size > 50000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

function shorten(text, most) {
  return text.length <= most ? text : `${text.slice(0, Math.ceil(most * 0.6) - 1)}…${text.slice(text.length - Math.floor(most * 0.4))}`;
}

// "float32[1, 112, 112, 32]" -> "1×112×112×32"
function dimsOf(type) {
  const open = type.indexOf('[');
  if (open < 0) return '';
  const dims = type.slice(open + 1, -1);
  return dims === '' ? 'scalar' : dims === '...' ? '' : dims.split(', ').join('×');
}

class Scene {
  constructor(model) {
    this.model = model;
    this.layouts = new Map();  // item -> its inner layout
    this.ends = new Map();     // item -> its edges by shown child
    this.within = new Map();   // series or page -> edges that touch it
  }

  forget() {
    this.layouts.clear();
    this.ends.clear();
    this.within.clear();
    this.model.shown.clear();
  }

  // After `id` was opened or closed.
  touch(id) {
    for (let at = id; at >= 0; at = this.parentShown(at)) this.layouts.delete(at);
  }

  parentShown(id) {
    return this.shownParent?.get(id) ?? this.model.items[id].parent;
  }

  face(id) {
    const model = this.model;
    const sole = this.sole(id);
    if (sole >= 0) {
      const face = this.face(sole);
      const {label} = model.items[id];
      return face.title === model.text(model.nodes[model.items[sole].node].o) ? {...face, sub: label} : face;
    }
    const item = model.items[id];
    const node = item.node >= 0 ? model.nodes[item.node] : null;
    const face = {title: '', sub: '', chips: [], more: 0};
    if (item.kind === 'node') {
      const op = model.text(node.o);
      const role = model.text(node.r);
      face.title = role === 'input' || role === 'constant' || role === 'variable' ? item.label : op;
      face.sub = face.title === op ? item.label : op;
      if (role === 'input' && node.t) face.chips.push({text: dimsOf(model.text(node.t[0])), kind: 'shape'});
      if (node.k !== undefined) face.chips.push({text: model.text(node.k), kind: 'kernel'});
      this.addChips(face, item.node);
    } else {
      face.title = item.label;
      const sum = model.sums[id];
      face.sub = item.kind === 'series' ? `× ${item.repeats}, ${item.sub}`
        : node && node.g ? model.text(node.o) : `${sum.nodes} node${sum.nodes === 1 ? '' : 's'}`;
      if (node && node.k !== undefined) face.chips.push({text: model.text(node.k), kind: 'kernel'});
      if (node && node.g && node.k !== undefined) this.addInnerChips(face, item);
    }
    return face;
  }

  // Weights that flow into a node stand on it.
  addChips(face, n) {
    const model = this.model;
    if (model.options.constants) return;
    const inputs = model.nodes[n].i ?? [];
    for (let k = 0; k < inputs.length; k += 2) {
      const from = inputs[k];
      if (!model.tucked[from]) continue;
      if (face.chips.length >= MOST_CHIPS) {
        face.more += 1;
        continue;
      }
      const source = model.nodes[model.constantOf[from]];
      const label = source.n.slice(source.n.lastIndexOf('/') + 1);
      const small = source.v && source.v.elements <= 4 ? source.v.preview : '';
      const type = source.v ? source.v.type : source.t ? model.text(source.t[0]) : '';
      face.chips.push({text: `${shorten(label, 18)} ${small || dimsOf(type)}`, kind: 'weight', node: model.constantOf[from]});
    }
  }

  addInnerChips(face, item) {
    for (const child of item.children ?? []) {
      const n = this.model.items[child].node;
      if (n < 0 || face.chips.length > MOST_CHIPS) continue;
      const before = face.chips.length;
      this.addChips(face, n);
      face.chips = face.chips.filter((chip, k) => k < before || !/ (scalar|[-\d.e]+)$/.test(chip.text));
    }
  }

  sizeOf(id) {
    const model = this.model;
    const item = model.items[id];
    if (model.expanded.has(id) && this.opens(id)) {
      const inner = this.layout(id);
      const title = textWidth(shorten(item.label, 40), 12.5, true) + 110;
      return {w: Math.max(inner.w + 2 * PADDING, title), h: inner.h + HEADER + 2 * PADDING, inner};
    }
    const face = this.face(id);
    const scope = item.kind !== 'node' && this.sole(id) < 0;
    const title = shorten(face.title, 34), sub = shorten(face.sub, 38);
    let w = Math.max(textWidth(title, 12.5, true), textWidth(sub, 10.5)) + (scope ? 46 : 28);
    for (const chip of face.chips) w = Math.max(w, chip.text.length * 6.1 + 28);  // of one width
    const chips = face.chips.length + (face.more > 0 ? 1 : 0);
    return {w: Math.min(Math.max(w, 64), 320), h: 36 + chips * 14 + (scope ? 6 : 0), face: {...face, title, sub}};
  }

  opens(id) {
    const item = this.model.items[id];
    return item.kind !== 'node' && this.sole(id) < 0 && shownChildren(this.model, id).length > 0;
  }

  // The only thing that a scope shows, if that is a node: the scope is drawn as that node. Else -1.
  sole(id) {
    const {model} = this;
    const item = model.items[id];
    if (item.kind !== 'scope' || item.node >= 0 || id === 0) return -1;
    const list = shownChildren(model, id);
    if (list.length !== 1) return -1;
    return model.items[list[0]].kind === 'node' ? list[0] : this.sole(list[0]);
  }

  // What lies in `id`: places of its shown children and lines between them, relative to its inner corner.
  layout(id) {
    const known = this.layouts.get(id);
    if (known) return known;
    const model = this.model;
    const {children} = this.endsOf(id);
    for (const child of children) (this.shownParent ??= new Map()).set(child, id);
    const nodes = children.map(child => {
      const size = this.sizeOf(child);
      return {w: size.w, h: size.h, pin: 0, size};
    });
    const lines = this.lines(id);
    const {entries, exits} = this.ports(lines, nodes);
    const result = layoutLayers(nodes, lines.map(({a, b}) => ({a, b})));
    const layout = {
      w: result.w, h: result.h, entries, exits,
      children: children.map((child, k) => ({
        id: child, size: nodes[k].size, w: nodes[k].w, h: nodes[k].h,
        x: result.nodes[k].x - nodes[k].w / 2, y: result.nodes[k].y - nodes[k].h / 2,
      })),
      bands: result.bands,
      portX: nodes.map((node, k) => node.port ? result.nodes[k].x : 0),
      lines: lines.map((line, k) => ({...line, points: result.edges[k], back: result.back[k]})),
    };
    this.layouts.set(id, layout);
    return layout;
  }

  // The edges that `id` shows, each with the places of the shown children that hold its ends (-1: outside). Those that
  // touch a series or page are kept for it, so that it need not look at all edges of the scope.
  endsOf(id) {
    const known = this.ends.get(id);
    if (known) return known;
    const model = this.model;
    const base = model.baseScope(id);
    const children = shownChildren(model, id);
    const find = this.childFinder(base, children);
    const all = this.within.get(id) ?? (model.inside.get(base) ?? []).concat(base === 0 ? [] : model.across.get(base) ?? []);
    const groups = children.map(child => model.items[child].members ? [] : null);
    const ends = {children, find, edges: [], a: [], b: []};
    for (const edge of all) {
      if (!model.shows(edge)) continue;
      const a = find(model.edges[edge].from), b = find(model.edges[edge].to);
      if (a >= 0) groups[a]?.push(edge);
      if (b >= 0 && b !== a) groups[b]?.push(edge);
      if (a === b) continue;
      ends.edges.push(edge);
      ends.a.push(a);
      ends.b.push(b);
    }
    groups.forEach((list, k) => list && this.within.set(children[k], list));
    this.ends.set(id, ends);
    return ends;
  }

  // One line for all edges between two children, or between a child and one place outside. A line's ends are numbers
  // of children; `out` and `into` say which ports of expanded children it uses.
  lines(id) {
    const model = this.model;
    const {children, edges, a: starts, b: stops} = this.endsOf(id);
    const lines = new Map();
    edges.forEach((edge, k) => {
      const [a, b] = [starts[k], stops[k]];
      const {from, to, control} = model.edges[edge];
      const outside = a < 0 ? this.outsideOf(from, to) : b < 0 ? children[a] : -1;
      const out = a >= 0 ? this.exitOf(children[a], from) : -1;
      const into = b >= 0 ? this.entryOf(children[b], from) : '';
      const key = `${a}|${out}|${b}|${into}|${outside}`;
      let line = lines.get(key);
      if (!line) lines.set(key, line = {a, b, out, into, outside, edges: [], control: true});
      line.edges.push(edge);
      if (!control) line.control = false;
    });
    return [...lines.values()].map(line => this.finishLine(line));
  }

  // Node -> place of the shown child that holds it, -1 for one outside.
  childFinder(base, children) {
    const model = this.model;
    const holder = new Map();
    const fill = (member, at) => {
      holder.set(member, at);
      for (const inner of model.items[member].members ?? []) fill(inner, at);
    };
    children.forEach(fill);
    return node => {
      const child = model.childHolding(node, base);
      return child < 0 ? -1 : holder.get(child) ?? -1;
    };
  }

  // Where a line from `from` enters an expanded child: by what, seen from the child, lies outside.
  entryOf(child, from) {
    if (!this.model.expanded.has(child) || !this.opens(child)) return '';
    const {entries} = this.layout(child);
    const key = this.outsideOf(from, this.someNode(child));
    return entries.has(key) ? key : entries.has('many') ? 'many' : '';
  }

  exitOf(child, from) {
    if (!this.model.expanded.has(child) || !this.opens(child)) return -1;
    const {exits} = this.layout(child);
    const {children, find} = this.endsOf(child);
    const at = find(from);
    return at >= 0 && exits.has(children[at]) ? children[at] : exits.has('many') ? 'many' : -1;
  }

  // The item beside the common scope of two nodes that holds the first: the same for every scope between.
  outsideOf(from, to) {
    const model = this.model;
    const above = new Set();
    for (let at = model.itemOf[to]; at >= 0; at = model.items[at].parent) above.add(at);
    let at = model.itemOf[from];
    while (model.items[at].parent >= 0 && !above.has(model.items[at].parent)) at = model.items[at].parent;
    return at;
  }

  // A node inside an item.
  someNode(id) {
    const model = this.model;
    while (true) {
      const item = model.items[id];
      if (item.members) id = item.members[0];
      else if (item.children) id = item.children[0];
      else return item.node;
    }
  }

  finishLine(line) {
    const model = this.model;
    const types = new Set();
    const tensors = new Set();
    let elements = 0;
    for (const edge of line.edges) {
      const {from, port, control} = model.edges[edge];
      if (control) continue;
      const type = model.text(model.nodes[from].t?.[port]);
      types.add(type);
      tensors.add(`${from}:${port}`);
      elements = Math.max(elements, elementsOf(type));
    }
    const label = line.control ? '' : tensors.size > 1 ? `${tensors.size} tensors` : dimsOf([...types][0] ?? '');
    const first = model.edges[line.edges[0]];
    return {...line, label, type: types.size === 1 ? [...types][0] : '', elements, first, count: line.edges.length};
  }

  // Lines to and from outside end at small nodes in the first and last layer.
  ports(lines, nodes) {
    const entries = new Map(), exits = new Map();
    const keys = new Set(lines.filter(line => line.a < 0).map(line => line.outside));
    const outs = new Set(lines.filter(line => line.b < 0).map(line => line.outside));
    const port = (map, key, pin) => {
      if (!map.has(key)) {
        map.set(key, nodes.length);
        nodes.push({w: 4, h: 0, pin, port: true});
      }
      return map.get(key);
    };
    for (const line of lines) {
      if (line.a < 0) line.a = port(entries, keys.size > MOST_PORTS ? 'many' : line.outside, -1);
      if (line.b < 0) line.b = port(exits, outs.size > MOST_PORTS ? 'many' : line.outside, 1);
    }
    return {entries, exits};
  }

  // Everything visible, with absolute places.
  build() {
    const boxes = [], lines = [];
    const root = this.layout(0);
    this.place(0, 0, 0, 0, boxes, lines);
    return {boxes, lines, w: root.w, h: root.h};
  }

  place(id, x0, y0, depth, boxes, lines) {
    const model = this.model;
    const layout = this.layout(id);
    const at = [];
    for (const child of layout.children) {
      const x = x0 + child.x, y = y0 + child.y;
      const sole = this.sole(child.id);
      const item = model.items[sole >= 0 ? sole : child.id];
      const open = child.size.inner !== undefined;
      at.push({x, y, w: child.w, h: child.h, child});
      boxes.push({
        id: child.id, node: item.node, kind: item.kind, open, depth, x, y, w: child.w, h: child.h,
        label: item.label, canOpen: open || this.opens(child.id), repeats: item.repeats ?? 0,
        ...(open ? {title: shorten(item.label, 40), sub: '', chips: [], more: 0} : child.size.face),
        roles: item.kind === 'node' ? roleBits(model.text(model.nodes[item.node].r)) : model.sums[child.id].roles,
        count: model.sums[child.id].nodes, unsupported: model.sums[child.id].unsupported,
      });
      if (open) this.place(child.id, x + PADDING + (child.w - 2 * PADDING - child.size.inner.w) / 2, y + HEADER + PADDING, depth + 1, boxes, lines);
    }
    for (const line of layout.lines) lines.push(this.placeLine(line, layout, at, x0, y0));
  }

  placeLine(line, layout, at, x0, y0) {
    const end = (k, starts) => {
      if (k >= at.length) {  // a port of this scope
        const y = starts ? y0 - PADDING - HEADER : y0 + layout.h + PADDING;
        return {x: x0 + layout.portX[k], y};
      }
      const {x, y, w, h, child} = at[k];
      const inner = child.size.inner;
      let px = x + w / 2;
      if (inner) {
        const ports = starts ? inner.exits : inner.entries;
        const port = ports.get(starts ? line.out : line.into);
        if (port !== undefined) px = x + PADDING + (w - 2 * PADDING - inner.w) / 2 + inner.portX[port];
      }
      return {x: px, y: starts !== line.back ? y + h : y};
    };
    const first = end(line.a, true), last = end(line.b, false);
    const edge = (k, below) => y0 + (below ? layout.bands[k].bottom : layout.bands[k].top);
    const points = [first];
    if (line.a < at.length) points.push({x: first.x, y: edge(line.a, !line.back)});
    for (const p of line.points) points.push({x: x0 + p.x, y: y0 + p.y});
    if (line.b < at.length) points.push({x: last.x, y: edge(line.b, Boolean(line.back))});
    points.push(last);
    return {
      points, label: line.a < at.length && line.b < at.length ? line.label : '', type: line.type, control: line.control, count: line.count, back: Boolean(line.back),
      weight: line.elements, from: line.first.from, to: line.first.to, arrow: line.b < at.length && !at[line.b].child.size.inner,
      ends: [line.a < at.length ? at[line.a].child.id : -1, line.b < at.length ? at[line.b].child.id : -1],
    };
  }
}

function roleBits(role) {
  return role === 'input' ? 1 : role === 'output' ? 2 : 0;
}

function elementsOf(type) {
  const dims = dimsOf(type);
  if (dims === '' || dims === 'scalar') return 1;
  return dims.split('×').reduce((product, d) => product * (Number(d) || 1), 1);
}
