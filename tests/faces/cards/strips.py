# SPDX-License-Identifier: MIT OR Apache-2.0
"""A line of print as the card camera gives it to the reader: a strip of HEIGHT x WIDTH, normalised as
daemons/face/ocr does, and what each output column should say.

A sign that wear or glare took most of is labelled as unreadable, one that they took a part of is not
taught at all: who teaches a reader to name what cannot be seen teaches it to guess.
"""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from cards.alphabet import BLANK, COLUMNS, HEIGHT, INK, JUNK, OF_SIGN, STRIDE, WIDTH

FOLDER = "/usr/share/fonts/"
# (file, face inside it, how often)
FONTS = (
    ("truetype/bizud-gothic/BIZUDGothic-Regular.ttf", 0, 4),
    ("truetype/bizud-gothic/BIZUDGothic-Bold.ttf", 0, 2),
    ("truetype/bizud-gothic/BIZUDPGothic-Regular.ttf", 0, 3),
    ("opentype/noto/NotoSansCJK-Regular.ttc", 0, 2),
    ("opentype/noto/NotoSansCJK-Bold.ttc", 0, 1),
    ("opentype/noto/NotoSerifCJK-Regular.ttc", 0, 2),
    ("opentype/noto/NotoSerifCJK-Bold.ttc", 0, 1),
    ("opentype/ipafont-gothic/ipag.ttf", 0, 3),
    ("opentype/ipafont-gothic/ipagp.ttf", 0, 2),
    ("opentype/ipafont-mincho/ipam.ttf", 0, 2),
)
NEAR = "0123456789年月日性別男女電子証明書有効期限市長住所氏名"
DRAWN = 56  # pixels to the em before the camera's own resolution is imitated
WEIGHTS = np.array([often for *_, often in FONTS], dtype=float) / sum(often for *_, often in FONTS)


@lru_cache(maxsize=None)
def font(index):
    file, face, _ = FONTS[index]
    return ImageFont.truetype(FOLDER + file, DRAWN, index=face)


def drawn(text, random):
    """Ink of a line (0 to 255) with paper around it, more than a strip shows; the extent of each sign.

    Above and below there may be other lines, as far off as lines stand on a card.
    """
    face = font(random.choice(len(FONTS), p=WEIGHTS))
    spacing = float(random.choice([0, 0, 0, random.uniform(0, 0.12), random.uniform(0, 0.35)])) * DRAWN
    margin = DRAWN
    places, at = [], float(margin)
    for sign in text:
        width = face.getlength(sign) if sign != " " else face.getlength("0")
        places.append((sign, at, width))
        at += width + spacing
    paper = Image.new("L", (max(int(at), 19 * DRAWN) + margin, DRAWN * 2), 0)
    pen = ImageDraw.Draw(paper)
    for sign, left, _ in places:
        if sign != " ":
            pen.text((left, DRAWN // 2), sign, fill=255, font=face)
    box = paper.getbbox()
    if random.random() < 0.3:
        for way in (-1, 1):
            near = "".join(str(sign) for sign in random.choice(list(NEAR), random.integers(1, 16)))
            pen.text((margin * random.uniform(0, 6), DRAWN // 2 + way * DRAWN * random.uniform(1.35, 2.2)), near, fill=255, font=face)
    return paper, places, box


def smooth_noise(random, height, width, cell):
    grid = random.standard_normal((height // cell + 2, width // cell + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.BICUBIC))


def wear(random, shape):
    """Which part of the ink is left: scratches and rubbed places."""
    height, width = shape
    left = np.ones(shape, np.float32)
    if random.random() < 0.35:
        rubbed = smooth_noise(random, height, width, max(4, int(height * random.uniform(0.3, 0.8))))
        depth = random.uniform(0.2, 1.0)
        left -= depth * np.clip((rubbed - random.uniform(0.8, 2.0)) * 2, 0, 1)
    if random.random() < 0.3:
        scratches = Image.new("L", (width, height), 0)
        pen = ImageDraw.Draw(scratches)
        for _ in range(random.integers(1, 5)):
            x, y = random.uniform(0, width), random.uniform(0, height)
            angle, length = random.uniform(0, np.pi), random.uniform(10, width)
            pen.line((x, y, x + np.cos(angle) * length, y + np.sin(angle) * length), fill=int(random.uniform(80, 255)), width=1)
        left -= np.asarray(scratches, np.float32) / 255
    return np.clip(left, 0, 1)


def paper(random, shape):
    """The ground that is printed on: tint, light from one side, guilloche."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    ground = np.full(shape, random.uniform(90, 240), np.float32)
    ground += random.normal(0, 25) * (x / width - 0.5) + random.normal(0, 8) * (y / height - 0.5)
    for _ in range(random.integers(0, 4)):
        wave = random.uniform(3, 40)
        angle, bend = random.uniform(0, np.pi), random.uniform(0, 3)
        along = x * np.cos(angle) + y * np.sin(angle) + bend * np.sin(x / random.uniform(5, 40))
        ground += random.uniform(1, 14) * np.sin(along * 2 * np.pi / wave)
    return ground


def glare(random, shape):
    height, width = shape
    light = np.zeros(shape, np.float32)
    if random.random() < 0.25:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        for _ in range(random.integers(1, 3)):
            cx, cy = random.uniform(0, width), random.uniform(-height, 2 * height)
            sx, sy = random.uniform(0.3, 4) * height, random.uniform(0.3, 2) * height
            light += random.uniform(30, 260) * np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2)
    return light


def camera(text, random):
    """The line as the camera sees it, grey levels; the signs' extents; how much of each is left."""
    ink, places, box = drawn(text, random)
    seen = random.uniform(11, 30)  # pixels of ink at the camera
    scale = seen / max(box[3] - box[1], DRAWN * 0.6)
    stretch = random.uniform(0.92, 1.08)
    size = max(8, round(ink.width * scale * stretch)), max(8, round(ink.height * scale))
    small = ink.resize(size, Image.BOX if scale < 0.5 else Image.BILINEAR)
    # A rest of rotation and shear that rectifying leaves.
    tilt, shear = random.normal(0, 0.006), random.normal(0, 0.03)
    cx, cy = size[0] / 2, size[1] / 2
    dx, dy = random.uniform(-0.5, 0.5, 2)
    small = small.transform(size, Image.AFFINE, (1, shear, -shear * cy + dx, tilt, 1, -tilt * cx + dy), Image.BILINEAR)
    whole = np.asarray(small, np.float32) / 255
    shape = whole.shape
    left = whole * wear(random, shape)
    ground = paper(random, shape)
    dark = min(random.uniform(50, 200), float(ground.mean()) - 10)
    light = glare(random, shape)
    lit = ground - left * dark + light
    if random.random() < 0.2:  # dirt
        lit -= random.uniform(10, 60) * np.clip(smooth_noise(random, *shape, int(random.integers(2, 8))) - 2, 0, 1)
    # What is left of each sign: ink that is there and not drowned in light.
    contrast = np.minimum(ground + light, 255) - np.minimum(lit, 255)
    extents = []
    for sign, at, width in places:
        first, last = at * size[0] / ink.width, (at + width) * size[0] / ink.width
        columns = slice(max(0, int(first)), int(np.ceil(last)))
        wanted = float((whole[:, columns] * dark).sum()) + 1e-3
        extents.append((sign, first, last, max(0.0, float(contrast[:, columns].sum())) / wanted))
    picture = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
    picture = picture.filter(ImageFilter.GaussianBlur(abs(random.normal(0, 0.035)) * seen))
    noisy = np.asarray(picture, np.float32) + random.normal(0, random.uniform(0.5, 9), shape)
    picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    if random.random() < 0.3:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(random.integers(40, 95)))
        picture = Image.open(file)
    # Where the ink stands, as a finder of lines would say it: roughly.
    height, rows = (box[3] - box[1]) * scale, (box[1] + box[3]) / 2 * scale
    return picture, extents, rows, max(height, seen * 0.7)


def normalised(grey):
    """As daemons/face/ocr: mean 0, spread 1, nothing beyond 4; `grey` is [HEIGHT, WIDTH]."""
    return np.clip((grey - grey.mean()) / (grey.std() + 4), -4, 4)


def strip(text, random):
    """Grey strip uint8 [HEIGHT, WIDTH]; labels int8 [COLUMNS], -1: not taught."""
    picture, extents, middle, height = camera(text, random)
    zoom = INK * random.uniform(0.84, 1.14) / height
    top = middle - (HEIGHT / 2 + random.normal(0, 1.2)) / zoom
    start = extents[0][1] - random.uniform(2, 40) / zoom
    inverse = (1 / zoom, 0, start, 0, 1 / zoom, top)
    edge = int(np.median(np.asarray(picture)[:, :3]))
    grey = picture.transform((WIDTH, HEIGHT), Image.AFFINE, inverse, Image.BILINEAR, fillcolor=edge)
    labels = np.full(COLUMNS, BLANK, np.int8)
    centres = (np.arange(COLUMNS) + 0.5) * STRIDE
    for sign, first, last, left in extents:
        if sign == " ":
            continue
        first, last = (first - start) * zoom, (last - start) * zoom
        if last > WIDTH - 2:
            labels[centres > first - 2] = -1
            break
        label = OF_SIGN.get(sign, JUNK)
        if left < 0.45:
            label = JUNK
        elif left < 0.75:
            label = -1
        reach = max(STRIDE, 0.2 * (last - first))
        labels[np.abs(centres - (first + last) / 2) <= reach] = label
    return np.asarray(grey), labels
