"""Compares the images in sealed PDFs with the scans they were made of, by libraries that are not ours.

Usage: pixels.py PDF ORIGINALS [PDF ORIGINALS ...]   prints one line for each difference; exit 1 when there is one.
The PDF side is decoded by poppler (pdfimages), the scan side by Pillow; JPEG streams must be equal byte for byte.
JPEG strips of a TIFF become one JPEG with restarts between them: the same coefficients, but a decoder that smooths chroma
between rows does so across the seams in the one and not in the other. The two rows at a seam are therefore passed over.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent import futures

from PIL import Image, ImageChops, ImageSequence

Image.MAX_IMAGE_PIXELS = None
COMPRESSION, ROWS_PER_STRIP, JPEG_IN_TIFF = 259, 278, 7


def natural(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path))]


def scans(folder):
    """Yields name, image and, for a JPEG, its bytes, page by page."""
    for path in sorted((p for p in pathlib.Path(folder).rglob("*") if p.is_file()), key=natural):
        if path.suffix.lower() == ".pdf":
            with tempfile.TemporaryDirectory() as out:
                yield from extracted(path, out)
            continue
        with Image.open(path) as image:
            jpeg = path.read_bytes() if image.format == "JPEG" else None
            for frame in ImageSequence.Iterator(image):
                yield path.name, without_seams(frame), jpeg


def without_seams(frame):
    """A copy of a page that knows the rows (y) at which JPEG strips meet."""
    page = frame.copy()
    tags = getattr(frame, "tag_v2", {})
    strip = tags.get(ROWS_PER_STRIP, page.height) if tags.get(COMPRESSION) == JPEG_IN_TIFF else page.height
    page.info["seams"] = range(strip, page.height, strip)
    return page


def differs(image, scan):
    """Whether pixels differ elsewhere than at a seam."""
    difference = ImageChops.difference(image, scan)
    for seam in scan.info.get("seams", ()):
        difference.paste(0, (0, seam - 1, difference.width, seam + 1))
    return difference.getbbox() is not None


def extracted(pdf, out):
    subprocess.run(["pdfimages", "-all", str(pdf), f"{out}/image"], check=True)
    for path in sorted(pathlib.Path(out).iterdir()):
        if path.suffix in (".ccitt", ".params", ".jb2e", ".jb2g"):
            continue
        with Image.open(path) as image:
            jpeg = path.read_bytes() if image.format == "JPEG" else None
            yield path.name, image.copy(), jpeg


def decoded(pdf, out):
    subprocess.run(["pdfimages", "-png", str(pdf), f"{out}/image"], check=True)
    for path in sorted(pathlib.Path(out).iterdir()):
        with Image.open(path) as image:
            yield image.copy()


def judged(pdf, originals):
    """The differences between a document and its scans, a line each."""
    with tempfile.TemporaryDirectory() as raw, tempfile.TemporaryDirectory() as png:
        subprocess.run(["pdfimages", "-all", pdf, f"{raw}/image"], check=True)
        streams = sorted(pathlib.Path(raw).glob("image-*"))
        streams = [path for path in streams if path.suffix != ".params"]
        pages = list(scans(originals))
        # Equal streams have equal pixels: nothing is unpacked where every page is a JPEG.
        packed = all(jpeg is not None for _, _, jpeg in pages)
        images = streams if packed else list(decoded(pdf, png))
        if len(images) != len(pages):
            return [f"{pdf}: {len(images)} images for {len(pages)} scanned pages"]
        wrong = []
        for number, (image, (name, scan, jpeg)) in enumerate(zip(images, pages)):
            if jpeg is not None:
                if streams[number].read_bytes() != jpeg:
                    wrong.append(f"{pdf}: {name}: the JPEG stream is not the scan's")
                continue
            mode = "RGB" if "RGB" in (image.mode, scan.mode) or "P" in (image.mode, scan.mode) else "L"
            if image.size != scan.size or differs(image.convert(mode), scan.convert(mode)):
                wrong.append(f"{pdf}: {name}: pixels differ ({image.mode} {image.size}, scan {scan.mode} {scan.size})")
        return wrong


def main(arguments):
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [line for lines in pool.map(judged, arguments[::2], arguments[1::2]) for line in lines]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main(sys.argv[1:]))
