"""Pictures: resizing, blocks of pixels to depth and back, crops, boxes, colours."""

from .harness import Draw, fed, ints, normal, np, number, uniform, value


def resize(w):
    sizes = (
        ("up", (1, 4, 5, 3), (8, 10)),
        ("down", (1, 9, 8, 3), (4, 3)),
        ("same", (1, 4, 5, 2), (4, 5)),
        ("uneven", (2, 5, 7, 3), (8, 4)),
        ("to_one", (1, 5, 6, 2), (1, 1)),
        ("from_one", (1, 1, 1, 4), (3, 5)),
        ("fraction", (1, 7, 5, 2), (10, 13)),
        ("one_channel", (1, 6, 6, 1), (9, 9)),
        ("batch", (3, 3, 3, 2), (6, 6)),
    )
    modes = (("plain", {}), ("corners", dict(align_corners=True)), ("half_pixel", dict(half_pixel_centers=True)))
    for op in ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea"):
        for label, shape, size in sizes:
            for mode, flags in modes if op != "ResizeArea" else modes[:2]:
                w.add(
                    op,
                    f"{label}_{mode}",
                    tolerance=(1e-4, 1e-4) if op in ("ResizeBicubic", "ResizeArea") else (1e-5, 1e-5),
                    images=fed(normal(*shape)),
                    size=value(size, "int32"),
                    **flags,
                )
        for d in ("uint8", "int32", "float64", "float16", "int8", "int64"):
            w.add(
                op,
                d,
                optional=True,
                tolerance=(1e-3, 1e-2) if d == "float16" else (1e-5, 1e-4),
                images=fed(number(d, 1, 4, 5, 2, low=0, high=99)),
                size=value((7, 6), "int32"),
            )
        w.add(
            op, "size_fed", tolerance=(1e-5, 1e-5), images=fed(normal(1, 4, 4, 2)), size=fed(value((6, 7), "int32"))
        )


def blocks(w):
    for label, shape, b in (
        ("2", (1, 4, 6, 3), 2),
        ("3", (2, 6, 3, 1), 3),
        ("4", (1, 8, 4, 2), 4),
        ("one_block", (1, 2, 2, 5), 2),
        ("batch", (3, 4, 4, 2), 2),
    ):
        w.add("SpaceToDepth", label, exact=True, input=fed(normal(*shape)), block_size=b)
        n, h, v, c = shape
        w.add("DepthToSpace", label, exact=True, input=fed(normal(n, h // b, v // b, c * b * b)), block_size=b)
    for d in ("int32", "uint8", "float64", "float16"):
        w.add("SpaceToDepth", d, input=fed(number(d, 1, 4, 4, 2)), block_size=2, optional=True)
        w.add("DepthToSpace", d, input=fed(number(d, 1, 2, 2, 8)), block_size=2, optional=True)
    for label, shape, block, pads in (
        ("2x2", (1, 4, 6, 3), [2, 2], [[0, 0], [0, 0]]),
        ("padded", (1, 5, 6, 2), [2, 2], [[1, 0], [1, 1]]),
        ("uneven", (2, 6, 4, 1), [3, 2], [[0, 0], [0, 0]]),
        ("one_dimension", (2, 6, 3), [3], [[0, 0]]),
        ("dilation_4", (1, 7, 7, 2), [4, 4], [[4, 5], [4, 5]]),
        ("1x1", (1, 3, 3, 2), [1, 1], [[0, 1], [0, 0]]),
        ("three", (1, 2, 4, 2, 1), [2, 2, 1], [[0, 0], [0, 0], [1, 0]]),
    ):
        w.add(
            "SpaceToBatchND",
            label,
            exact=True,
            input=fed(normal(*shape)),
            block_shape=value(block, "int32"),
            paddings=value(pads, "int32"),
        )
    for label, shape, block, crops in (
        ("2x2", (4, 2, 3, 3), [2, 2], [[0, 0], [0, 0]]),
        ("cropped", (8, 3, 3, 2), [2, 2], [[1, 0], [0, 2]]),
        ("uneven", (6, 2, 2, 1), [3, 2], [[0, 0], [0, 0]]),
        ("one_dimension", (6, 2, 3), [3], [[1, 1]]),
        ("1x1", (2, 3, 3, 1), [1, 1], [[0, 1], [1, 0]]),
        ("dilation_4", (16, 4, 4, 2), [4, 4], [[4, 5], [4, 5]]),
    ):
        w.add(
            "BatchToSpaceND",
            label,
            exact=True,
            input=fed(normal(*shape)),
            block_shape=value(block, "int32"),
            crops=value(crops, "int32"),
        )
    for label, shape, b, pads in (
        ("2", (1, 4, 6, 3), 2, [[0, 0], [0, 0]]),
        ("padded", (1, 3, 5, 2), 2, [[0, 1], [1, 0]]),
        ("3", (2, 6, 3, 1), 3, [[0, 0], [0, 0]]),
        ("2_batch", (3, 2, 2, 2), 2, [[0, 0], [0, 0]]),
        ("4", (1, 4, 4, 1), 4, [[0, 0], [0, 0]]),
    ):
        w.add(
            "SpaceToBatch",
            label,
            exact=True,
            input=fed(normal(*shape)),
            paddings=value(pads, "int32"),
            block_size=b,
        )
        w.add(
            "BatchToSpace",
            label,
            exact=True,
            input=fed(normal(shape[0] * b * b, *shape[1:])),
            crops=value(np.minimum(pads, 1), "int32"),
            block_size=b,
        )


def boxes(count):
    """[y1, x1, y2, x2] of boxes that overlap a good deal."""

    def make(rng):
        corner = rng.uniform(0, 0.6, (count, 2))
        return np.concatenate([corner, corner + rng.uniform(0.2, 0.5, (count, 2))], 1).astype(np.float32)

    return Draw(make)


def detection(w):
    scores = lambda n: Draw(lambda rng: ((rng.permutation(n) + 1) / (n + 1)).astype(np.float32))
    settings = (
        ("plain", 12, 5, 0.5, None),
        ("all", 12, 12, 0.3, None),
        ("score_threshold", 12, 8, 0.5, 0.4),
        ("more_than_boxes", 5, 20, 0.5, None),
        ("strict", 20, 20, 0.1, 0.05),
        ("keep_everything", 8, 8, 1.0, None),
        ("one", 1, 3, 0.5, None),
        ("none_asked", 6, 0, 0.5, None),
    )
    for label, n, most, overlap, least in settings:
        base = dict(boxes=fed(boxes(n)), scores=fed(scores(n)), max_output_size=value(most, "int32"))
        iou, low = value(overlap, "float32"), value(-1e30 if least is None else least, "float32")
        w.add("NonMaxSuppression", label, **base, iou_threshold=overlap)
        w.add("NonMaxSuppressionV2", label, **base, iou_threshold=iou)
        w.add("NonMaxSuppressionV3", label, **base, iou_threshold=iou, score_threshold=low)
        for pad in (False, True):
            w.add(
                "NonMaxSuppressionV4",
                f"{label}{'_padded' if pad else ''}",
                **base,
                iou_threshold=iou,
                score_threshold=low,
                pad_to_max_output_size=pad,
            )
            w.add(
                "NonMaxSuppressionV5",
                f"{label}{'_padded' if pad else ''}",
                **base,
                iou_threshold=iou,
                score_threshold=low,
                soft_nms_sigma=value(0, "float32"),
                pad_to_max_output_size=pad,
            )
    for sigma in (0.1, 0.5, 1.0):
        w.add(
            "NonMaxSuppressionV5",
            f"soft_{sigma}",
            boxes=fed(boxes(10)),
            scores=fed(scores(10)),
            max_output_size=value(6, "int32"),
            iou_threshold=value(0.6, "float32"),
            score_threshold=value(0.01, "float32"),
            soft_nms_sigma=value(sigma, "float32"),
        )
    flipped = value(
        [[0.5, 0.5, 0.1, 0.1], [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.6, 0.9], [0.0, 0.9, 0.3, 0.7]], "float32"
    )
    w.add(
        "NonMaxSuppressionV3",
        "corners_in_any_order",
        boxes=fed(flipped),
        scores=fed(scores(4)),
        max_output_size=value(4, "int32"),
        iou_threshold=value(0.5, "float32"),
        score_threshold=value(0, "float32"),
    )
    equal = value([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], "float32")
    w.add(
        "NonMaxSuppressionV3",
        "equal_scores",
        boxes=fed(boxes(6)),
        scores=fed(equal),
        max_output_size=value(6, "int32"),
        iou_threshold=value(0.5, "float32"),
        score_threshold=value(0, "float32"),
    )
    w.add(
        "NonMaxSuppressionV3",
        "no_boxes",
        boxes=fed(value(np.zeros((0, 4)), "float32")),
        scores=fed(value([], "float32")),
        max_output_size=value(4, "int32"),
        iou_threshold=value(0.5, "float32"),
        score_threshold=value(0, "float32"),
    )
    for label, batch, n, shared, classes, more in (
        ("one_class", 1, 8, 1, 1, {}),
        ("classes", 2, 8, 1, 3, {}),
        ("boxes_by_class", 1, 6, 3, 3, {}),
        ("per_class", 1, 8, 1, 2, dict(pad_per_class=True)),
        ("unclipped", 1, 8, 1, 2, dict(clip_boxes=False)),
    ):
        draw = Draw(lambda rng: np.stack([[boxes(shared).make(rng) for _ in range(n)] for _ in range(batch)]))
        w.add(
            "CombinedNonMaxSuppression",
            label,
            boxes=fed(draw),
            scores=fed(
                Draw(
                    lambda rng: (
                        (rng.permutation(batch * n * classes) / (batch * n * classes))
                        .reshape(batch, n, classes)
                        .astype("float32")
                    )
                )
            ),
            max_output_size_per_class=value(4, "int32"),
            max_total_size=value(6, "int32"),
            iou_threshold=value(0.4, "float32"),
            score_threshold=value(0.1, "float32"),
            **more,
        )
    for method in ("bilinear", "nearest"):
        for label, shape, crop, rows in (
            ("inside", (1, 8, 9, 3), (4, 5), [[0.1, 0.2, 0.7, 0.8]]),
            ("several", (2, 6, 6, 2), (3, 3), [[0, 0, 1, 1], [0.2, 0.3, 0.5, 0.9], [0, 0, 0.5, 0.5]]),
            ("outside", (1, 5, 5, 2), (4, 4), [[-0.3, -0.2, 1.4, 1.2]]),
            ("flipped", (1, 6, 6, 1), (3, 4), [[0.9, 0.8, 0.1, 0.2]]),
            ("one_pixel", (1, 5, 5, 2), (1, 1), [[0.1, 0.1, 0.8, 0.7]]),
            ("no_boxes", (1, 5, 5, 2), (3, 3), np.zeros((0, 4))),
        ):
            index = [i % shape[0] for i in range(len(rows))]
            w.add(
                "CropAndResize",
                f"{label}_{method}",
                tolerance=(1e-4, 1e-5),
                image=fed(normal(*shape)),
                boxes=fed(value(rows, "float32")),
                box_ind=value(index, "int32"),
                crop_size=value(crop, "int32"),
                method=method,
                extrapolation_value=-2.0,
            )
    w.add(
        "CropAndResize",
        "uint8",
        image=fed(ints(0, 255, 1, 5, 5, 2, dtype="uint8")),
        boxes=fed(value([[0.1, 0.2, 0.9, 0.8]], "float32")),
        box_ind=value([0], "int32"),
        crop_size=value((3, 3), "int32"),
        tolerance=(1e-4, 1e-3),
    )


def colours(w):
    for f in (0.0, 0.5, 1.0, 1.7, -0.5):
        w.add(
            "AdjustContrastv2",
            f"factor_{f}",
            tolerance=(1e-4, 1e-5),
            images=fed(uniform(0, 1, 2, 4, 5, 3)),
            contrast_factor=value(f, "float32"),
        )
        if f >= 0:
            w.add(
                "AdjustSaturation",
                f"factor_{f}",
                tolerance=(1e-4, 1e-5),
                images=fed(uniform(0, 1, 2, 4, 5, 3)),
                scale=value(f, "float32"),
            )
        w.add(
            "AdjustHue",
            f"delta_{f}",
            tolerance=(1e-4, 1e-4),
            images=fed(uniform(0, 1, 2, 4, 5, 3)),
            delta=value(max(-1.0, min(1.0, f)), "float32"),
        )
    w.add(
        "AdjustSaturation",
        "grey",
        tolerance=(1e-4, 1e-5),
        images=fed(value([[[0.5, 0.5, 0.5], [0, 0, 0]]], "float32")),
        scale=value(2.0, "float32"),
    )
    for op in ("RGBToHSV", "HSVToRGB"):
        for label, shape in (
            ("picture", (4, 5, 3)),
            ("batch", (2, 3, 3, 3)),
            ("rows", (7, 3)),
            ("one", (3,)),
            ("empty", (0, 3)),
        ):
            w.add(op, label, tolerance=(1e-4, 1e-5), images=fed(uniform(0, 1, *shape)))


def write(w):
    for group in (resize, blocks, detection, colours):
        group(w)
