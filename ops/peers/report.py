#!/usr/bin/env python3
"""Writes the benchmark page from measured results; what was not measured has no section. Usage: report.py RESULTS PAGE"""
import json, os, sys

results, page = sys.argv[1], sys.argv[2]
lines = []


def load(name):
    try:
        with open(os.path.join(results, name)) as file:
            return json.loads(file.read().strip().splitlines()[-1] if name != "machine.json" else open(file.name).read())
    except (OSError, ValueError, IndexError):
        return None


def number(name):
    with open(os.path.join(results, name)) as file:
        return int(file.read())


def say(*text):
    lines.extend(text)


def verdict(good):
    return "met" if good else "**not met**"


def machine():
    m = load("machine.json")
    say("# Benchmarks", "", "Written by `ops/bench` from what it measured; nothing here is typed by hand. Release build.", "")
    say(
        f"{m['processor']}, {m['cores']} cores, {m['memory_kib'] / 1048576:.0f} GiB, SHA-NI {'yes' if m['sha_ni'] else 'no'}, "
        f"Linux {m['kernel']}, file system {m['filesystem']}. {m['rustc']}; {m['tesseract']}; {m['python']}; "
        f"peers {m['peers'].strip().replace(' ', ', ').replace('==', ' ')}. Commit {m['commit']}. "
        f"Load when it began: {m['load']} — CPU seconds and ratios count; wall times are only as good as the machine was quiet.",
        "",
    )


def ocr():
    ours, cer = load("ocr-ours.json"), load("cer-ours.json")
    if not ours or not cer:
        return
    say("## Reading", "", f"{ours['pages']} one-page papers of the bench set (1985 and 2020), 200 dpi colour JPEG → PDF/A with a text layer;")
    say("one thread each, Debian's `vie` for both, `OMP_THREAD_LIMIT=1`. Ours: claim, decode, read, assemble, in one process. OCRmyPDF: one")
    say("call on one PDF of all pages (made by img2pdf, not counted), `--output-type pdfa --optimize 0`. Text of both taken by pdftotext.")
    say("CER *any order* forgives the order in which blocks were read, and counts surplus text.", "")
    say("| | pages / CPU-s | CPU-s a page | CER % any order | CER % as it stands |", "|---|---|---|---|---|")
    rate = ours["pages"] / ours["cpu_s"]
    say(f"| mocban | {rate:.3f} | {1 / rate:.2f} | {cer['cer_any_order_percent']:.2f} | {cer['cer_percent']:.2f} |")
    best, least, ratio = None, None, None
    for name, label in (("plain", "OCRmyPDF"), ("deskew", "OCRmyPDF --deskew")):
        peer, peer_cer = load(f"ocr-peer-{name}.json"), load(f"cer-peer-{name}.json")
        if not peer or not peer_cer or peer["code"] != 0:
            continue
        each = peer["cpu_s"] / ours["pages"]
        say(f"| {label} | {1 / each:.3f} | {each:.2f} | {peer_cer['cer_any_order_percent']:.2f} | {peer_cer['cer_percent']:.2f} |")
        if best is None or each < best:
            best, ratio = each, rate * each
        least = min(least or 100.0, peer_cer["cer_any_order_percent"])
    if ratio:
        good = ratio >= 2.5 and cer["cer_any_order_percent"] <= least
        say("", f"**{ratio:.1f}×** the peer's faster way, error {cer['cer_any_order_percent']:.2f} % against its better {least:.2f} %.")
        say(f"Bar: ≥ 2.5× and error not worse: {verdict(good)}.")
    say("")


def seal():
    ours, peer, fresh = load("seal-ours.json"), load("seal-peer-cached.json"), load("seal-peer-fresh.json")
    if not ours or not peer or not fresh:
        return
    say("## Sealing to B-LTA", "", f"One page ({number('seal-bytes.txt') / 1e6:.2f} MB), {ours['documents']} documents after warm-up, in process, same SoftHSM2 token (RSA-3072), TSA and")
    say("anchors. Both keep CA and TSA revocation data. Ours asks for the signer's OCSP answer once a document, because it must be fresher")
    say("than the timestamp; pyHanko is measured twice: with everything cached (its OCSP answer is then older than what it speaks about,")
    say("and a strict verifier calls the file indeterminate), and asking as ours does. Ours embeds a Vietnamese font in the mark,")
    say("pyHanko's stamp embeds none.", "")
    say("| | CPU ms | wall ms |", "|---|---|---|")
    say(f"| mocban | {ours['cpu_ms_each']:.1f} | {ours['wall_ms_each']:.1f} |", f"| pyHanko, all cached | {peer['cpu_ms_each']:.1f} | {peer['wall_ms_each']:.1f} |")
    say(f"| pyHanko, fresh OCSP | {fresh['cpu_ms_each']:.1f} | {fresh['wall_ms_each']:.1f} |")
    ratio = peer["cpu_ms_each"] / ours["cpu_ms_each"]
    say("", f"**{ratio:.1f}×** less CPU than the cached peer, {fresh['cpu_ms_each'] / ours['cpu_ms_each']:.1f}× less than the one that asks.")
    say(f"Bar: ≥ 10× against the cached one: {verdict(ratio >= 10)}.", "")


def large():
    ours = load("large.json")
    if not ours:
        return
    peak = ours["peak_kib"] / 1024
    say("## Sealing a large file", "", f"{number('large-bytes.txt') / 1e9:.2f} GB sealed to B-LTA in a process of its own: {ours['cpu_ms_each'] / 1e3:.1f} CPU-s,")
    say(f"peak resident memory {peak:.0f} MiB (file pages included). Bar: ≤ 64 MB: {verdict(peak * 1.048576 <= 64)}.", "")


def chain():
    cost, summary = load("chain.json"), load("chain-summary.json")
    if not cost or not summary:
        return
    count = summary["done"]
    say("## The whole chain", "", f"{count} three-page papers (200 dpi colour JPEG), engine `none`, inbound to two verified copies, sealed to B-LTA, indexed;")
    say(f"{summary['waiting']} waiting, {summary['held']} held, {summary['duplicate']} duplicates. The demo authority's own CPU is not counted.", "")
    if count:
        each = cost["cpu_s"] / count
        say(f"**{each:.2f} CPU-s** a document, {count / cost['wall_s'] * 3600:.0f} documents an hour here. Bar: ≤ 2.4 CPU-s: {verdict(each <= 2.4)}.")
        sync = load("fsync.json")
        if sync:
            kinds = [f"{sync[name] / sync['documents']:.1f} {name}" for name in ("fsync", "fdatasync", "syncfs", "sync_file_range") if name in sync]
            say(f"Syncs a document ({sync['documents']} documents under strace, the run's own start and end included): {', '.join(kinds)}.")
    say("")


def memory():
    cost, summary = load("memory.json"), load("memory-summary.json")
    if not cost or not summary or not summary["done"]:
        return
    one, together = cost["peak_anon_one_bytes"] / 1e6, cost["peak_anon_all_bytes"] / 1e6
    say("## Memory", "", f"One document of 300 pages, engine `none`: peak anonymous memory {together:.0f} MB over all processes together")
    say(f"(the largest one {one:.0f} MB), sampled every 20 ms. Bar: ≤ 400 MB: {verdict(together <= 400)}.", "")


def start():
    cost, fill = load("start.json"), load("start-fill.json")
    if not cost:
        return
    say("## Start", "", f"{cost['documents']} done documents ({fill['events']} events) in the register, one ready behind them: {cost['to_first_step_s']:.2f} s from the start of")
    say(f"the process to its first step. Bar: < 2 s: {verdict(cost['to_first_step_s'] < 2)}.", "")


for part in (machine, ocr, seal, large, chain, memory, start):
    part()
with open(page, "w") as file:
    file.write("\n".join(lines).rstrip() + "\n")
