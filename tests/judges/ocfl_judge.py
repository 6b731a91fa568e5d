#!/usr/bin/env python3
"""Asks ocfl-py, the library of ocfl-validate.py, about OCFL storage roots, every object and every digest.

ocfl_judge.py ROOT…   prints one JSON line a root: {root, objects, good, findings}; findings are errors and warnings.
The command keeps its findings to itself and exits with 0 for a root whose objects are broken; the library tells them.
"""

import json
import sys

import ocfl


def judge(path):
    store = ocfl.StorageRoot(root=path)
    valid = store.validate(log_warnings=True, log_errors=True, check_digests=True, max_errors=1000)
    findings = [line for line in store.log.status_str().splitlines() if line.strip()]
    for folder, messages in getattr(store, "errors", []):
        findings += [line for line in messages.splitlines() if line.strip()]
    objects, good = getattr(store, "num_objects", 0), getattr(store, "good_objects", 0)
    if not (valid and objects == good) and not findings:
        findings.append("not valid")
    return {"root": path, "objects": objects, "good": good, "findings": findings}


for root in sys.argv[1:]:
    try:
        print(json.dumps(judge(root), ensure_ascii=False))
    except Exception as error:  # a judge's stumble is an answer too
        print(json.dumps({"root": root, "objects": 0, "good": 0, "findings": [repr(error)]}))
