#!/usr/bin/env python3
"""Runs a command and prints what it and everything it started cost, as JSON on the last line of standard error.

Usage: watch.py [--out FILE] COMMAND …
CPU seconds are the kernel's (user + system, all waited-for descendants); memory is sampled every 20 ms from
/proc/PID/smaps_rollup: anonymous bytes, of the largest single process and of all together.
"""
import json, os, resource, subprocess, sys, threading, time


def children(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        found = []
        for task in tasks:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(child) for child in file.read().split()]
        return found
    except OSError:
        return []


def tree(pid):
    pids, todo = [], [pid]
    while todo:
        one = todo.pop()
        pids.append(one)
        todo += children(one)
    return pids


def anonymous(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def main():
    arguments = sys.argv[1:]
    out = None
    if arguments[0] == "--out":
        out, arguments = arguments[1], arguments[2:]
    peak = {"one": 0, "all": 0}
    start = time.monotonic()
    process = subprocess.Popen(arguments, close_fds=False)
    done = threading.Event()

    def sample():
        while not done.is_set():
            each = [anonymous(pid) for pid in tree(process.pid)]
            peak["one"] = max([peak["one"], *each])
            peak["all"] = max(peak["all"], sum(each))
            time.sleep(0.02)

    thread = threading.Thread(target=sample)
    thread.start()
    code = process.wait()
    wall = time.monotonic() - start
    done.set()
    thread.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = {
        "code": code,
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_anon_one_bytes": peak["one"],
        "peak_anon_all_bytes": peak["all"],
    }
    line = json.dumps(answer)
    if out:
        with open(out, "w") as file:
            file.write(line + "\n")
    print(line, file=sys.stderr)
    return code


sys.exit(main())
