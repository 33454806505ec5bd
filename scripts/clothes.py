#!/usr/bin/env python3
"""The demo's data: Fashion-MNIST's test pictures as PNG files, and how the answers about them compare.

usage: clothes.py pictures OUT [--count N]    writes OUT/00000_Ankle-boot.png ... (number in the set, true name)
       clothes.py score ANSWERS.json          accuracy, and whether each answer is TensorFlow's; exit 5 if not

ANSWERS.json is what `floe classify --top 10 --json` says about those files. TensorFlow's probabilities stand in
examples/clothes/model/predictions.npz. Python's own library is enough.
"""
import argparse, array, ast, gzip, json, math, pathlib, struct, sys, zipfile, zlib

MODEL = pathlib.Path(__file__).resolve().parent.parent / "examples/clothes/model"
CLASSES = 10
MOST_DIFFERENCE = 1e-4    # of a probability; float32 networks of this depth differ by some 1e-6


def read_idx(path):
    """(dimensions, bytes) of a file of unsigned bytes."""
    data = gzip.open(path).read()
    rank = data[3]
    return struct.unpack(f">{rank}I", data[4:4 + 4 * rank]), data[4 + 4 * rank:]


def png(rows, width):
    """A gray picture of one byte a pixel."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    height = len(rows) // width
    lines = b"".join(b"\0" + rows[y * width:(y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def write_pictures(data, out, count):
    names = (MODEL / "labels.txt").read_text().splitlines()
    (total, height, width), pixels = read_idx(data / "t10k-images-idx3-ubyte.gz")
    _, labels = read_idx(data / "t10k-labels-idx1-ubyte.gz")
    out.mkdir(parents=True, exist_ok=True)
    size = height * width
    count = min(count, total)
    for i in range(count):
        name = names[labels[i]].replace(" ", "-").replace("/", "-")
        (out / f"{i:05d}_{name}.png").write_bytes(png(pixels[i * size:(i + 1) * size], width))
    print(f"{count} pictures in {out}")


def read_probabilities():
    """TensorFlow's, one array of ten for each picture."""
    data = zipfile.ZipFile(MODEL / "predictions.npz").read("probabilities.npy")
    start = 10 + struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:start].decode())
    assert header["descr"] == "<f4" and not header["fortran_order"] and header["shape"][1] == CLASSES, header
    values = array.array("f", data[start:])
    return [values[i:i + CLASSES] for i in range(0, len(values), CLASSES)]


def score(data, answers):
    _, labels = read_idx(data / "t10k-labels-idx1-ubyte.gz")
    tensorflow = read_probabilities()
    results = json.load(open(answers))["results"]
    right = tensorflow_right = same = 0
    largest = 0.0
    for result in results:
        i = int(pathlib.Path(result["image"]).name.split("_")[0])
        best = max(range(CLASSES), key=tensorflow[i].__getitem__)
        right += result["top"][0]["index"] == labels[i]
        tensorflow_right += best == labels[i]
        same += result["top"][0]["index"] == best
        largest = max([largest] + [abs(c["probability"] - tensorflow[i][c["index"]]) for c in result["top"]])
    count = len(results)
    print(f"pictures                        {count}")
    print(f"accuracy                        {100 * right / count:.2f} %  (TensorFlow {100 * tensorflow_right / count:.2f} %)")
    print(f"same answer as TensorFlow       {same} of {count}")
    print(f"largest probability difference  {largest:.2e}")
    if same == count and largest <= MOST_DIFFERENCE and math.isfinite(largest):
        return 0
    print("clothes.py: the answers are not TensorFlow's", file=sys.stderr)
    return 5


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist",
                   help="folder of the IDX files (default: %(default)s)")
    what = p.add_subparsers(dest="what", required=True)
    pictures = what.add_parser("pictures")
    pictures.add_argument("out", type=pathlib.Path)
    pictures.add_argument("--count", type=int, default=10000)
    what.add_parser("score").add_argument("answers")
    a = p.parse_args()
    if a.what == "score":
        return score(a.data, a.answers)
    write_pictures(a.data, a.out, a.count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
