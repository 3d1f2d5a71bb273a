"""Makes pictures/ : small picture files of many kinds, and what Pillow reads from them (golden.json).

Run in this folder:  python pictures.py      (needs Pillow and numpy)
"""

import io
import json

import numpy as np
import PIL
from PIL import Image

rng = np.random.default_rng(7)
H, W = 9, 13
y, x = np.mgrid[0:H, 0:W]
# Smooth, so that JPEG keeps it nearly as it is.
rgb = np.stack([20 * y + 30, 15 * x + 20, 230 - 10 * (x + y)], 2).astype(np.uint8)
grey = (9 * x + 12 * y + 5).astype(np.uint8)
golden = {"made_with": f"Pillow {PIL.__version__}", "files": {}, "resize": []}


def on_white(picture):
    """Rounded to the nearest, as Pillow's compositing is not everywhere."""
    a = np.asarray(picture.convert("RGBA")).astype(int)
    mixed = (a[..., :3] * a[..., 3:] + 255 * (255 - a[..., 3:]) + 127) // 255
    return mixed.astype(np.uint8)


def note(name, array, tolerance=0):
    golden["files"][name] = {"shape": array.shape, "values": array.ravel().tolist(), "tolerance": tolerance}


def save(name, picture, tolerance=0, mode=None, **options):
    picture.save(f"pictures/{name}", **options)
    with Image.open(f"pictures/{name}") as again:
        transparent = "A" in again.getbands() or "transparency" in again.info
        note(name, on_white(again) if transparent and not mode else np.asarray(again.convert(mode or "RGB")), tolerance)


picture = Image.fromarray(rgb)
save("rgb.png", picture)
save("rgb.bmp", picture)
save("rgb.ppm", picture)
save("rgb.tif", picture, compression="tiff_lzw")
save("rgb.webp", picture, lossless=True)
save("grey.png", Image.fromarray(grey), mode="L")
save("bits.png", Image.fromarray(grey > 90), mode="L")
save("palette.png", picture.quantize(16))
save("palette.gif", picture.quantize(16))
save("rgb.jpg", picture, 3, quality=95, subsampling=0)
save("progressive.jpg", picture, 3, quality=95, subsampling=0, progressive=True)
save("grey.jpg", Image.fromarray(grey), 2, mode="L", quality=95)
save("cmyk.jpg", picture.convert("CMYK"), 4, quality=100, subsampling=0)
save("cmyk.tif", picture.convert("CMYK"), 2)

alpha = np.dstack([rgb, (20 * x).astype(np.uint8)])
save("rgba.png", Image.fromarray(alpha))
save("rgba.webp", Image.fromarray(alpha), lossless=True, exact=True)
la = Image.merge("LA", [Image.fromarray(grey), Image.fromarray((255 - 20 * x).astype(np.uint8))])
la.save("pictures/grey_alpha.png")
note("grey_alpha.png", on_white(la)[..., 0])

sixteen = (grey.astype(np.uint16) * 257 + 100).astype(np.uint16)
Image.fromarray(sixteen).save("pictures/grey16.png")
note("grey16.png", ((sixteen.astype(np.int64) + 128) // 257).astype(np.uint8))

frames = [picture.quantize(16), Image.fromarray(rgb[::-1].copy()).quantize(16)]
frames[0].save("pictures/animated.gif", save_all=True, append_images=frames[1:], duration=100)
with Image.open("pictures/animated.gif") as first:
    note("animated.gif", np.asarray(first.convert("RGB")))

# Lying on its side, to be turned upright (EXIF orientation 6).
exif = Image.Exif()
exif[0x0112] = 6
side = io.BytesIO()
picture.save("pictures/turned.jpg", quality=95, subsampling=0, exif=exif)
with Image.open("pictures/turned.jpg") as lying:
    from PIL import ImageOps

    note("turned.jpg", np.asarray(ImageOps.exif_transpose(lying).convert("RGB")), 3)

noise = rng.integers(0, 256, (23, 37, 3), dtype=np.uint8)
golden["luma"] = {
    "rgb": noise[:4, :4].ravel().tolist(),
    "grey": np.asarray(Image.fromarray(noise[:4, :4]).convert("L")).ravel().tolist(),
}
Image.fromarray(noise).save("pictures/noise.png")
for h, w in [(8, 8), (23, 16), (11, 37), (40, 50), (1, 1), (5, 60)]:
    small = Image.fromarray(noise).resize((w, h), Image.Resampling.BILINEAR)
    golden["resize"].append({"size": [h, w], "values": np.asarray(small).ravel().tolist()})

with open("pictures/golden.json", "w") as out:
    json.dump(golden, out, separators=(",", ":"))
    out.write("\n")
