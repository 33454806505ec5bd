'use strict';
// Puts the page together: loads the data, links the sides, keeps the address.

class App {
  async start() {
    document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    this.desk = new Desk(document.getElementById('worker-text').textContent);
    const data = document.getElementById('data').textContent;
    say('reading…');
    this.info = await this.desk.ask('load', data === '' ? {url: new URL('data.json', location.href).href} : {text: data});
    this.colours = new Colours();
    this.markNames = new Map();
    this.mode = 'operation';
    this.panes = this.info.sides.map((side, k) => new Pane(this, k, side));
    this.bar = new Bar(this);
    this.card = new Card(this);
    this.marksPanel = {root: h('div', {})};
    document.getElementById('side').append(this.marksPanel.root, this.card.root);
    document.getElementById('panes').append(...this.panes.map(pane => pane.root));
    this.focused = this.panes[0];
    const timed = this.info.sides.every(({timed: [measured, all]}) => measured > 0 && measured === all);
    const first = ['change', timed && 'time'].find(mode => mode && this.info.sides.some(side => side.modes.includes(mode)));
    if (first) this.bar.mode.value = this.mode = first;
    for (const pane of this.panes) {
      await pane.refresh();
      pane.fitReadable();
    }
    this.card.clear(this.focused);
    if (this.info.report) {
      this.report = new Report(this);
      await this.report.fill();
    }
    document.addEventListener('keydown', event => this.key(event));
    addEventListener('hashchange', () => this.followAddress());
    const nodes = this.info.sides.map(side => `${side.nodes} nodes`).join(' and ');
    say(`${nodes}. Choose a node to see what is known of it, double-click a scope to open it, ? lists the keys.`);
    if (location.hash) await this.followAddress();
    else if (this.info.first === 'report') this.showReport(true);
    performance.mark('shown');
    document.documentElement.dataset.ready = 'yes';
  }

  other(pane) {
    return this.panes.length === 2 ? this.panes[1 - pane.side] : undefined;
  }

  // "removed" is a change to see, but no news in what a build does.
  signOf(category) {
    return this.mode === 'change' || this.mode === 'support' && category !== 'removed' ? SIGNS[category] ?? '' : '';
  }

  focusPane(pane) {
    this.focused = pane;
  }

  drawLegend(pane) {
    drawLegend(this, pane);
  }

  async setMode(mode) {
    this.mode = this.bar.mode.value = mode;
    for (const pane of this.panes) {
      pane.lit.clear();
      pane.threshold = 0;
      await pane.refresh();
    }
  }

  async setOption(option, on) {
    for (const pane of this.panes) {
      pane.options[option] = on;
      await pane.ask('options', {options: pane.options});
      await pane.refresh();
      pane.fitReadable();
    }
    this.bar.showOptions(this.panes[0].options);
  }

  // Chooses an item (-1: nothing), shows its card and lights up what corresponds to it.
  async select(pane, item, node) {
    this.focused = pane;
    pane.selected = item;
    if (item < 0) {
      pane.marks = this.withPart(pane);
      this.card.clear(pane);
      await this.lightPartners(pane, []);
      await pane.refresh();
      history.replaceState(null, '', location.pathname + location.search);
      pane.crumbs.replaceChildren();
      return;
    }
    const shown = node === undefined ? item : await pane.ask('itemOf', {node});
    const card = await pane.ask('card', {item: shown});
    this.card.show(pane, card);
    await this.drawCrumbs(pane, item);
    history.replaceState(null, '', this.fragment(pane, card.path));
    say(`${card.op ?? card.label}: ${card.path}`);
    const nodes = node !== undefined ? [node] : await pane.ask('nodesIn', {item});
    pane.draw();
    pane.apply();
    await this.lightPartners(pane, nodes);
  }

  async drawCrumbs(pane, item) {
    const way = await pane.ask('way', {item});
    pane.crumbs.replaceChildren(...way.flatMap(({item: at, label}) =>
      [h('span', {class: 'sep'}, '/'), h('button', {onclick: () => {
        if (pane.box(at)) {
          this.select(pane, at);
          pane.centre(at);
        }
      }}, label)]));
  }

  async lightPartners(pane, nodes) {
    const other = this.other(pane);
    if (!other) return;
    const found = nodes.length === 0 || nodes.length > 5000 ? [] : await other.ask('counterparts', {nodes});
    const seen = new Uint8Array(other.info.nodes);
    for (const n of found) seen[n] = 1;
    other.marks = {...other.marks, partner: seen};
    other.selected = -1;
    await other.refresh();
    if (found.length === 0) return;
    const lit = other.scene.boxes.filter((box, k) => other.scene.marks.partner[k] && !box.open);
    if (lit.length > 0) other.ensureSeen(lit[0].id);
    const rows = await Promise.all(found.slice(0, 100).map(async node => ({node, name: (await other.ask('card', {item: await other.ask('itemOf', {node})})).path})));
    this.card.partners(pane, other, rows);
  }

  // Shows a node wherever it is: {node} or {name}.
  async go(pane, where) {
    this.showReport(false);
    const found = await pane.reveal(where);
    if (found === -1) {
      say(`there is no node '${where.name ?? where.node}' in ${pane.info.title}`, true);
      return;
    }
    this.bar.showOptions(pane.options);
    const node = where.node ?? await pane.ask('nodeNamed', {name: where.name});
    await this.select(pane, found.item, node >= 0 ? node : undefined);
    pane.centre(found.item);
  }

  withPart(pane) {
    const {part, partner, found} = pane.marks;
    return {...(part && {part}), ...(partner && {partner}), ...(found && {found})};
  }

  async trace(pane, nodes, direction) {
    const {seen, count} = await pane.ask('trace', {nodes: await nodes(), direction});
    pane.marks = {...pane.marks, trace: seen};
    await pane.refresh();
    say(`${count} nodes ${direction < 0 ? 'lead to it' : 'depend on it'}; Escape shows all again`);
  }

  async mark(pane, kind, node) {
    const list = pane[kind];
    const at = list.indexOf(node);
    at < 0 ? list.push(node) : list.splice(at, 1);
    const card = await pane.ask('card', {item: await pane.ask('itemOf', {node})});
    this.markNames.set(node, card.path);
    await this.showMarks(pane);
    this.card.show(pane, card);
  }

  async unmarkAll(pane) {
    pane.inputs = [];
    pane.outputs = [];
    await this.showMarks(pane);
  }

  async showMarks(pane) {
    if (pane.inputs.length + pane.outputs.length === 0) {
      delete pane.marks.part;
      drawMarks(this, pane, null);
    } else {
      const part = await pane.ask('part', {inputs: pane.inputs, outputs: pane.outputs});
      pane.marks = {...pane.marks, part: part.seen};
      drawMarks(this, pane, part);
    }
    await pane.refresh();
  }

  showReport(on) {
    if (!this.report) return;
    document.getElementById('report').hidden = !on;
    document.getElementById('panes').hidden = on;
    document.getElementById('side').hidden = on;
    this.bar.tabs[0].setAttribute('aria-selected', String(on));
    this.bar.tabs[1].setAttribute('aria-selected', String(!on));
    if (!on && this.neverSeen !== false) {
      this.neverSeen = false;
      for (const pane of this.panes) pane.fitReadable();
    }
  }

  fragment(pane, name) {
    const encoded = encodeURIComponent(name).replaceAll('%2F', '/');
    return `#node=${encoded}${pane.side > 0 ? `&side=${pane.side}` : ''}`;
  }

  async followAddress() {
    const given = new URLSearchParams(location.hash.slice(1).replaceAll('+', '%2B'));
    const name = given.get('node');
    const pane = this.panes[Number(given.get('side') ?? 0)] ?? this.panes[0];
    if (name) await this.go(pane, {name});
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say('copied');
    } catch {
      prompt('Copy this:', text);
    }
  }

  turnTheme() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    for (const pane of this.panes) {
      drawLegend(this, pane);
      pane.draw();
      pane.minimap.draw();
    }
  }

  async save(what) {
    const pane = this.focused;
    const name = pane.info.title.replaceAll(/[^\w.-]+/g, '_');
    try {
      if (what === 'svg') download(`${name}.svg`, new Blob([svgText(pane)], {type: 'image/svg+xml'}));
      if (what === 'png') download(`${name}.png`, await pngOf(pane));
      if (what === 'html') download(`${name}.html`, await (await fetch('report.html')).blob());
    } catch (error) {
      say(error.message, true);
    }
  }

  async key(event) {
    const typing = event.target.matches?.('input, select, textarea');
    if (typing || event.altKey || event.metaKey || event.ctrlKey || event.defaultPrevented) return;
    const pane = this.focused;
    const node = pane.box(pane.selected)?.node ?? -1;
    const nodes = () => pane.ask('nodesIn', {item: pane.selected});
    if (event.key === '/') this.bar.input.focus();
    else if (event.key === '?') this.help();
    else if (event.key === 'Escape') {
      delete pane.marks.trace;
      await this.select(pane, -1);
    } else if (pane.selected < 0) return this.paneKey(pane, event);
    else if (event.key === 'a') this.trace(pane, nodes, -1);
    else if (event.key === 'd') this.trace(pane, nodes, 1);
    else if (event.key === 'i' && node >= 0 && pane.info.build) this.mark(pane, 'inputs', node);
    else if (event.key === 'o' && node >= 0 && pane.info.build) this.mark(pane, 'outputs', node);
    else if (event.key === 'p') this.toParent(pane);
    else return this.paneKey(pane, event);
    event.preventDefault();
  }

  // Keys of the canvas work while nothing else has the focus.
  paneKey(pane, event) {
    if (event.target === document.body) pane.key(event);
  }

  async toParent(pane) {
    const way = await pane.ask('way', {item: pane.selected});
    const up = way.slice(0, -1).reverse().find(({item}) => pane.box(item));
    if (up) await this.select(pane, up.item);
  }

  help() {
    const keys = [['/', 'search'], ['arrows', 'to the next node'], ['Enter', 'open or close a scope'], ['p', 'to the scope around'], ['f', 'show all'], ['+ −', 'zoom (or the wheel; shift-wheel moves)'],
      ['a', 'trace what it depends on'], ['d', 'trace what depends on it'], ['i', 'mark as input of a build'], ['o', 'mark as output of a build'], ['Escape', 'choose nothing, end a trace']];
    const dialog = h('dialog', {onclose: () => dialog.remove(), onclick: event => event.target === dialog && dialog.close()}, h('h2', {}, 'Keys'),
      h('dl', {}, keys.map(([key, does]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, does)])),
      h('p', {}, 'Search looks in names, operations and attributes; every word must be found. op:Conv2D, name:…, attr:strides, type:int64, status:unsupported, kernel:…, source:… look in one place; /…/ is a regular expression.'),
      h('p', {}, 'Solid lines are tensors, wider ones larger; dotted lines only order. Weights stand on the nodes that use them.'),
      h('form', {method: 'dialog'}, h('button', {}, 'close')));
    document.body.append(dialog);
    dialog.showModal();
  }
}

const app = new App();
app.start().catch(error => say(error.message, true));
