#!/usr/bin/env python3
"""Compares answers to the same questions. Usage: answers.py TEXTS NAME=ANSWERS …

For each kind of question: CPU of the middle and of the dearest tenth, and how many of the pages shown bear the words with the
very accents asked for, as a share of how many could have been shown. The truth comes from the texts themselves.
"""
import json, re, statistics, sys, unicodedata

texts = {}
with open(sys.argv[1]) as file:
    for line in file:
        page = json.loads(line)
        words = re.findall(r"\w+", unicodedata.normalize("NFC", page["text"]).lower())
        texts[page["page"]] = " " + " ".join(words) + " "


def holds(text, kind, query):
    asked = re.findall(r"\w+", unicodedata.normalize("NFC", query).lower())
    wanted = asked if kind in ("term", "and") else [" ".join(asked)]
    return all(f" {words} " in text for words in wanted)


truth, result = {}, {}
for argument in sys.argv[2:]:
    name, path = argument.split("=", 1)
    kinds = {}
    with open(path) as file:
        for line in map(json.loads, file):
            kind, key = line["kind"], (line["kind"], line["query"])
            if key not in truth:
                truth[key] = sum(holds(text, *key) for text in texts.values())
            right = sum(holds(texts[page], *key) for page in line["pages"])
            kinds.setdefault(kind, []).append((line["cpu_ms"], right, min(truth[key], 20), line.get("cpu_ms_bare")))
    result[name] = {
        kind: {
            "questions": len(all),
            "cpu_ms_mean": statistics.mean(cpu for cpu, *_ in all),
            "cpu_ms_median": statistics.median(cpu for cpu, *_ in all),
            "cpu_ms_bare": statistics.mean(bare for *_, bare in all) if all[0][3] is not None else None,
            "cpu_ms_p90": sorted(cpu for cpu, *_ in all)[len(all) * 9 // 10],
            "accents_first": sum(right for _, right, *_ in all) / max(1, sum(could for *_, could, _ in all)),
        }
        for kind, all in kinds.items()
    }
print(json.dumps(result))
