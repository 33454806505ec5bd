"""Writes tests/image/data: small pictures of every kind, and what TensorFlow makes of them.

    python make_golden.py [FOLDER_OF_PHOTOS]

Needs TensorFlow and Pillow (the data was made with TensorFlow 2.21.0, Pillow 13.0.0). The tables hold CRC-32 sums of
TensorFlow's results as little-endian bytes, so that equality to the bit is what the tests ask for. With a folder of
photos, photos.tsv gets theirs; the photos themselves are not copied.
"""

import io
import pathlib
import struct
import sys
import zlib

import numpy as np
import tensorflow as tf
from PIL import Image

DATA = pathlib.Path(__file__).parent / "data"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}


def smooth(height, width, channels, seed):
    """Slopes, edges and a little noise: what makes the ways of decoding differ."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for c in range(channels):
        plane = 127 + 90 * np.sin(x / (3 + c) + c) * np.cos(y / (5 - c)) + rng.normal(0, 12, (height, width))
        plane[(x + 2 * y + 7 * c) % 17 < 4] += 60
        planes.append(plane)
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def jpeg(array, mode, **options):
    out = io.BytesIO()
    Image.fromarray(array.squeeze(-1) if array.shape[-1] == 1 else array, mode).save(out, "JPEG", **options)
    return out.getvalue()


def png_rows(samples, depth):
    """Rows with filter byte 0 (Sub for odd rows of whole bytes), packed to `depth` bits."""
    out = b""
    for row in samples:
        flat = row.reshape(-1).astype(np.uint32)
        if depth == 16:
            data = flat.astype(">u2").tobytes()
        elif depth == 8:
            data = flat.astype(np.uint8).tobytes()
        else:
            bits = ((flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
            data = np.packbits(bits).tobytes()
        out += b"\0" + data
    return out


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, color, depth, interlaced=False, extra=()):
    height, width = samples.shape[:2]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        rows = b"".join(
            png_rows(samples[y::dy, x::dx], depth) for y, x, dy, dx in passes if samples[y::dy, x::dx].size
        )
    else:
        rows = png_rows(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunk(kind, data) for kind, data in extra)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def pictures():
    yield "rgb_444.jpg", jpeg(smooth(23, 37, 3, 1), "RGB", quality=80, subsampling=0)
    yield "rgb_422.jpg", jpeg(smooth(41, 29, 3, 2), "RGB", quality=70, subsampling=1)
    yield "rgb_420.jpg", jpeg(smooth(35, 51, 3, 3), "RGB", quality=60, subsampling=2)
    yield "rgb_420_restarts.jpg", jpeg(smooth(50, 33, 3, 4), "RGB", quality=75, restart_marker_blocks=3)
    yield "progressive.jpg", jpeg(smooth(61, 47, 3, 5), "RGB", quality=50, progressive=True)
    yield "keeps_rgb.jpg", jpeg(smooth(19, 21, 3, 6), "RGB", quality=85, keep_rgb=True)
    yield "gray.jpg", jpeg(smooth(27, 45, 1, 7), "L", quality=75)
    yield "gray_progressive.jpg", jpeg(smooth(45, 27, 1, 8), "L", quality=40, progressive=True)
    yield "cmyk.jpg", jpeg(smooth(25, 31, 4, 9), "CMYK", quality=75)
    yield "cmyk_420.jpg", jpeg(smooth(34, 18, 4, 10), "CMYK", quality=75, subsampling=2)
    yield "one_pixel.jpg", jpeg(smooth(1, 1, 3, 11), "RGB", quality=90)
    yield "one_row.jpg", jpeg(smooth(1, 40, 3, 12), "RGB", quality=90, subsampling=2)
    yield "one_column.jpg", jpeg(smooth(40, 1, 3, 13), "RGB", quality=90, subsampling=2)

    rng = np.random.default_rng(20)
    palette = rng.integers(0, 256, (256, 3), np.uint8)
    some_alpha = bytes(rng.integers(0, 256, 16, np.uint8))
    for color, depths in [(GRAY, [1, 2, 4, 8, 16]), (RGB, [8, 16]), (PALETTE, [1, 2, 4, 8]),
                          (GRAY_ALPHA, [8, 16]), (RGBA, [8, 16])]:
        name = {GRAY: "gray", RGB: "rgb", PALETTE: "palette", GRAY_ALPHA: "gray_alpha", RGBA: "rgba"}[color]
        for depth in depths:
            samples = rng.integers(0, 2**depth, (13, 11, CHANNELS[color]))
            extra = [(b"PLTE", palette[: 2**depth].tobytes())] if color == PALETTE else []
            yield f"{name}_{depth}.png", png(samples, color, depth, extra=extra)
            yield f"{name}_{depth}_interlaced.png", png(samples, color, depth, interlaced=True, extra=extra)
            if color == PALETTE:
                transparent = extra + [(b"tRNS", some_alpha[: min(2**depth, 16)])]
            elif color == GRAY:
                transparent = [(b"tRNS", struct.pack(">H", int(samples[0, 0, 0])))]
            elif color == RGB:
                transparent = [(b"tRNS", struct.pack(">HHH", *[int(v) for v in samples[0, 0]]))]
            else:
                continue
            yield f"{name}_{depth}_transparent.png", png(samples, color, depth, extra=transparent)
    samples = rng.integers(0, 256, (9, 10, 3))
    yield "rgb_8_gamma.png", png(samples, RGB, 8, extra=[(b"gAMA", struct.pack(">I", 45455))])


def crc(array):
    return "%08x" % zlib.crc32(np.ascontiguousarray(array).tobytes())


def dims(array):
    return "x".join(str(d) for d in array.shape)


def decode(data, channels=3):
    return tf.io.decode_image(data, channels=channels, expand_animations=False).numpy()


def resize(levels, size, method="bilinear", **flags):
    op = {"bilinear": tf.compat.v1.image.resize_bilinear,
          "nearest": tf.compat.v1.image.resize_nearest_neighbor}[method]
    return op(levels[None], size, **flags).numpy()[0].astype(np.float32)


def inception(levels, height, width):
    return resize(levels, (height, width)) / np.float32(127.5) - np.float32(1)


def vgg(levels, height, width):
    side = np.float32(round(max(height, width) * 256 / 224))
    scale = side / np.float32(min(levels.shape[:2]))
    size = [int(tf.math.rint(tf.constant(d, tf.float32) * scale)) for d in levels.shape[:2]]
    resized = resize(levels, size)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    cut = resized[top : top + height, left : left + width]
    return cut - np.array([123.68, 116.78, 103.94], np.float32)


def central(levels, height, width):
    return resize(tf.image.central_crop(levels, 0.875).numpy(), (height, width)) / np.float32(127.5) - np.float32(1)


PRESETS = {"inception": inception, "vgg": vgg, "central": central}


def write(name, header, rows):
    (DATA / name).write_text("\n".join("\t".join(str(v) for v in row) for row in [header, *rows]) + "\n")


def main():
    DATA.mkdir(exist_ok=True)
    made = dict(pictures())
    for name, data in made.items():
        (DATA / name).write_bytes(data)
    rows = []
    for name, data in made.items():
        for c in (1, 3):
            try:
                levels = decode(data, c)
                rows.append((name, c, dims(levels), crc(levels)))
            except tf.errors.InvalidArgumentError:
                rows.append((name, c, "refused", ""))
    write("decoded.tsv", ["picture", "channels", "dims", "crc32"], rows)

    rows = []
    flags = {"legacy": {}, "align_corners": {"align_corners": True}, "half_pixel_centers": {"half_pixel_centers": True}}
    for name in ["rgb_420.jpg", "gray.jpg", "one_row.jpg", "one_pixel.jpg"]:
        levels = decode(made[name], 1 if name == "gray.jpg" else 3)
        for size in [(1, 1), (7, 5), (17, 64), (35, 51), (99, 130), (224, 224)]:
            for method in ["bilinear", "nearest"]:
                for flag, options in flags.items():
                    out = resize(levels, size, method, **options)
                    rows.append((name, method, flag, dims(out), crc(out)))
    write("resized.tsv", ["picture", "method", "flags", "dims", "crc32"], rows)

    rows = []
    for name in ["rgb_444.jpg", "rgb_422.jpg", "progressive.jpg", "rgba_8.png"]:
        for preset, function in PRESETS.items():
            for size in [(8, 8), (32, 32), (29, 37), (224, 224)]:
                out = function(decode(made[name]), *size)
                rows.append((name, preset, dims(out), crc(out)))
    write("preprocessed.tsv", ["picture", "preset", "dims", "crc32"], rows)

    if len(sys.argv) > 1:
        rows = []
        for path in sorted(p for p in pathlib.Path(sys.argv[1]).iterdir() if p.suffix in (".jpg", ".png")):
            data = path.read_bytes()
            for c in (1, 3):
                rows.append((path.name, "decode", dims(decode(data, c)), crc(decode(data, c))))
            for preset, function in PRESETS.items():
                for size in [(192, 192), (224, 224), (299, 299)]:
                    out = function(decode(data), *size)
                    rows.append((path.name, preset, dims(out), crc(out)))
        write("photos.tsv", ["picture", "step", "dims", "crc32"], rows)


if __name__ == "__main__":
    main()
