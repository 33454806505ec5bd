'use strict';
// A side as a tree of items. Item 0 is the root; a node is an item, a scope is an item, and a node whose scope is its
// body (a call, a fused kernel) is one item for both. Series and pages are items too, made when a scope is first shown.

const PASSES_ON = new Set(['Identity', 'ReadVariableOp', 'Enter', 'StopGradient', 'Argument', 'Result', 'Cast', 'Dequantize']);

class Model {
  constructor(side) {
    this.title = side.title;
    this.kind = side.kind;
    this.command = side.command;
    this.facts = side.facts;
    this.warnings = side.warnings;
    this.strings = side.strings;
    this.nodes = side.nodes;
    this.options = {constants: false, auxiliary: false, controls: true, fold: true};
    this.expanded = new Set([0]);
    this.buildTree();
    this.buildUses();
    this.findConstants();
    this.sumUp();
    this.sortEdges();
    this.shown = new Map();
  }

  text(index) {
    return index === undefined ? '' : this.strings[index];
  }

  addItem(label, parent, node) {
    const id = this.items.length;
    this.items.push({id, label, parent, node, children: null, kind: node >= 0 ? 'node' : 'scope'});
    if (parent >= 0) (this.items[parent].children ??= []).push(id);
    return id;
  }

  buildTree() {
    this.items = [];
    this.addItem('', -1, -1);
    this.itemOf = new Int32Array(this.nodes.length);
    const scopes = new Map();  // "a/b" -> item
    const scopeOf = path => {
      if (path === '') return 0;
      const known = scopes.get(path);
      if (known !== undefined) return known;
      const slash = path.lastIndexOf('/');
      const item = this.addItem(path.slice(slash + 1), scopeOf(slash < 0 ? '' : path.slice(0, slash)), -1);
      scopes.set(path, item);
      return item;
    };
    this.nodes.forEach((node, index) => {
      if (!node.g) return;
      const item = scopeOf(node.n);
      this.items[item].node = index;
      this.itemOf[index] = item;
    });
    this.nodes.forEach((node, index) => {
      if (node.g) return;
      const slash = node.n.lastIndexOf('/');
      const parent = scopeOf(slash < 0 ? '' : node.n.slice(0, slash));
      this.itemOf[index] = this.addItem(node.n.slice(slash + 1), parent, index);
    });
    // A node "a" beside a scope "a/": shown inside the scope.
    for (const [path, scope] of scopes) this.adoptNamesake(path, scope);
    for (const item of this.items) item.children &&= item.children.filter(child => this.items[child].parent === item.id);
    this.joinLonely();
    // A call whose body is empty is a plain node.
    for (const item of this.items) item.kind = item.children || item.id === 0 ? 'scope' : 'node';
  }

  // A scope that holds one thing is one with it: "Conv2d_0/Relu6".
  joinLonely() {
    const order = [];
    for (const stack = [0]; stack.length > 0;) {
      const id = stack.pop();
      order.push(id);
      for (const child of this.items[id].children ?? []) stack.push(child);
    }
    const joined = id => {
      const scope = this.items[id];
      if (scope.node >= 0 || scope.children?.length !== 1) return id;
      const only = this.items[scope.children[0]];
      only.label = `${scope.label}/${only.label}`;
      only.parent = scope.parent;
      scope.children = null;
      return only.id;
    };
    for (const id of order.reverse()) {
      const item = this.items[id];
      if (item.children) item.children = item.children.map(joined);
    }
  }

  adoptNamesake(path, scope) {
    this.byName ??= new Map(this.nodes.map((node, index) => [node.n, index]));
    const index = this.byName.get(path);
    if (index === undefined || this.nodes[index].g || !this.items[scope].children) return;
    const item = this.itemOf[index];
    this.items[item].parent = scope;
    this.items[item].label = `(${this.items[item].label})`;
    this.items[scope].children.unshift(item);
  }

  find(name) {
    this.byName ??= new Map(this.nodes.map((node, index) => [node.n, index]));
    return this.byName.get(name) ?? -1;
  }

  buildUses() {
    const count = this.nodes.length;
    this.users = Array.from({length: count}, () => []);
    this.nodes.forEach((node, index) => {
      for (let k = 0; node.i && k < node.i.length; k += 2) this.users[node.i[k]].push(index);
    });
  }

  // constantOf[n]: the constant or variable whose value node n hands on unchanged; -1 for a computed value.
  findConstants() {
    const count = this.nodes.length;
    const UNKNOWN = -2, BUSY = -3;
    this.constantOf = new Int32Array(count).fill(UNKNOWN);
    for (let start = 0; start < count; ++start) {
      const chain = [];
      let at = start;
      let found = -1;
      while (true) {
        if (this.constantOf[at] === BUSY) break;
        if (this.constantOf[at] !== UNKNOWN) {
          found = this.constantOf[at];
          break;
        }
        const node = this.nodes[at];
        const role = this.text(node.r);
        this.constantOf[at] = BUSY;
        chain.push(at);
        if (role === 'constant' || role === 'variable') {
          found = at;
          break;
        }
        const only = this.onlyInput(node);
        if (role === 'output' || only < 0 || !PASSES_ON.has(this.text(node.o))) break;
        at = only;
      }
      for (const link of chain) this.constantOf[link] = found;
    }
    // What nothing but itself would show stays a node.
    this.tucked = new Uint8Array(count);
    for (let n = 0; n < count; ++n) {
      const handsOn = this.text(this.nodes[n].o) === 'Argument' || this.text(this.nodes[n].o) === 'Result';
      if (this.constantOf[n] >= 0 && (this.users[n].length > 0 || handsOn)) this.tucked[n] = 1;
    }
  }

  onlyInput(node) {
    if (!node.i || node.i.length === 0) return -1;
    for (let k = 2; k < node.i.length; k += 2) {
      if (node.i[k] !== node.i[0]) return -1;
    }
    return node.i[0];
  }

  hidden(n) {
    return (!this.options.constants && this.tucked[n] === 1) || (!this.options.auxiliary && this.nodes[n].x === 1);
  }

  // Sums over everything in an item, and the likeness of its structure.
  sumUp() {
    const blank = {nodes: 0, macs: 0, params: 0, bytes: 0, ms: 0, err: -1, own: -1, timed: false, unsupported: 0, roles: 0};
    this.sums = this.items.map(() => null);
    this.likeness = new Int32Array(this.items.length);
    const order = [0];
    for (let k = 0; k < order.length; ++k) {
      for (const child of this.items[order[k]].children ?? []) order.push(child);
    }
    for (const id of order.reverse()) {
      const item = this.items[id];
      const sum = {...blank};
      let mixed = item.node >= 0 ? hashText(this.text(this.nodes[item.node].o)) : 17;
      if (item.node >= 0) addNode(sum, this.nodes[item.node], this);
      const own = {macs: sum.macs > 0, bytes: sum.bytes > 0};
      let parts = 0;
      for (const child of item.children ?? []) {
        addSum(sum, this.sums[child], own);
        const n = this.items[child].node;
        const aside = n >= 0 && !this.items[child].children && (this.tucked[n] === 1 || this.nodes[n].x === 1);
        if (!aside) parts = (parts + Math.imul(this.likeness[child] | 1, 0x9e3779b1)) | 0;
      }
      if (item.children) mixed = Math.imul(mixed ^ parts, 0x85ebca6b) ^ (parts >>> 13);
      this.likeness[id] = mixed;
      this.sums[id] = sum;
    }
  }

  // Edges by where they are drawn: `inside[s]` between two children of s, `across[s]` through the border of s.
  sortEdges() {
    const depth = new Int32Array(this.items.length);
    for (const item of this.items) {
      let d = 0;
      for (let up = item.parent; up >= 0; up = this.items[up].parent) ++d;
      depth[item.id] = d;
    }
    this.edges = [];  // {from, to, port, control}: nodes
    this.inside = new Map();
    this.across = new Map();
    const put = (map, key, value) => map.has(key) ? map.get(key).push(value) : map.set(key, [value]);
    const add = (from, to, port, control) => {
      let a = this.itemOf[from], b = this.itemOf[to];
      if (a === b) return;
      const edge = this.edges.length;
      const above = [];
      while (depth[a] > depth[b]) above.push(a = this.items[a].parent);
      while (depth[b] > depth[a]) above.push(b = this.items[b].parent);
      if (a === b) {  // between a call and what lies in it: no line
        return;
      }
      this.edges.push({from, to, port, control});
      while (this.items[a].parent !== this.items[b].parent) {
        above.push(a = this.items[a].parent, b = this.items[b].parent);
      }
      for (const scope of above) put(this.across, scope, edge);
      put(this.inside, this.items[a].parent, edge);
    };
    this.nodes.forEach((node, index) => {
      for (let k = 0; node.i && k < node.i.length; k += 2) add(node.i[k], index, node.i[k + 1], false);
      for (const control of node.c ?? []) add(control, index, 0, true);
    });
  }

  shows(edge) {
    const {from, to, control} = this.edges[edge];
    return !(control && !this.options.controls) && !this.hidden(from) && !this.hidden(to);
  }

  // The scope whose children an item's are, for a series or page the scope that they are cut from.
  baseScope(id) {
    while (this.items[id].kind === 'series' || this.items[id].kind === 'page') id = this.items[id].parent;
    return id;
  }

  // The child of base scope `scope` that holds the node.
  childHolding(node, scope) {
    let at = this.itemOf[node];
    while (at >= 0 && this.items[at].parent !== scope) at = this.items[at].parent;
    return at;
  }

  // Names from the root to an item, for people and for links.
  path(id) {
    const parts = [];
    for (let at = id; at > 0; at = this.items[at].parent) {
      const {kind, label} = this.items[at];
      if (kind !== 'series' && kind !== 'page') parts.unshift(label);
    }
    return parts.join('/');
  }
}

function hashText(text) {
  let h = 0x811c9dc5;
  for (let k = 0; k < text.length; ++k) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193);
  return h;
}

function addNode(sum, node, model) {
  sum.nodes += 1;
  sum.macs += node.m ?? 0;
  sum.params += node.p ?? 0;
  sum.bytes += node.b ?? 0;
  if (node.ms !== undefined) {
    sum.ms += node.ms;
    sum.timed = true;
  }
  sum.err = Math.max(sum.err, node.err ?? -1);
  sum.own = Math.max(sum.own, node.own ?? -1);
  if (model.text(node.s) === 'unsupported') sum.unsupported += 1;
  const role = model.text(node.r);
  if (role === 'input') sum.roles |= 1;
  if (role === 'output') sum.roles |= 2;
}

// Numbers that a fused kernel has of its own are those of its ops too: counted once.
function addSum(sum, part, own) {
  sum.nodes += part.nodes;
  sum.params += part.params;
  if (!own.macs) sum.macs += part.macs;
  if (!own.bytes) sum.bytes += part.bytes;
  sum.ms += part.ms;
  sum.timed ||= part.timed;
  sum.err = Math.max(sum.err, part.err);
  sum.own = Math.max(sum.own, part.own);
  sum.unsupported += part.unsupported;
  sum.roles |= part.roles;
}
