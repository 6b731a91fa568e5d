#!/usr/bin/env python3
"""What ten documents cost behind others that are done. Usage: grow.py MOCBAN HOME STOCK first|TURN|syncs

STOCK holds document folders that are moved into inbound: one that goes first (it also shows the history of those before to
the index), then ten in each turn, whose CPU and bytes are taken without an onlooker, and ten more whose syncs strace counts.
"""
import json, os, resource, subprocess, sys

mocban, home, stock, turn = sys.argv[1:5]
documents = sorted(os.path.join(at, name) for at, names, _ in os.walk(stock) for name in names if at.count("/") == stock.count("/") + 3)
SYNCS = ("fsync", "fdatasync", "syncfs", "sync_file_range")


def size():
    tops = [os.path.join(home, top) for top in ("copies", "work", "index")]
    files = [os.path.join(at, name) for top in tops for at, _, names in os.walk(top) for name in names]
    files += [os.path.join(home, name) for name in os.listdir(home) if name.startswith("register.sqlite")]
    return sum(os.path.getsize(file) for file in files)


def run(count, *prefix):
    for _ in range(count):
        document = documents.pop(0)
        place = os.path.join(home, "inbound", os.path.relpath(document, stock))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.rename(document, place)
    command = [*prefix, mocban, "--home", home, "--json", "run"]
    answer = subprocess.run(command, capture_output=True, text=True, close_fds=False)
    done = json.loads(answer.stdout.strip().splitlines()[-1])["done"]
    if done != count:
        sys.exit(f"grow.py: {done} of {count} documents came through: {answer.stderr[-2000:]}")


if turn == "first":
    run(1)
elif turn == "syncs":
    run(10, "strace", "-f", "-c", "-o", f"{home}/strace.txt", "-e", f"trace={','.join(SYNCS)}")
    with open(f"{home}/strace.txt") as file:
        lines = [line.split() for line in file if line.split() and line.split()[-1] in SYNCS]
    print(json.dumps({"documents": 10, "syncs": sum(int(line[3]) for line in lines)}))
else:
    bytes_before, used = size(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run(10)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({"documents": 10, "cpu_s": cpu, "bytes": size() - bytes_before}))
