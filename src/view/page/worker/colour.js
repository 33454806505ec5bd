'use strict';
// What the boxes show by colour: a category with shares, or a number.

const NUMERIC = {
  time: {of: node => node.ms, sum: sum => sum.timed ? sum.ms : undefined, unit: 'ms'},
  macs: {of: node => node.m, sum: sum => sum.macs || undefined, unit: 'MACs'},
  bytes: {of: node => node.b, sum: sum => sum.bytes || undefined, unit: 'B'},
  parameters: {of: node => node.p, sum: sum => sum.params || undefined, unit: 'parameters'},
  own: {of: node => node.own, sum: sum => sum.own >= 0 ? sum.own : undefined, unit: 'of range'},
  error: {of: node => node.err, sum: sum => sum.err >= 0 ? sum.err : undefined, unit: 'of range'},
};

const CATEGORY = {
  operation: (model, node) => model.text(node.o),
  support: (model, node) => model.text(node.s) || 'not part of the build',
  dtype: (model, node) => (node.t && model.text(node.t[0]).split('[')[0]) || 'unknown',
  device: (model, node) => model.text(node.d) || 'none given',
  kernel: (model, node) => model.text(node.k) || 'none',
  change: (model, node) => model.text(node.h) || 'not compared',
};

// Modes that tell something of this side.
function modesOf(model) {
  const has = test => model.nodes.some(test);
  const modes = ['operation', 'structure'];
  if (has(n => n.s !== undefined)) modes.push('support');
  if (has(n => n.t !== undefined)) modes.push('dtype');
  if (has(n => n.d !== undefined)) modes.push('device');
  if (has(n => n.k !== undefined)) modes.push('kernel');
  if (has(n => n.h !== undefined)) modes.push('change');
  for (const [mode, {of}] of Object.entries(NUMERIC)) {
    if (has(n => of(n) > 0)) modes.push(mode);
  }
  return modes;
}

// {values: per box a number or undefined, most, unit} or {shares: per box [[category, share]...], legend}.
function paint(model, mode, boxes) {
  model.modes ??= modesOf(model);
  if (!model.modes.includes(mode)) return {shares: boxes.map(() => []), legend: []};  // a mode of the other side's
  if (NUMERIC[mode]) return paintNumbers(model, NUMERIC[mode], boxes);
  if (mode === 'structure') return paintStructure(model, boxes);
  return paintCategories(model, mode, boxes);
}

function paintNumbers(model, {of, sum, unit}, boxes) {
  const values = boxes.map(box => box.kind === 'node' ? of(model.nodes[box.node]) : sum(model.sums[box.id]));
  let most = 0;
  boxes.forEach((box, k) => {
    if (!box.open && values[k] > most) most = values[k];
  });
  return {values, most, unit, total: sum(model.sums[0])};
}

function paintStructure(model, boxes) {
  const counts = new Map();
  for (const item of model.items) {
    if (item.children && item.id !== 0) counts.set(model.likeness[item.id], (counts.get(model.likeness[item.id]) ?? 0) + 1);
  }
  const names = new Map();
  const legend = [];
  const name = id => {
    const item = model.items[id];
    const likeness = item.members ? model.likeness[item.members[0]] : model.likeness[id];
    if ((counts.get(likeness) ?? 0) < 2) return '';
    if (!names.has(likeness)) {
      const label = `like ${model.items[item.members ? item.members[0] : id].label}`;
      names.set(likeness, label);
      legend.push([label, counts.get(likeness)]);
    }
    return names.get(likeness);
  };
  const shares = boxes.map(box => {
    const label = box.kind === 'node' && !model.items[box.id].children ? '' : name(box.id);
    return label === '' ? [] : [[label, 1]];
  });
  return {shares, legend: legend.sort((a, b) => b[1] - a[1])};
}

function paintCategories(model, mode, boxes) {
  const of = CATEGORY[mode];
  model.categories ??= new Map();
  if (!model.categories.has(mode)) {
    const counts = new Map();
    const perItem = [];
    for (let n = 0; n < model.nodes.length; ++n) {
      if (model.hidden(n) || model.nodes[n].g) continue;
      const category = of(model, model.nodes[n]);
      counts.set(category, (counts.get(category) ?? 0) + 1);
      for (let at = model.itemOf[n]; at >= 0; at = model.items[at].parent) {
        (perItem[at] ??= new Map()).set(category, (perItem[at].get(category) ?? 0) + 1);
      }
    }
    model.categories.set(mode, {counts, perItem});
  }
  const {counts, perItem} = model.categories.get(mode);
  const gather = id => {
    const members = model.items[id].members;
    if (!members) return perItem[id] ?? new Map();
    const sum = new Map();
    for (const member of members) {
      for (const [category, count] of gather(member)) sum.set(category, (sum.get(category) ?? 0) + count);
    }
    return sum;
  };
  const shares = boxes.map(box => {
    const node = box.node >= 0 ? model.nodes[box.node] : null;
    if (box.kind === 'node' || (node && (mode === 'kernel' || mode === 'change' && node.h !== undefined))) {
      return [[of(model, node), 1]];
    }
    const sorted = [...gather(box.id)].sort((a, b) => b[1] - a[1]);
    const total = sorted.reduce((sum, [, count]) => sum + count, 0);
    return sorted.slice(0, 8).map(([category, count]) => [category, count / total]);
  });
  return {shares, legend: [...counts].sort((a, b) => b[1] - a[1])};
}
