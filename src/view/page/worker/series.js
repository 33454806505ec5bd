// What of a scope's children is shown: hidden ones left out, runs of alike blocks folded to series, what is still too
// much cut to pages.

const MOST_CHILDREN = 400;
const PAGE = 120;
const LONGEST_PERIOD = 8;

// The ids of the items that stand for the children of item `id`, in the order of the data.
function shownChildren(model, id) {
  const known = model.shown.get(id);
  if (known) return known;
  const item = model.items[id];
  let list;
  if (item.kind === 'series' || item.kind === 'page') {
    list = item.members;
  } else {
    list = (item.children ?? []).filter(child => !isHidden(model, child));
    list = inOrder(model, id, list);
    if (model.options.fold) list = foldSeries(model, id, list);
  }
  while (list.length > MOST_CHILDREN) list = cutToPages(model, id, list);
  model.shown.set(id, list);
  return list;
}

function isHidden(model, id) {
  const item = model.items[id];
  if (!item.children) return model.hidden(item.node);
  return item.children.every(child => isHidden(model, child)) && (item.node < 0 || model.hidden(item.node));
}

// A topological order of the children of a base scope; what a cycle holds back follows as it stands.
function inOrder(model, scope, list) {
  const place = new Map(list.map((child, k) => [child, k]));
  const after = list.map(() => []);
  const waiting = new Int32Array(list.length);
  for (const edge of model.inside.get(scope) ?? []) {
    if (!model.shows(edge)) continue;
    const a = place.get(model.childHolding(model.edges[edge].from, scope));
    const b = place.get(model.childHolding(model.edges[edge].to, scope));
    if (a === undefined || b === undefined || a === b) continue;
    after[a].push(b);
    waiting[b] += 1;
  }
  const out = [];
  const done = new Uint8Array(list.length);
  const stack = [];
  const drain = () => {
    while (stack.length > 0) {
      const k = stack.pop();
      if (done[k]) continue;
      done[k] = 1;
      out.push(list[k]);
      for (let e = after[k].length - 1; e >= 0; --e) {
        if (--waiting[after[k][e]] === 0) stack.push(after[k][e]);
      }
    }
  };
  for (let k = list.length - 1; k >= 0; --k) {
    if (waiting[k] === 0) stack.push(k);
  }
  drain();
  for (let k = 0; k < list.length; ++k) {
    if (!done[k]) {
      stack.push(k);
      drain();
    }
  }
  return out;
}

// Runs x1 y1 x2 y2 x3 y3... where the x are alike and the y are alike become one item.
function foldSeries(model, scope, list) {
  const kinds = list.map(child => `${model.likeness[child]} ${stemOf(model.items[child].label)}`);
  const least = child => model.items[child].children ? 3 : 5;
  const links = new Set();
  for (const edge of model.inside.get(scope) ?? []) {
    if (!model.shows(edge)) continue;
    links.add(model.childHolding(model.edges[edge].from, scope) * model.items.length +
              model.childHolding(model.edges[edge].to, scope));
  }
  const linked = (a, b) => links.has(a * model.items.length + b);
  const out = [];
  for (let at = 0; at < list.length;) {
    let best = {length: 0, period: 0};
    for (let period = 1; period <= LONGEST_PERIOD; ++period) {
      let end = at + period;
      while (end < list.length && kinds[end] === kinds[end - period]) ++end;
      const repeats = Math.floor((end - at) / period);
      const length = repeats * period;
      if (repeats < least(list[at]) || length <= best.length) continue;
      if (followEachOther(list, at, period, repeats, linked)) best = {length, period};
    }
    if (best.length === 0) {
      out.push(list[at++]);
      continue;
    }
    // Folding everything that there is would show nothing.
    const members = list.slice(at, at + best.length);
    if (members.length === list.length) return list;
    out.push(makeSeries(model, scope, members, best.period));
    at += best.length;
  }
  return out;
}

// "Conv2d_3_pointwise" and "Mixed_5b" without what counts them up.
function stemOf(label) {
  return label.replaceAll(/\d+[a-z]?(?![a-zA-Z])|\d+/g, '#');
}

// Each repeat feeds the next, or none feeds any other (blocks side by side).
function followEachOther(list, at, period, repeats, linked) {
  let links = 0;
  for (let r = 0; r + 1 < repeats; ++r) {
    let found = false;
    for (let a = 0; a < period && !found; ++a) {
      for (let b = 0; b < period && !found; ++b) {
        found = linked(list[at + r * period + a], list[at + (r + 1) * period + b]);
      }
    }
    if (found) ++links;
  }
  return links === repeats - 1 || (links === 0 && period === 1);
}

function makeGroup(model, parent, members, kind, label) {
  const id = model.items.length;
  model.items.push({id, label, parent, node: -1, children: null, kind, members});
  const sum = {nodes: 0, macs: 0, params: 0, bytes: 0, ms: 0, err: -1, own: -1, timed: false, unsupported: 0, roles: 0};
  for (const member of members) addSum(sum, model.sums[member], {});
  model.sums[id] = sum;
  return id;
}

function makeSeries(model, scope, members, period) {
  const first = model.items[members[0]].label;
  const last = model.items[members[members.length - 1]].label;
  const id = makeGroup(model, scope, members, 'series', `${first} … ${last}`);
  model.items[id].repeats = members.length / period;
  model.items[id].sub = period === 1 ? 'alike' : `${period} that repeat`;
  return id;
}

function cutToPages(model, parent, list) {
  const out = [];
  for (let at = 0; at < list.length; at += PAGE) {
    const members = list.slice(at, at + PAGE);
    const first = model.items[members[0]].label;
    const last = model.items[members[members.length - 1]].label;
    out.push(makeGroup(model, parent, members, 'page', `${first} … ${last}`));
  }
  return out;
}

// The items that have to be expanded, from the root down, for `id` to be seen.
function wayTo(model, id) {
  const up = [];
  for (let at = id; at >= 0; at = model.items[at].parent) up.unshift(at);
  const way = [];
  for (let k = 0; k + 1 < up.length; ++k) {
    way.push(up[k]);
    let list = shownChildren(model, up[k]);
    // Down through series and pages until the child itself is in the list.
    while (!list.includes(up[k + 1])) {
      const group = list.find(g => model.items[g].members && holds(model, g, up[k + 1]));
      if (group === undefined) break;
      way.push(group);
      list = shownChildren(model, group);
    }
  }
  return way;
}

function holds(model, group, id) {
  return model.items[group].members.some(m => m === id || (model.items[m].members && holds(model, m, id)));
}
