#!/usr/bin/env python3
"""Writes a scanner's PDF of one JPEG repeated up to a size. Usage: big.py JPEG OUT BYTES WIDTH HEIGHT"""
import sys

jpeg, out, size, width, height = open(sys.argv[1], "rb").read(), sys.argv[2], *map(int, sys.argv[3:6])
pages = size // len(jpeg) + 1
offsets = []
with open(out, "wb") as file:

    def obj(body, stream=None):
        offsets.append(file.tell())
        file.write(b"%d 0 obj\n" % len(offsets))
        if stream is None:
            file.write(b"<< %s >>" % body)
        else:
            file.write(b"<< %s /Length %d >>\nstream\n" % (body, len(stream)))
            file.write(stream)
            file.write(b"\nendstream")
        file.write(b"\nendobj\n")
        return len(offsets)

    file.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    tree = pages * 3 + 1
    kids = []
    for _ in range(pages):
        image = obj(
            b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
            % (width, height),
            jpeg,
        )
        content = obj(b"", b"q 595.44 0 0 842.04 0 0 cm /Im0 Do Q")
        kids.append(
            obj(
                b"/Type /Page /Parent %d 0 R /MediaBox [0 0 595.44 842.04] /Contents %d 0 R"
                b" /Resources << /XObject << /Im0 %d 0 R >> >>" % (tree, content, image)
            )
        )
    obj(b"/Type /Pages /Kids [%s] /Count %d" % (b" ".join(b"%d 0 R" % kid for kid in kids), pages))
    root = obj(b"/Type /Catalog /Pages %d 0 R" % tree)
    start = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
    for offset in offsets:
        file.write(b"%010d 00000 n \n" % offset)
    file.write(b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, root, start))
print(pages)
