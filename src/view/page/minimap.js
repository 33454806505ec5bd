'use strict';
// The whole graph in a corner, with the window on it.

class Minimap {
  constructor(pane) {
    this.pane = pane;
    this.canvas = h('canvas', {class: 'minimap', 'aria-hidden': 'true'});
    this.picture = document.createElement('canvas');
    let held = false;
    const go = event => {
      const rect = this.canvas.getBoundingClientRect();
      const {width, height} = pane.size();
      pane.view.x = width / 2 - (event.clientX - rect.left) / this.scale * pane.view.k;
      pane.view.y = height / 2 - (event.clientY - rect.top) / this.scale * pane.view.k;
      pane.apply();
    };
    this.canvas.addEventListener('pointerdown', event => {
      held = true;
      this.canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    this.canvas.addEventListener('pointermove', event => held && go(event));
    this.canvas.addEventListener('pointerup', () => held = false);
  }

  draw() {
    const {scene} = this.pane;
    this.scale = Math.min(150 / Math.max(scene.w, 1), 190 / Math.max(scene.h, 1), 0.25);
    const [w, tall] = [Math.max(24, Math.ceil(scene.w * this.scale)), Math.max(24, Math.ceil(scene.h * this.scale))];
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = w;
      canvas.height = tall;
    }
    const style = getComputedStyle(document.documentElement);
    const context = this.picture.getContext('2d');
    context.clearRect(0, 0, w, tall);
    const plain = style.getPropertyValue('--faint');
    const frame = style.getPropertyValue('--rule');
    scene.boxes.forEach((box, k) => {
      const [x, y, bw, bh] = [box.x, box.y, box.w, box.h].map(v => v * this.scale);
      if (box.open) {
        context.strokeStyle = frame;
        context.strokeRect(x, y, bw, bh);
        return;
      }
      const {paint} = scene;
      const share = paint.shares?.[k]?.[0];
      context.fillStyle = paint.values ? (paint.values[k] === undefined ? frame : heat(paint.values[k] / paint.most))
        : share ? this.pane.app.colours.of(share[0]) : plain;
      context.fillRect(x, y, Math.max(bw, 1.5), Math.max(bh, 1.5));
    });
    this.window();
  }

  window() {
    if (!this.scale) return;
    const {x, y, k} = this.pane.view;
    const {width, height} = this.pane.size();
    const context = this.canvas.getContext('2d');
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.picture, 0, 0);
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--accent');
    context.lineWidth = 1.5;
    context.strokeRect(-x / k * this.scale, -y / k * this.scale, width / k * this.scale, height / k * this.scale);
  }
}
