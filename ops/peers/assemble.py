#!/usr/bin/env python3
"""img2pdf wraps the images of every document again and again in one process. Usage: assemble.py INBOUND OUT ROUNDS"""
import json, os, re, resource, sys, time

import img2pdf

inbound, out, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])


def natural(name):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


documents = []
for at, _, names in os.walk(inbound):
    images = sorted((name for name in names if name.lower().endswith((".jpg", ".tif", ".tiff", ".png"))), key=natural)
    if images:
        documents.append((os.path.basename(at), [os.path.join(at, name) for name in images]))
os.makedirs(out, exist_ok=True)
size = 0
cpu, wall = time.process_time(), time.monotonic()
for _ in range(rounds):
    for name, images in documents:
        with open(f"{out}/{name}.pdf", "wb") as file:
            img2pdf.convert(*images, outputstream=file, rotation=img2pdf.Rotation.ifvalid)
            size += file.tell()
cpu, wall = time.process_time() - cpu, time.monotonic() - wall
pages = sum(len(images) for _, images in documents)
print(json.dumps({
    "pages": pages, "bytes": size // rounds, "cpu_ms_page": cpu * 1e3 / pages / rounds, "wall_ms_page": wall * 1e3 / pages / rounds,
    "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
}))
