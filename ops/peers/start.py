#!/usr/bin/env python3
"""Seconds from the start of `mocban run` to the first step it takes. Usage: start.py MOCBAN HOME JOB_BEFORE

The step is read from the register: the `started` event of the job that lay ready (number JOB_BEFORE + 1).
"""
import datetime, json, sqlite3, subprocess, sys, time

mocban, home, before = sys.argv[1], sys.argv[2], int(sys.argv[3])
began = time.time()
run = subprocess.run([mocban, "--home", home, "--json", "run"], capture_output=True, text=True, close_fds=False)
whole_run = time.time() - began
# The command line prints whole seconds; the stored line has the register's own clock.
with sqlite3.connect(f"file:{home}/register.sqlite?mode=ro", uri=True) as register:
    lines = [json.loads(line) for (line,) in register.execute("SELECT line FROM event WHERE job = ? ORDER BY seq", (before + 1,))]
started = next(line["at"] for line in lines if line["event"]["kind"] == "started")
whole, fraction = started.rstrip("Z").split(".")
moment = datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + fraction)
print(json.dumps({"documents": before, "to_first_step_s": moment - began, "whole_run_s": whole_run, "code": run.returncode}))
