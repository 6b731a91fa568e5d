#!/usr/bin/env python3
"""Texts of PDFs as `papers score` wants them, taken by the same tool (pdftotext) from ours and the peer's.

Usage: texts.py ours OUR_DIR OUT_DIR                    SOURCE.pdf → SOURCE.txt
       texts.py peer PDF TRUTH_DIR OUT_DIR              one PDF of all pages, in the order of the truth files
"""
import json, os, subprocess, sys


def text(pdf):
    return subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(content)


def walk(folder, ending):
    return sorted(
        os.path.relpath(os.path.join(at, name), folder)
        for at, _, names in os.walk(folder)
        for name in names
        if name.endswith(ending)
    )


if sys.argv[1] == "ours":
    for name in walk(sys.argv[2], ".pdf"):
        write(os.path.join(sys.argv[3], name[:-4] + ".txt"), text(os.path.join(sys.argv[2], name)))
else:
    pages = text(sys.argv[2]).split("\f")
    for name in walk(sys.argv[3], ".json"):
        with open(os.path.join(sys.argv[3], name)) as file:
            count = len(json.load(file)["pages"])
        write(os.path.join(sys.argv[4], name[:-5] + ".txt"), "\f".join(pages[:count]))
        pages = pages[count:]
