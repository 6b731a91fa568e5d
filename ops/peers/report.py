#!/usr/bin/env python3
"""Writes the benchmark page from measured results; what was not measured has no section. Usage: report.py RESULTS PAGE"""
import json, os, re, sys

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


def turns(name):
    """What ended well of measurements that were taken in turns with the peer's."""
    found = (load(f"{name}-{turn}.json") for turn in (1, 2, 3))
    return [one for one in found if one and one.get("code", 0) == 0]


def median(name, by="cpu_s"):
    found = sorted(turns(name), key=lambda one: one[by])
    return found[len(found) // 2] if found else None


def verdict(good):
    return "met" if good else "**not met**"


def when(*parts):
    """When the parts of a section were measured, if they say so."""
    told = [(part, load(f"when-{part}.json")) for part in parts]
    told = [(part, at) for part, at in told if at]
    commits = {(at["commit"], at["load"]) for _, at in told}
    if len(commits) == 1:
        told = told[:1]
    words = [f"{part + ' ' if len(told) > 1 else ''}at commit {at['commit']}, load {at['load']} before it" for part, at in told]
    return f"<sub>Measured {'; '.join(words)}.</sub>" if words else ""


def machine():
    m = load("machine.json")
    say("# Benchmarks", "", "Written by `ops/bench` from what it measured; nothing here is typed by hand. Release build.", "")
    say(
        f"{m['processor']}, {m['cores']} cores, {m['memory_kib'] / 1048576:.0f} GiB, SHA-NI {'yes' if m['sha_ni'] else 'no'}, "
        f"Linux {m['kernel']}, file system {m['filesystem']}. {m['rustc']}; {m['tesseract']}; {m['python']}; "
        f"peers {m['peers'].strip().replace(' ', ', ').replace('==', ' ')}. "
        "CPU seconds and ratios count; wall times are only as good as the machine was quiet, see the load of each section.",
        "",
    )
    # Pages of earlier runs, kept under the name of their machine.
    folder = os.path.splitext(page)[0]
    others = sorted(name for name in os.listdir(folder) if name.endswith(".md")) if os.path.isdir(folder) else []
    if others:
        titles = []
        for name in others:
            with open(os.path.join(folder, name)) as file:
                titles.append(f"[{file.readline().strip('# ').strip()}]({os.path.basename(folder)}/{name})")
        say(f"What is near its bar can fall on either side of it on another processor: {', '.join(titles)}.", "")


def ocr():
    ours, cer = median("ocr-ours"), load("cer-ours.json")
    if not ours or not cer:
        return
    say("## Reading", "", f"{ours['pages']} one-page papers of the bench set (1985 and 2020), 200 dpi colour JPEG → PDF/A with a text layer;")
    say("one thread each, Debian's `vie` for both, `OMP_THREAD_LIMIT=1`. Ours: claim, decode, read, assemble, in one process. OCRmyPDF: one")
    say("call on one PDF of all pages (made by img2pdf, not counted), `--output-type pdfa --optimize 0`. Text of both taken by pdftotext.")
    say("Ours and OCRmyPDF in turns, medians of three, `--deskew` once. CER *any order* forgives the order in which blocks were read, and")
    say("counts surplus text.", "")
    say("| | pages / CPU-s | CPU-s a page | CER % any order | CER % as it stands |", "|---|---|---|---|---|")
    rate = ours["pages"] / ours["cpu_s"]
    say(f"| mocban | {rate:.3f} | {1 / rate:.2f} | {cer['cer_any_order_percent']:.2f} | {cer['cer_percent']:.2f} |")
    best, least, ratio = None, None, None
    for name, label in (("plain", "OCRmyPDF"), ("deskew", "OCRmyPDF --deskew")):
        peer, peer_cer = median(f"ocr-peer-{name}"), load(f"cer-peer-{name}.json")
        if not peer or not peer_cer:
            continue
        each = peer["cpu_s"] / ours["pages"]
        say(f"| {label} | {1 / each:.3f} | {each:.2f} | {peer_cer['cer_any_order_percent']:.2f} | {peer_cer['cer_percent']:.2f} |")
        if best is None or each < best:
            best, ratio = each, rate * each
        least = min(least or 100.0, peer_cer["cer_any_order_percent"])
    if ratio:
        good = ratio >= 3 and cer["cer_any_order_percent"] <= least
        say("", f"**{ratio:.2f}×** the peer's faster way, error {cer['cer_any_order_percent']:.2f} % against its better {least:.2f} %.")
        say(f"Bar: ≥ 3× and error not worse: {verdict(good)}.")
        if not good:
            say("Three quarters of what a page costs ours is Tesseract, which the peer runs, too.")
    say("", when("ocr"), "")


def assemble():
    forms = (("colour", "colour JPEG"), ("grey", "grey JPEG"), ("group4", "Group 4, one strip"), ("group4-strips", "Group 4, strips of 64 rows"))
    rows = [(label, load(f"assemble-ours-{form}.json"), load(f"assemble-peer-{form}.json")) for form, label in forms]
    rows = [row for row in rows if row[1] and row[2]]
    if not rows:
        return
    say("## Scans to PDF", "", f"{rows[0][1]['pages']} pages of each kind at 200 dpi, five times over in one process; img2pdf in a running Python, so its start is not counted.")
    say("Ours is PDF/A-2u and carries the SHA-256 of all it wrote for the seal; img2pdf's is plain PDF.", "")
    say("| | mocban CPU ms a page | img2pdf | | mocban KB a page | img2pdf | peak MiB |", "|---|---|---|---|---|---|---|")
    for label, ours, peer in rows:
        ratio = peer["cpu_ms_page"] / ours["cpu_ms_page"]
        kb = [each["bytes"] / each["pages"] / 1e3 for each in (ours, peer)]
        say(
            f"| {label} | {ours['cpu_ms_page']:.2f} | {peer['cpu_ms_page']:.2f} | **{ratio:.1f}×** | {kb[0]:.0f} | {kb[1]:.0f} "
            f"| {ours['peak_kib'] / 1024:.0f} : {peer['peak_kib'] / 1024:.0f} |"
        )
    say("", "As a command, from its start to its end, one document, CPU ms (ours also hashes the scans), medians of three:", "")
    sizes = (1, 3, 20)
    say("| | " + " | ".join(f"{size} page{'s' if size > 1 else ''}: mocban | img2pdf | " for size in sizes) + " |", "|---" + "|---|---|---" * len(sizes) + "|")
    missed = []
    for form, label in forms:
        cells = []
        for size in sizes:
            ours, peer = (median(f"assemble-{who}-{form}-{size}") for who in ("ours", "peer"))
            if ours and peer:
                ratio = peer["cpu_s"] / ours["cpu_s"]
                cells.append(f"{ours['cpu_s'] * 1e3:.0f} | {peer['cpu_s'] * 1e3:.0f} | **{ratio:.1f}×**")
                if ratio < 10:
                    missed.append(f"{label}, {size} page{'s' if size > 1 else ''}")
            else:
                cells.append(" | | ")
        say(f"| {label} | {' | '.join(cells)} |")
    say("", f"Bar as a command: ≥ 10×: {'met' if not missed else 'met but for ' + '; '.join(missed)}. In a running process both do what they must: about half")
    say("of a JPEG page is its SHA-256 on ours, the rest is copying, which img2pdf pays too, so that the longer a document is, the less")
    say("the start counts. Strips of Group 4 become lossless JBIG2, which is smaller, and are decoded again before they are believed.", "", when("assemble"), "")


def copies():
    ours, audited = load("copies-ours.json"), load("copies-audit.json")
    cost = {name: load(f"copies-{name}.json") for name in (
        "store-ocfl-py", "store-rocfl", "audit-ours", "audit-ours-sha512", "audit-ours-medium", "audit-bagit", "audit-ocfl-py", "audit-rocfl")}
    stores = {name: median(f"copies-store-{name}", "wall_s") for name in ("ours", "bagit")}
    if not ours or not all(stores.values()):
        return
    cost.update({f"store-{name}": found for name, found in stores.items()})
    count = ours["objects"]
    say("## Copies", "", f"{count} objects of about 1 MB onto two copies, `sync` at the end included for everybody; ours, sixteen at a time as in the pipeline,")
    say("makes every object durable and reads it back past the page cache before the next; the others do neither (bagit is one bag of all files")
    spread = {}
    for name in stores:
        walls = [one["wall_s"] for one in turns(f"copies-store-{name}")]
        spread[name] = f"{min(walls):.2f} to {max(walls):.2f} s"
    say(f"a copy). rocfl's command line takes three processes an object. Ours and bagit in turns, medians of three: ours from {spread['ours']}, bagit's from {spread['bagit']}.", "")
    say("| store | wall s | CPU s | durable on the way, read back |", "|---|---|---|---|")
    labels = {"ours": "mocban", "ours-sha512": "mocban `--sha512`", "ours-medium": "mocban, from the medium", "bagit": "cp + bagit.py, 2 processes", "ocfl-py": "ocfl-py", "rocfl": "rocfl"}
    base = cost["store-ours"]

    def rows(kind, names, last):
        for name in names:
            measured = cost[f"{kind}-{name}"]
            if measured and measured["code"] == 0:
                say(f"| {labels[name]} | {measured['wall_s']:.2f} | {measured['cpu_s']:.2f} | {last(name)} |")

    rows("store", ("ours", "bagit", "ocfl-py", "rocfl"), lambda name: "yes" if name == "ours" else "no")
    bag = cost["store-bagit"]
    if bag:
        wall, cpu = base["wall_s"] / bag["wall_s"], base["cpu_s"] / bag["cpu_s"]
        say("", f"**{wall:.2f}×** the time of cp + bagit, {cpu:.2f}× its CPU. Bar: ≤ 1.0×: {verdict(wall <= 1.0)}.")
        say("Where OpenSSL's SHA-512 is much quicker than ring's (an AMD EPYC), or the medium quicker than hashing, bagit comes closer or is")
        say("ahead: it hashes on both cores and leaves all bytes to one sync; ours waits for the medium twice for sixteen objects, and reads them back.")
    if not audited or not cost["audit-ours"]:
        say("", when("copies"), "")
        return
    say("", f"Audit of one copy ({audited['bytes'] / 1e6:.0f} MB, {audited['faults']} faults), page cache warm; ocfl-py and rocfl judge the very copy mocban wrote. Ours hashes every byte, too, by the BLAKE3")
    say("sums that lie beside the files under the inventory's digest; `--sha512` hashes by what the others have.", "")
    say("| audit | wall s | CPU s | mocban is … quicker |", "|---|---|---|---|")
    mine = cost["audit-ours"]
    rows("audit", ("ours", "ours-sha512", "ours-medium", "bagit", "rocfl", "ocfl-py"), lambda name: "" if name.startswith("ours") else f"{cost['audit-' + name]['wall_s'] / mine['wall_s']:.1f}×")
    for name, bar in (("rocfl", 2.5), ("ocfl-py", 5)):
        peer = cost[f"audit-{name}"]
        if peer and peer["code"] == 0:
            ratio = peer["wall_s"] / mine["wall_s"]
            say("", f"Bar: ≥ {bar}× {name}: {ratio:.1f}×, {verdict(ratio >= bar)} (CPU: {peer['cpu_s'] / mine['cpu_s']:.1f}×).")
    say("", when("copies"), "")


def search():
    found, index = load("search.json"), load("search-index.json")
    if not found or not index:
        return
    peers = {name: load(f"search-{name}.json") for name in ("tantivy", "fts5")}
    say("## Search", "", f"{index['pages']} made pages ({index['text_bytes'] / 1e6:.0f} MB of text, syllables by Zipf's law), 30 questions of each kind, the 20 best pages, one thread,")
    say("CPU ms a question (mean), asked until the clock can tell, so that what was read once is in memory for all three. Ours answers with the")
    say("exact count, snippet and the boxes of every word found, in bands so that accents asked for come first, equal scores in an order that does")
    say("not change. tantivy-py has paperless-ngx's analyser (ASCII folding) and counts, too; FTS5 has `unicode61 remove_diacritics 2`, orders by")
    say("bm25 and is not asked for a count. The peers are asked with a snippet by their own means, and *bare*: page numbers only; ours comes")
    say("nearest to that when it ranks the twenty best and shows the last of them. In brackets how often ours goes into the peer's time,")
    say("bare against one page.", "")
    say("| | mocban | one page | tantivy-py | bare | FTS5 | bare |", "|---|---|---|---|---|---|---|")
    ours, one, tantivy, fts5 = found["ours"], found["one"], found["tantivy"], found["fts5"]
    kinds = (("term", "one word"), ("and", "three words"), ("phrase", "two words side by side"), ("number", "a document's number"))
    for kind, label in kinds:
        cells = [f"{each[kind]['cpu_ms_mean']:.2f}" for each in (ours, one)]
        for peer in (tantivy, fts5):
            for way, against in (("cpu_ms_mean", ours), ("cpu_ms_bare", one)):
                cells.append(f"{peer[kind][way]:.2f} ({peer[kind][way] / against[kind]['cpu_ms_mean']:.1f}×)")
        say(f"| {label} | {' | '.join(cells)} |")
    say("", "Pages shown that bear the very accents asked for, of those that could have been:", "")
    say("| | mocban | tantivy-py | FTS5 |", "|---|---|---|---|")
    for kind, label in kinds:
        shares = [f"{100 * each[kind]['accents_first']:.0f} %" for each in (ours, tantivy, fts5)]
        say(f"| {label} | {' | '.join(shares)} |")
    term, three = (peer[kind]["cpu_ms_mean"] / ours[kind]["cpu_ms_mean"] for peer, kind in ((fts5, "term"), (tantivy, "and")))
    say("", f"Bar, whole answers: ≥ 100× FTS5 on a word: {term:.0f}×, {verdict(term >= 100)}; ≥ 10× tantivy-py on three words: {three:.1f}×, {verdict(three >= 10)}.")
    if term < 100 or three < 10:
        say("What a question costs ours: the count of all pages that have the words, the twenty best of them, and a snippet and boxes for each.")
    sizes = f"index {number('search-bytes.txt') / index['text_bytes']:.1f}× the text (it keeps every word's box), {index['cpu_s']:.1f} CPU-s to build"
    say(f"Ours: {sizes}; tantivy-py {peers['tantivy']['bytes'] / index['text_bytes']:.1f}×, {peers['tantivy']['index_cpu_s']:.1f} CPU-s; FTS5 {peers['fts5']['bytes'] / index['text_bytes']:.1f}×, {peers['fts5']['index_cpu_s']:.1f} CPU-s (SQLite {peers['fts5']['version']}).")
    say("", when("search"), "")


def growth():
    steps = sorted({int(name.split("-")[1]) for name in os.listdir(results) if re.fullmatch(r"growth-\d+-1\.json", name)})
    rows = [(before, median(f"growth-{before}"), load(f"growth-{before}-syncs.json")) for before in steps]
    if not rows or not all(cost and syncs for _, cost, syncs in rows):
        return
    say("## Growth", "", "What ten one-page documents cost behind others that are done (register, index and journals of both copies filled by `measure fill`),")
    say("engine `none`, each a run of its own: its start and end are in it. The homes take turns, medians of three.", "")
    say("| documents before | CPU ms a document | KB a document | syncs a document |", "|---|---|---|---|")
    for before, cost, syncs in rows:
        count = cost["documents"]
        say(f"| {before} | {cost['cpu_s'] / count * 1e3:.0f} | {cost['bytes'] / count / 1e3:.0f} | {syncs['syncs'] / syncs['documents']:.1f} |")
    (first, least, _), (last, most, _) = rows[0], rows[-1]
    if last > first:
        ratio = most["cpu_s"] / least["cpu_s"]
        say("", f"From {first} to {last}: **{ratio:.2f}×** the CPU. Bar: flat (≤ 1.25×): {verdict(ratio <= 1.25)}.")
    say("", when("growth"), "")


def seal():
    keys = [("RSA-3072", ""), ("P-256", "-ec")]
    costs = {key: [median(f"seal-{who}{end}", "cpu_ms_each") for who in ("ours", "peer-cached", "peer-fresh")] for key, end in keys}
    costs = {key: found for key, found in costs.items() if all(found)}
    if not costs:
        return
    documents = next(iter(costs.values()))[0]["documents"]
    say("## Sealing to B-LTA", "", f"One page ({number('seal-bytes.txt') / 1e6:.2f} MB), {documents} documents after warm-up, in process, in turns, medians of three; same SoftHSM2")
    say("token, TSA and anchors. Both keep CA and TSA revocation data. Ours asks for the signer's OCSP answer once a document, because it must be fresher")
    say("than the timestamp; pyHanko is measured twice: with everything cached (its OCSP answer is then older than what it speaks about,")
    say("and a strict verifier calls the file indeterminate), and asking as ours does. Ours embeds a Vietnamese font in the mark,")
    say("pyHanko's stamp embeds none.", "")
    say("| CPU ms (wall ms) | mocban | of it the token's signature | pyHanko, all cached | | pyHanko, fresh OCSP | |", "|---|---|---|---|---|---|---|")
    for key, (ours, *peers) in costs.items():
        shown = [f"{cost['cpu_ms_each']:.1f} ({cost['wall_ms_each']:.1f})" for cost in (ours, *peers)]
        cached, fresh = (f"**{peer['cpu_ms_each'] / ours['cpu_ms_each']:.1f}×**" for peer in peers)
        say(f"| key {key} | {shown[0]} | {ours['token_cpu_ms_each']:.1f} | {shown[1]} | {cached} | {shown[2]} | {fresh} |")
    bars = ", ".join(f"{key} {verdict(peer['cpu_ms_each'] / ours['cpu_ms_each'] >= 20)}" for key, (ours, peer, _) in costs.items())
    say("", f"Bar: ≥ 20× against the cached one: {bars}.")
    if ours := costs.get("RSA-3072"):
        ours, peer, _ = ours
        token = ours["token_cpu_ms_each"]
        rest = (peer["cpu_ms_each"] - token) / (ours["cpu_ms_each"] - token)
        say(f"The token's own RSA signature, in its library, costs both the same; without it {rest:.1f}×.")
    say("", when("seal"), "")


def large():
    ours, peer = load("large.json"), load("large-peer.json")
    if not ours:
        return
    peak = ours["peak_kib"] * 1.024 / 1e3
    say("## Sealing a large file", "", f"{number('large-bytes.txt') / 1e6:.0f} MB sealed to B-LTA in one process, {ours['documents']} times after one to warm up: **{ours['cpu_ms_each'] / 1e3:.2f} CPU-s** each,")
    say(f"peak resident memory {peak:.0f} MB (file pages included). Bar: ≤ 32 MB: {verdict(peak <= 32)}.")
    if peer:
        ratio = peer["cpu_ms_each"] / ours["cpu_ms_each"]
        say(f"pyHanko, all cached: {peer['cpu_ms_each'] / 1e3:.2f} CPU-s, peak {peer['peak_kib'] * 1.024 / 1e3:.0f} MB; it writes the whole file, ours the two revisions that follow it.")
        say(f"**{ratio:.1f}×** less CPU. Bar: ≥ 2.2×: {verdict(ratio >= 2.2)}.")
    say("", when("large"), "")


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
    read, read_summary = load("chain-read.json"), load("chain-read-summary.json")
    if read and read_summary and read_summary["done"]:
        done = read_summary["done"]
        say("", f"With Vietnamese reading, {done} such papers: **{read['cpu_s'] / done:.2f} CPU-s** a document, {done / read['wall_s'] * 3600:.0f} documents an hour here; {read_summary['waiting']} waiting, {read_summary['held']} held.")
    say("", when("chain", "fsync"), "")


def memory():
    cost, summary = load("memory.json"), load("memory-summary.json")
    if not cost or not summary or not summary["done"]:
        return
    one, together = cost["peak_anon_one_bytes"] / 1e6, cost["peak_anon_all_bytes"] / 1e6
    say("## Memory", "", f"One document of 300 pages, engine `none`: peak anonymous memory {together:.0f} MB over all processes together")
    say(f"(the largest one {one:.0f} MB), sampled every 20 ms. Bar: ≤ 400 MB: {verdict(together <= 400)}.", "", when("memory"), "")


def start():
    cost, fill = load("start.json"), load("start-fill.json")
    if not cost:
        return
    say("## Start", "", f"{cost['documents']} done documents ({fill['events']} events) in the register, one ready behind them: {cost['to_first_step_s']:.2f} s from the start of")
    say(f"the process to its first step. Bar: < 2 s: {verdict(cost['to_first_step_s'] < 2)}.", "", when("start"), "")


for part in (machine, ocr, assemble, seal, large, copies, search, chain, growth, memory, start):
    part()
with open(page, "w") as file:
    file.write(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n")
