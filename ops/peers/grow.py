#!/usr/bin/env python3
"""What ten documents cost behind others that are done. Usage: grow.py MOCBAN HOME STOCK BEFORE

STOCK holds document folders that are moved into inbound: one that goes first (it also shows the history of those before to
the index), ten whose CPU and bytes are taken without an onlooker, ten more whose syncs strace counts.
"""
import json, os, resource, subprocess, sys

mocban, home, stock, before = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
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


run(1)
bytes_before, used = size(), resource.getrusage(resource.RUSAGE_CHILDREN)
run(10)
now, bytes_after = resource.getrusage(resource.RUSAGE_CHILDREN), size()
run(10, "strace", "-f", "-c", "-o", f"{home}/strace.txt", "-e", f"trace={','.join(SYNCS)}")
with open(f"{home}/strace.txt") as file:
    lines = [line.split() for line in file if line.split() and line.split()[-1] in SYNCS]
cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
print(json.dumps({
    "before": before, "documents": 10, "cpu_s": cpu, "bytes": bytes_after - bytes_before, "syncs": sum(int(line[3]) for line in lines),
}))
