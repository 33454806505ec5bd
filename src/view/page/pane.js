'use strict';
// One side's canvas: asks the worker for the scene, draws it, moves it, and takes pointer and keys.

const MARGIN = 30;
const DOUBLE_CLICK = 400;  // ms

class Pane {
  constructor(app, side, info) {
    this.app = app;
    this.side = side;
    this.info = info;
    this.options = {constants: false, auxiliary: false, controls: true, fold: true};
    this.marks = {};        // name -> Uint8Array over nodes, from the worker
    this.lit = new Set();   // categories chosen in the legend; empty: all
    this.threshold = 0;
    this.inputs = [];
    this.outputs = [];
    this.selected = -1;     // item
    this.scene = {boxes: [], lines: [], w: 0, h: 0, paint: {shares: []}};
    this.view = {x: 0, y: 0, k: 1};
    this.build();
  }

  build() {
    this.crumbs = h('div', {class: 'crumbs'});
    this.world = s('g', {});
    this.svg = s('svg', {class: 'graph', tabindex: 0, role: 'application',
      'aria-label': `Graph of ${this.info.title}. Arrow keys move, Enter opens or closes, question mark lists the keys.`}, this.world);
    this.legend = h('div', {class: 'legend', hidden: true});
    this.minimap = new Minimap(this);
    const button = (text, label, action) => h('button', {title: label, 'aria-label': label, onclick: action}, text);
    this.canvas = h('div', {class: 'canvas'}, this.svg, this.legend, this.minimap.canvas,
      h('div', {class: 'zoom'}, button('+', 'Zoom in', () => this.zoomBy(1.3)), button('−', 'Zoom out', () => this.zoomBy(1 / 1.3)),
        button('fit', 'Show all (f)', () => this.fit()), button('close all', 'Close every scope', () => this.closeAll())));
    this.root = h('section', {class: 'pane', 'aria-label': this.info.title},
      h('div', {class: 'pane-head'}, h('strong', {}, this.info.title), h('span', {class: 'kind'}, this.info.kind), this.crumbs), this.canvas);
    this.takePointer();
    this.svg.addEventListener('keydown', event => this.key(event));
    this.svg.addEventListener('focus', () => this.app.focusPane(this));
    new ResizeObserver(() => this.apply()).observe(this.canvas);
  }

  ask(question, request = {}) {
    return this.app.desk.ask(question, {side: this.side, ...request});
  }

  // Draws anew; what `anchor` (an item) shows stays where it is on the screen.
  async refresh(anchor = -1) {
    const before = this.box(anchor);
    const scene = await this.ask('scene', {mode: this.app.mode, marks: this.marks});
    this.scene = scene;
    this.index = new Map(scene.boxes.map(box => [box.id, box]));
    const after = this.box(anchor);
    if (before && after) {
      this.view.x += (before.x + before.w / 2 - after.x - after.w / 2) * this.view.k;
      this.view.y += (before.y - after.y) * this.view.k;
    }
    this.app.colours.learn(this.app.mode, scene.paint.legend ?? []);
    this.app.drawLegend(this);
    this.drawn = null;
    this.apply();
    this.minimap.draw();
  }

  box(id) {
    return this.index?.get(id);
  }

  // Colours and marks only.
  async repaint() {
    await this.refresh();
  }

  look(box, k) {
    const {paint, marks} = this.scene;
    const look = {shares: [], fill: '', value: '', sign: '', dim: false, tip: this.tip(box), selected: box.id === this.selected,
      partner: Boolean(marks?.partner?.[k]), marked: Boolean(marks?.part?.[k]), found: Boolean(marks?.found?.[k]), unsupported: box.kind === 'node' && box.unsupported > 0};
    if (paint.values) {
      const value = paint.values[k];
      if (value !== undefined) {
        if (!box.open) look.fill = heat(value / paint.most);
        look.value = numbers.of(paint.unit, value);
      }
      look.dim = (value ?? 0) < this.threshold * paint.most && !box.open;
    } else {
      const shares = paint.shares[k];
      look.shares = shares.map(([category, share]) => [this.app.colours.of(category), share]);
      if (box.kind === 'node' && shares[0]) look.sign = this.app.signOf(shares[0][0]);
      if (this.lit.size > 0) look.dim = !shares.some(([category]) => this.lit.has(category)) && !box.open;
    }
    if (!box.open && box.kind !== 'node' && box.unsupported > 0) look.sign = `✕ ${box.unsupported}`;
    if (marks?.trace && !marks.trace[k]) look.dim = true;
    return look;
  }

  tip(box) {
    const more = box.kind === 'node' ? '' : ` (${box.count} nodes)`;
    return `${box.label}${more}`;
  }

  // Draws what the window shows and half a window around it.
  draw() {
    const {width, height} = this.size();
    const {x, y, k} = this.view;
    const view = {left: (-x - width / 2) / k, top: (-y - height / 2) / k, right: (width * 1.5 - x) / k, bottom: (height * 1.5 - y) / k};
    const seen = (l, t, r, b) => r >= view.left && l <= view.right && b >= view.top && t <= view.bottom;
    const lines = s('g', {}), frames = s('g', {}), boxes = s('g', {});
    this.scene.boxes.forEach((box, n) => {
      if (seen(box.x, box.y, box.x + box.w, box.y + box.h)) (box.open ? frames : boxes).append(drawBox(box, this.look(box, n)));
    });
    const {marks} = this.scene;
    const traced = new Set(marks?.trace ? this.scene.boxes.filter((box, n) => marks.trace[n]).map(box => box.id) : []);
    for (const line of this.scene.lines) {
      let [l, t, r, b] = [Infinity, Infinity, -Infinity, -Infinity];
      for (const p of line.points) {
        l = Math.min(l, p.x); r = Math.max(r, p.x); t = Math.min(t, p.y); b = Math.max(b, p.y);
      }
      if (!seen(l, t, r, b)) continue;
      const hot = this.selected >= 0 && line.ends.includes(this.selected);
      const tip = `${line.type || (line.control ? 'control' : '')}${line.count > 1 ? ` (${line.count} edges)` : ''}`;
      const dim = Boolean(marks?.trace) && !line.ends.every(id => id < 0 || traced.has(id));
      lines.append(drawLine(line, {hot, tip, dim}));
    }
    this.world.replaceChildren(frames, lines, boxes);
    this.drawn = view;
  }

  size() {
    return {width: this.canvas.clientWidth || 800, height: this.canvas.clientHeight || 600};
  }

  apply() {
    const {x, y, k} = this.view;
    const {width, height} = this.size();
    const need = {left: -x / k, top: -y / k, right: (width - x) / k, bottom: (height - y) / k};
    const d = this.drawn;
    if (!d || need.left < d.left || need.top < d.top || need.right > d.right || need.bottom > d.bottom) this.draw();
    this.world.setAttribute('transform', `translate(${x} ${y}) scale(${k})`);
    this.svg.classList.toggle('far', k < 0.42);
    this.svg.classList.toggle('farther', k < 0.28);
    this.minimap.window();
  }

  fit() {
    const {width, height} = this.size();
    const {w, h: tall} = this.scene;
    const k = Math.min((width - 2 * MARGIN) / Math.max(w, 1), (height - 2 * MARGIN) / Math.max(tall, 1), 1.2);
    this.view = {k: Math.max(k, 0.02), x: 0, y: 0};
    const room = width - w * this.view.k;
    const legend = this.legend.hidden ? 0 : this.legend.offsetWidth + 10;
    this.view.x = Math.max(room / 2, Math.min(legend + MARGIN, room - MARGIN));
    this.view.y = tall * this.view.k < height ? (height - tall * this.view.k) / 2 : MARGIN;
    this.apply();
  }

  // As fit, but not so small that nothing can be read: then the beginning is shown.
  fitReadable() {
    this.fit();
    const {width} = this.size();
    if (this.view.k >= 0.75) return;
    const k = Math.max(Math.min((width - 2 * MARGIN) / Math.max(this.scene.w, 1), 0.9), 0.6);
    const first = this.scene.boxes.find(box => box.roles & 1) ?? this.scene.boxes[0];
    const middle = first ? first.x + first.w / 2 : this.scene.w / 2;
    const wide = this.scene.w * k > width - 2 * MARGIN;
    this.view = {k, x: wide ? width / 2 - middle * k : (width - this.scene.w * k) / 2, y: MARGIN + 6};
    this.apply();
  }

  zoomBy(factor, px, py) {
    const {width, height} = this.size();
    const [cx, cy] = [px ?? width / 2, py ?? height / 2];
    const k = Math.min(Math.max(this.view.k * factor, 0.02), 4);
    this.view.x = cx - (cx - this.view.x) * k / this.view.k;
    this.view.y = cy - (cy - this.view.y) * k / this.view.k;
    this.view.k = k;
    this.apply();
  }

  centre(id) {
    const box = this.box(id);
    if (!box) return;
    const {width, height} = this.size();
    if (this.view.k < 0.6) this.view.k = 0.9;
    this.view.x = width / 2 - (box.x + box.w / 2) * this.view.k;
    this.view.y = height / 2 - (box.y + Math.min(box.h, height / this.view.k) / 2) * this.view.k;
    this.apply();
  }

  // Brings a box into the window if it is outside.
  ensureSeen(id) {
    const box = this.box(id);
    if (!box) return;
    const {width, height} = this.size();
    const {x, y, k} = this.view;
    const [l, t] = [box.x * k + x, box.y * k + y];
    if (l < 0 || t < 0 || l + Math.min(box.w * k, width) > width || t + Math.min(box.h * k, height) > height) this.centre(id);
  }

  async toggle(id, open) {
    await this.ask('toggle', {ids: [id], open});
    await this.refresh(id);
    this.ensureSeen(id);
  }

  async closeAll() {
    await this.ask('closeAll');
    await this.refresh();
    this.fitReadable();
  }

  // `where`: {node} or {name}. Returns the item that now stands for it, or -1.
  async reveal(where) {
    const found = await this.ask('reveal', where);
    if (!found) return -1;
    Object.assign(this.options, found.options);
    await this.refresh();
    this.centre(found.item);
    return found;
  }

  boxAt(event) {
    const group = event.target.closest?.('.box');
    return group ? this.box(Number(group.dataset.id)) : undefined;
  }

  takePointer() {
    const {svg} = this;
    let drag = null;
    svg.addEventListener('pointerdown', event => {
      if (event.button !== 0) return;
      drag = {x: event.clientX, y: event.clientY, moved: false, target: this.boxAt(event), knob: Boolean(event.target.closest?.('.knob-group'))};
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener('pointermove', event => {
      if (!drag) return;
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.hypot(dx, dy) < 4) return;
      drag.moved = true;
      svg.classList.add('dragging');
      this.view.x += dx;
      this.view.y += dy;
      [drag.x, drag.y] = [event.clientX, event.clientY];
      this.apply();
    });
    // A second press soon after, on the same box. (What `dblclick` says of its target is the canvas, which has captured
    // the pointer.)
    let last = {id: -1, time: 0};
    svg.addEventListener('pointerup', event => {
      svg.classList.remove('dragging');
      const done = drag;
      drag = null;
      if (!done || done.moved) return;
      const box = done.target;
      const twice = box && box.id === last.id && event.timeStamp - last.time < DOUBLE_CLICK;
      last = {id: twice || !box ? -1 : box.id, time: event.timeStamp};
      if (box && box.canOpen && (done.knob || twice)) this.toggle(box.id);
      else this.app.select(this, box ? box.id : -1);
    });
    svg.addEventListener('wheel', event => {
      event.preventDefault();
      const rect = svg.getBoundingClientRect();
      if (!event.ctrlKey && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
        this.view.x -= event.deltaX || event.deltaY;
        if (!event.shiftKey) this.view.y -= event.deltaY;
        this.apply();
        return;
      }
      const step = event.deltaMode === 1 ? event.deltaY * 20 : event.deltaY;
      this.zoomBy(Math.exp(-step * 0.0016), event.clientX - rect.left, event.clientY - rect.top);
    }, {passive: false});
  }

  key(event) {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const box = this.box(this.selected);
    const arrows = {ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0]};
    if (arrows[event.key]) this.step(...arrows[event.key]);
    else if (event.key === 'Enter' || event.key === ' ') {
      if (box?.canOpen) this.toggle(box.id);
    } else if (event.key === '+' || event.key === '=') this.zoomBy(1.25);
    else if (event.key === '-') this.zoomBy(0.8);
    else if (event.key === 'f') this.fit();
    else return;
    event.preventDefault();
  }

  // To the nearest box in a direction; along edges first when it goes up or down.
  step(dx, dy) {
    const from = this.box(this.selected);
    const boxes = this.scene.boxes.filter(box => !box.open);
    if (boxes.length === 0) return;
    if (!from) {
      this.app.select(this, boxes[0].id);
      this.ensureSeen(boxes[0].id);
      return;
    }
    const middle = box => [box.x + box.w / 2, box.y + box.h / 2];
    const [x, y] = middle(from);
    let best = null, least = Infinity;
    for (const box of boxes) {
      if (box.id === from.id) continue;
      const [bx, by] = middle(box);
      const along = (bx - x) * dx + (by - y) * dy;
      if (along <= 4) continue;
      const aside = Math.abs((bx - x) * dy) + Math.abs((by - y) * dx);
      const linked = dy !== 0 && this.scene.lines.some(line => line.ends.includes(from.id) && line.ends.includes(box.id));
      const cost = along + aside * 2.5 - (linked ? 1e5 : 0);
      if (cost < least) [best, least] = [box, cost];
    }
    if (best) {
      this.app.select(this, best.id);
      this.ensureSeen(best.id);
    }
  }
}
