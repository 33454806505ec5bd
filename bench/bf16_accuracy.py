#!/usr/bin/env python3
"""What bf16 costs in answers: trained networks built in float32 and in bf16, asked about the same pictures.

usage: bf16_accuracy.py --floe PATH --shared FOLDER [--precision bf16|auto] [--error-budget X] [--pictures 10000]

ImageNet networks from FOLDER/models/derived_imagenet_pb on FOLDER/images: how far probabilities move, and whether the
first answer stays where it leads the second by more than 0.05. The clothes network of examples/ on Fashion-MNIST's test
set: accuracy. Prints a table in Markdown. Exit: 0 done, 5 an answer changed that leads, or accuracy fell by more than 0.1 points.
"""
import argparse, json, pathlib, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLOTHES = ROOT / "examples/clothes/model"
NETWORKS = [
    ("mobilenet_v1_0.25_224_float", 224, "MobilenetV1/Predictions/Reshape_1"),
    ("mobilenet_v1_0.75_192_from_quant", 192, "MobilenetV1/Predictions/Reshape_1"),
    ("mobilenet_v2_1.0_224_from_quant", 224, "MobilenetV2/Predictions/Softmax"),
]
LEAD = 0.05
MOST_POINTS = 0.1


def run(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def answers(floe, model, pictures, work, precision, top):
    """{picture: {class: probability}} and how many steps compute in bf16."""
    engine = work / "m.floe"
    run(floe, "build", "-q", *model, *precision, "--timing-cache", work / "times.json", "-o", engine)
    steps = run(floe, "explain", "--precision", engine).splitlines()[0].split(": ")[1]
    found = {}
    for i in range(0, len(pictures), 500):
        said = json.loads(run(floe, "classify", engine, *pictures[i:i + 500], "--top", top, "--json"))
        for r in said["results"]:
            found[pathlib.Path(r["image"]).name] = [(c["index"], c["probability"]) for c in r["top"]]
    return found, steps


def largest_move(one, other):
    return max(abs(p - dict(other[name])[c]) for name in one for c, p in one[name] if c in dict(other[name]))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--floe", type=pathlib.Path, required=True)
    p.add_argument("--shared", type=pathlib.Path, required=True)
    p.add_argument("--precision", choices=["bf16", "auto"], default="bf16")
    p.add_argument("--error-budget", default=None)
    p.add_argument("--pictures", type=int, default=10000)
    a = p.parse_args()
    narrow = ["--precision", a.precision] + (["--error-budget", a.error_budget] if a.error_budget else [])
    failed = False
    print("| network | bf16 in | pictures | first answer the same | of those that lead by 0.05 | largest move of a probability |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        photos = sorted(q for q in (a.shared / "images").iterdir() if q.suffix in (".jpg", ".png"))
        for name, size, output in NETWORKS:
            model = [a.shared / f"models/derived_imagenet_pb/{name}.pb", "--input", f"input=1x{size}x{size}x3",
                     "--output", output, "--preprocess", "inception", "--labels", a.shared / "labels/imagenet_labels_1001.txt"]
            wide, _ = answers(a.floe, model, photos, work, [], 1001)
            have, steps = answers(a.floe, model, photos, work, narrow, 1001)
            same = [n for n in wide if wide[n][0][0] == have[n][0][0]]
            lead = [n for n in wide if wide[n][0][1] - wide[n][1][1] > LEAD]
            kept = [n for n in lead if n in same]
            failed |= len(kept) < len(lead)
            print(f"| {name} | {steps[8:]} | {len(wide)} | {len(same)} | {len(kept)} of {len(lead)} | {largest_move(wide, have):.1e} |")
        run(sys.executable, ROOT / "scripts/clothes.py", "pictures", work / "pictures", "--count", a.pictures)
        pictures = sorted((work / "pictures").iterdir())
        right_class = {line.replace(" ", "-").replace("/", "-"): i
                       for i, line in enumerate((CLOTHES / "labels.txt").read_text().splitlines())}
        truth = {q.name: right_class[q.stem.split("_", 1)[1]] for q in pictures}
        model = [CLOTHES / "model.ckpt", "--input", "input=1x28x28x1", "--output", "Clothes/Predictions/Softmax",
                 "--labels", CLOTHES / "labels.txt", "--preprocess", CLOTHES / "preprocess.json"]
        wide, _ = answers(a.floe, model, pictures, work, [], 10)
        have, steps = answers(a.floe, model, pictures, work, narrow, 10)
    same = sum(wide[n][0][0] == have[n][0][0] for n in wide)
    lead = [n for n in wide if wide[n][0][1] - wide[n][1][1] > LEAD]
    kept = sum(wide[n][0][0] == have[n][0][0] for n in lead)
    print(f"| clothes | {steps[8:]} | {len(wide)} | {same} | {kept} of {len(lead)} | {largest_move(wide, have):.1e} |")
    points = [100 * sum(found[n][0][0] == truth[n] for n in found) / len(found) for found in (wide, have)]
    print(f"\nAccuracy on Fashion-MNIST: float32 {points[0]:.2f} %, {a.precision} {points[1]:.2f} %.")
    failed |= points[0] - points[1] > MOST_POINTS
    return 5 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
