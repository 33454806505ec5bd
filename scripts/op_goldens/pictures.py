"""Pictures as files, decoded and encoded in the graph; base64 around them, which is also how files get into the cases."""

import base64, pathlib

from .harness import fed, ints, np, tf, v1, value

r = tf.raw_ops
DATA = pathlib.Path(__file__).parents[2] / "tests/image/data"


def read(name):
    return (DATA / name).read_bytes()


def bitmap(height, width, bits, top_down=False):
    rng = np.random.default_rng(height * 100 + bits)
    stride = (width * bits // 8 + 3) // 4 * 4
    number = lambda n, size=4: int(n).to_bytes(size, "little", signed=True)
    header = b"BM" + number(54 + stride * height) + number(0) + number(54)
    header += number(40) + number(width) + number(-height if top_down else height)
    header += number(1, 2) + number(bits, 2) + number(0) * 6
    return header + rng.integers(0, 256, stride * height, dtype=np.uint8).tobytes()


def text_of(data):
    return base64.urlsafe_b64encode(data).decode()


def decoded(w, op, label, data, **more):
    def build(use):
        contents = r.DecodeBase64(input=use(fed(value(text_of(data))), "text"))
        return getattr(r, op)(contents=contents, name="y", **more)

    w.graph(op, label, build)


def decoding(w):
    for name in ("rgb_420.jpg", "gray.jpg", "cmyk.jpg", "progressive.jpg", "one_pixel.jpg"):
        decoded(w, "DecodeJpeg", name, read(name))
    photo = read("rgb_420.jpg")
    for channels in (1, 3):
        decoded(w, "DecodeJpeg", f"channels_{channels}", photo, channels=channels)
        decoded(w, "DecodeJpeg", f"gray_to_{channels}", read("gray.jpg"), channels=channels)
    for ratio in (2, 4, 8):
        decoded(w, "DecodeJpeg", f"ratio_{ratio}", photo, ratio=ratio)
    decoded(w, "DecodeJpeg", "accurate", photo, dct_method="INTEGER_ACCURATE")
    decoded(w, "DecodeJpeg", "plain_chroma", photo, fancy_upscaling=False)
    decoded(w, "DecodeJpeg", "cut_short", photo[:-2], try_recover_truncated=True)
    decoded(w, "DecodeJpeg", "a_png", read("palette_8.png"), channels=3)
    for label, window in dict(corner=(0, 0, 9, 7), middle=(5, 11, 17, 23), end=(34, 50, 1, 1), all=(0, 0, 35, 51)).items():
        decoded(w, "DecodeAndCropJpeg", label, photo, crop_window=window)
    decoded(w, "DecodeAndCropJpeg", "cmyk", read("cmyk.jpg"), crop_window=(3, 4, 9, 11), channels=3)
    kinds = ("gray_1", "gray_16", "gray_8_transparent", "gray_alpha_8", "palette_8_transparent", "rgb_16", "rgb_16_interlaced")
    for kind in kinds:
        for channels in (0, 1, 3, 4):
            decoded(w, "DecodePng", f"{kind}_{channels}", read(kind + ".png"), channels=channels)
        for dtype in (tf.uint16, tf.float32):
            decoded(w, "DecodeImage", f"{kind}_{dtype.name}", read(kind + ".png"), dtype=dtype, expand_animations=False)
        decoded(w, "DecodePng", f"{kind}_uint16_3", read(kind + ".png"), channels=3, dtype=tf.uint16)
    for dtype in (tf.uint8, tf.uint16, tf.float32):
        decoded(w, "DecodeImage", f"jpeg_{dtype.name}", photo, dtype=dtype, channels=3, expand_animations=False)
    for bits in (8, 24, 32):
        for channels in (0, 3, 4):
            decoded(w, "DecodeBmp", f"{bits}_{channels}", bitmap(5, 7, bits), channels=channels)
        decoded(w, "DecodeBmp", f"{bits}_top_down", bitmap(3, 2, bits, True))
    decoded(w, "DecodeImage", "bmp", bitmap(4, 5, 24), channels=3)


def batches(w):
    """As models are served: a list of files, each decoded and brought to one size."""
    names = ["rgb_420.jpg", "gray.jpg", "rgb_16.png"]

    def one(contents):
        picture = tf.io.decode_image(contents, channels=3, expand_animations=False)
        picture.set_shape([None, None, 3])
        return tf.image.resize(tf.image.convert_image_dtype(picture, tf.float32), [6, 5])

    def build(use, count):
        texts = use(fed(value(np.array([text_of(read(n)) for n in names[:count]], dtype=str))), "image_bytes")
        files = tf.io.decode_base64(texts)
        return tf.map_fn(one, files, dtype=tf.float32)

    for count in (1, 3):
        w.graph("Pattern.Pictures", f"map_{count}", lambda use: build(use, count), depth_known=True)

    def loop(use):
        v1.enable_control_flow_v2()
        try:
            return build(use, 2)
        finally:
            v1.disable_control_flow_v2()

    w.graph("Pattern.Pictures", "map_v2", loop)


def encoding(w):
    """A JPEG's bytes are TensorFlow's; a PNG's depend on zlib, so what counts is what they hold."""
    as_text = lambda contents: r.EncodeBase64(input=contents, pad=True)
    for channels in (1, 3):
        picture = fed(ints(0, 255, 13, 18, channels, dtype="uint8"))
        for label, more in dict(
            plain={}, low=dict(quality=30), progressive=dict(progressive=True), small=dict(optimize_size=True),
            full_chroma=dict(chroma_downsampling=False), density=dict(density_unit="cm", x_density=7, y_density=9),
        ).items():
            w.graph("EncodeJpeg", f"{label}_{channels}", lambda use: as_text(r.EncodeJpeg(image=use(picture), **more)))
        w.graph(
            "EncodeJpegVariableQuality", f"{channels}",
            lambda use: as_text(r.EncodeJpegVariableQuality(images=use(picture), quality=50)),
        )
    for dtype in (tf.uint8, tf.uint16):
        for channels in (1, 2, 3, 4):
            picture = fed(ints(0, dtype.max, 5, 6, channels, dtype=dtype.name))
            w.graph(
                "EncodePng", f"{dtype.name}_{channels}",
                lambda use: r.DecodePng(contents=r.EncodePng(image=use(picture)), dtype=dtype),
            )
    for label, shape in dict(none=(0,), one=(1,), square=(2, 3)).items():
        texts = np.array(["", "a", "ab", "abc", "\u00e4\U0001f600?", ">>>???"][: int(np.prod(shape))], dtype=str).reshape(shape)
        for pad in (False, True):
            w.graph("EncodeBase64", f"{label}_{pad}", lambda use: r.EncodeBase64(input=use(fed(value(texts))), pad=pad))
            there_and_back = lambda use: r.DecodeBase64(input=r.EncodeBase64(input=use(fed(value(texts))), pad=pad))
            w.graph("DecodeBase64", f"{label}_{pad}", there_and_back)


def write(w):
    decoding(w)
    batches(w)
    encoding(w)
