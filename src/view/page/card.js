'use strict';
// What is known of the chosen node or scope.

function pairsList(rows) {
  const shown = rows.filter(([, value]) => value !== undefined && value !== '' && value !== null);
  return shown.length === 0 ? null : h('dl', {}, shown.map(([label, value]) => [h('dt', {}, label), h('dd', {}, value)]));
}

function section(title, ...content) {
  const parts = content.flat(Infinity).filter(Boolean);
  return parts.length === 0 ? null : [h('h3', {}, title), parts];
}

// A list that shows its first entries, and the rest when asked.
function longList(rows, make, first = 12) {
  if (rows.length <= first + 2) return rows.map(make);
  const box = h('div', {}, rows.slice(0, first).map(make));
  const more = h('button', {class: 'plain', onclick: () => {
    more.remove();
    append(box, rows.slice(first).map(make));
  }}, `${rows.length - first} more`);
  return [box, more];
}

class Card {
  constructor(app) {
    this.app = app;
    this.root = h('div', {});
  }

  clear(pane) {
    const {info} = pane;
    this.root.replaceChildren();
    append(this.root, [h('h2', {}, info.title), h('div', {class: 'path'}, info.kind),
      info.warnings.map(text => h('div', {class: 'note'}, text)),
      section('Model', pairsList(info.facts.map(([label, text]) => [label, /^\d{5,}$/.test(text) ? `${numbers.count(Number(text))} (${text})` : text]))),
      section('Inputs', info.inputs.map(row => this.link(pane, row.node, row.name))),
      section('Outputs', info.outputs.map(row => this.link(pane, row.node, row.name)))]);
  }

  link(pane, node, name) {
    return h('div', {class: 'row'}, h('button', {class: 'plain', onclick: () => this.app.go(pane, {node})}, name));
  }

  show(pane, card) {
    this.root.replaceChildren();
    const isNode = card.op !== undefined;
    append(this.root, [h('h2', {}, isNode ? card.op : card.label), h('div', {class: 'path'}, card.path), this.tags(card),
      this.actions(pane, card), this.notes(card), this.amounts(card),
      isNode ? this.ofNode(pane, card) : this.ofScope(card), this.partner = h('div', {})]);
  }

  tags(card) {
    const tag = (text, kind = '') => h('span', {class: `tag ${kind}`}, text);
    const status = card.status && tag(card.status, card.status === 'unsupported' ? 'bad' : card.status === 'ok' ? 'good' : '');
    return h('div', {}, card.role && tag(card.role), status, card.auxiliary && tag('auxiliary'), card.change && tag(card.change),
      card.kind === 'series' && tag(`× ${card.repeats}`));
  }

  actions(pane, card) {
    const button = (text, title, action) => h('button', {title, onclick: action}, text);
    const nodes = () => pane.ask('nodesIn', {item: card.id});
    const out = [
      card.kind !== 'node' && button(pane.box(card.id)?.open ? 'close' : 'open', 'Enter', () => pane.toggle(card.id)),
      button('ancestors', 'Everything it depends on (a)', () => this.app.trace(pane, nodes, -1)),
      button('descendants', 'Everything that depends on it (d)', () => this.app.trace(pane, nodes, 1)),
    ];
    if (card.node !== undefined) {
      if (pane.info.build) {
        out.push(button(pane.inputs.includes(card.node) ? 'not an input' : 'as input', 'Cut the model here (i)', () => this.app.mark(pane, 'inputs', card.node)),
          button(pane.outputs.includes(card.node) ? 'not an output' : 'as output', 'Take this as a result (o)', () => this.app.mark(pane, 'outputs', card.node)));
      }
      out.push(button('copy name', 'The full name', () => this.app.copy(card.path)));
    }
    out.push(button('copy link', 'A link to this node', () => this.app.copy(location.href.split('#')[0] + this.app.fragment(pane, card.path))));
    return h('div', {class: 'actions'}, out);
  }

  notes(card) {
    return [card.reason && h('div', {class: 'note'}, card.reason, card.remedy && h('div', {}, `→ ${card.remedy}`)),
      card.note && h('div', {class: 'note'}, card.note)];
  }

  amounts(card) {
    const sum = card.sum;
    const one = card.op !== undefined && card.kind === 'node';
    return pairsList([
      ['nodes', one ? '' : sum.nodes], ['hidden inside', card.hiddenInside > 0 && !one ? card.hiddenInside : ''],
      ['parameters', sum.params > 0 ? numbers.count(sum.params) : ''], ['MACs', sum.macs > 0 ? numbers.count(sum.macs) : ''],
      ['time', sum.timed ? numbers.ms(sum.ms) : ''], ['bytes moved', sum.bytes > 0 ? numbers.bytes(sum.bytes) : ''],
      ['rate', sum.timed && sum.macs > 0 && sum.ms > 0 ? `${(sum.macs / sum.ms / 1e6).toPrecision(3)} GMAC/s` : ''],
      ['error', sum.err >= 0 ? `${numbers.error(sum.err)} of the range` : ''],
      ['own error', sum.own >= 0 ? `${numbers.error(sum.own)} of the range` : ''], ['unsupported', sum.unsupported > 0 ? sum.unsupported : ''],
      ['device', card.device], ['kernel', card.kernel],
    ]);
  }

  ofScope(card) {
    return section('Operations', pairsList(card.ops.slice(0, 60).map(([op, count]) => [op, count])));
  }

  ofNode(pane, card) {
    return [
      section('Attributes', pairsList(card.attributes)),
      section(`Inputs (${card.inputCount})`, longList(card.inputs, row => this.tensor(pane, row))),
      section(`Control inputs (${card.controlCount})`, card.controlCount > 0 && longList(card.controls, row => this.tensor(pane, row))),
      section('Outputs', card.outputs.map(row => h('div', {class: 'row'}, h('span', {class: 'type'}, `${row.port}: ${row.type || 'type not known'}`),
        longList(row.users, user => h('button', {class: 'plain', onclick: () => this.app.go(pane, {node: user.node})}, `→ ${user.name}`), 6)))),
      card.contents && this.contents(card.contents),
      card.candidates.length > 0 && this.candidates(card),
      section('Made from', longList(card.sources, name => h('div', {class: 'row'}, this.sourceLink(pane, name)))),
    ];
  }

  sourceLink(pane, name) {
    const other = this.app.other(pane);
    return other ? h('button', {class: 'plain', onclick: () => this.app.go(other, {name: name.replace(/:\d+$/, '')})}, name) : h('span', {}, name);
  }

  tensor(pane, row) {
    return h('div', {class: 'row'},
      h('button', {class: 'plain', onclick: () => this.app.go(pane, {node: row.node})}, row.port > 0 ? `${row.name}:${row.port}` : row.name),
      h('span', {class: 'type'}, row.type || row.op), row.contents && row.contents.elements <= 16 && h('code', {}, row.contents.preview));
  }

  contents(v) {
    return section('Contents', h('div', {class: 'mono'}, v.type), v.preview && h('code', {}, v.preview),
      v.min !== undefined && v.elements > 1 && [v.elements > 8 && v.max > v.min && histogram(v), pairsList([
        ['minimum', short(v.min)], ['maximum', short(v.max)], ['mean', short(v.mean)], ['deviation', short(v.deviation)],
        ['zeros', `${v.zeros} of ${v.elements}`], ['not finite', v.not_finite > 0 ? v.not_finite : ''], ['bytes', numbers.bytes(v.bytes)], ['hash', v.hash]])]);
  }

  candidates(card) {
    const rows = [...card.candidates].sort((a, b) => (a.refusal !== '') - (b.refusal !== '') || (a.time ?? 1e30) - (b.time ?? 1e30));
    return section('Kernels weighed', h('table', {}, rows.map(c => h('tr', {class: c.kernel === card.kernel ? 'chosen' : ''},
      h('td', {}, c.kernel === card.kernel ? `✓ ${c.kernel}` : c.kernel),
      h('td', {}, c.refusal || (c.time != null ? numbers.ms(c.time / 1e6) : c.estimate != null ? `about ${numbers.ms(c.estimate / 1e6)} (not measured)` : 'not measured'))))));
  }

  // The chosen node's counterparts on the other side.
  partners(pane, other, rows) {
    if (!this.partner || rows.length === 0) return;
    append(this.partner, [section(`In ${other.info.title}`, longList(rows, row => this.link(other, row.node, row.name)))]);
  }
}
