#!/usr/bin/env python3
"""ocfl-py stores each file of a folder as an OCFL object, in one process. Usage: objects.py FROM TO

`TO` becomes a storage root of flat objects (ocfl-py's own layouts differ in nothing that costs); SHA-512, as ours.
"""
import json, logging, os, resource, shutil, sys, tempfile, time

import ocfl
from ocfl import StorageRoot, VersionMetadata

logging.disable(logging.INFO)
source, target = sys.argv[1], sys.argv[2]
names = sorted(os.listdir(source))
# The library takes a folder a version; hard links make one without copying.
trays = tempfile.mkdtemp(dir=os.path.dirname(os.path.abspath(target)))
for name in names:
    os.mkdir(f"{trays}/{name}.d")
    os.link(f"{source}/{name}", f"{trays}/{name}.d/document.pdf")
StorageRoot(root=target, layout_name="0002-flat-direct-storage-layout").initialize()
metadata = VersionMetadata(created="2026-01-02T03:04:05Z", message="certified archival object", name="mocban", address="mailto:archive@example.vn")
cpu, wall = time.process_time(), time.monotonic()
for name in names:
    made = ocfl.Object(identifier=f"urn:x:{name}", digest_algorithm="sha512")
    made.create(srcdir=f"{trays}/{name}.d", metadata=metadata, objdir=f"{target}/urn-x-{name}")
cpu, wall = time.process_time() - cpu, time.monotonic() - wall
shutil.rmtree(trays)
print(json.dumps({
    "objects": len(names), "cpu_s": cpu, "wall_s": wall, "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
}))
