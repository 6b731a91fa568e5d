#!/usr/bin/env python3
"""Peers index the same pages and answer the same questions, one thread.

Usage: search.py fts5|tantivy TEXTS QUERIES FOLDER ANSWERS LIMIT
fts5: SQLite FTS5, `unicode61 remove_diacritics 2`, ordered by bm25. tantivy: tantivy-py with the analyser paperless-ngx uses
(simple tokens, no long ones, lower case, ASCII folding). Asked twice: for page numbers only, and for page numbers with a snippet
each by the engine's own means, which is nearer to what ours answers. A line for each question, and at the end one JSON object on
standard output.
"""
import json, os, resource, sqlite3, sys, time

peer, texts, queries, folder, answers, limit = sys.argv[1:6] + [int(sys.argv[6])]
COMMIT, ENOUGH_S, ROUNDS_MAX = 5_000, 0.02, 100
os.makedirs(folder, exist_ok=True)


def pages():
    with open(texts) as file:
        for line in file:
            yield json.loads(line)


def fts5():
    base = sqlite3.connect(f"{folder}/fts5.sqlite")
    base.execute("CREATE VIRTUAL TABLE pages USING fts5(text, tokenize = 'unicode61 remove_diacritics 2')")
    for page in pages():
        base.execute("INSERT INTO pages(rowid, text) VALUES (?, ?)", (page["page"], page["text"]))
        if page["page"] % COMMIT == 0:
            base.commit()
    base.commit()
    base.execute("INSERT INTO pages(pages) VALUES ('optimize')")
    base.commit()

    def ask(kind, query, shown):
        words = [f'"{word}"' for word in query.split()]
        match = " AND ".join(words) if kind == "and" else f'"{query}"'
        what = "rowid, snippet(pages, 0, '', '', '…', 30)" if shown else "rowid"
        found = base.execute(f"SELECT {what} FROM pages WHERE pages MATCH ? ORDER BY rank LIMIT ?", (match, limit))
        return [row for row, *_ in found], None

    return ask, sqlite3.sqlite_version


def tantivy():
    import tantivy as engine

    schema = engine.SchemaBuilder()
    schema.add_integer_field("page", stored=True)
    schema.add_text_field("content", stored=True, tokenizer_name="paperless")
    schema = schema.build()
    index = engine.Index(schema, path=folder)
    analyser = engine.TextAnalyzerBuilder(engine.Tokenizer.simple())
    for step in (engine.Filter.remove_long(65), engine.Filter.lowercase(), engine.Filter.ascii_fold()):
        analyser = analyser.filter(step)
    index.register_tokenizer("paperless", analyser.build())
    writer = index.writer(heap_size=32 << 20, num_threads=1)
    for page in pages():
        writer.add_document(engine.Document(page=page["page"], content=page["text"]))
        if page["page"] % COMMIT == 0:
            writer.commit()
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(kind, query, shown):
        words = query.split()
        typed = " ".join(f'+"{word}"' for word in words) if kind == "and" else f'"{query}"'
        parsed = index.parse_query(typed, ["content"])
        found = searcher.search(parsed, limit, count=True)
        documents = [searcher.doc(address) for _, address in found.hits]
        if shown:
            snippets = engine.SnippetGenerator.create(searcher, parsed, schema, "content")
            snippets.set_max_num_chars(200)
            for document in documents:
                snippets.snippet_from_doc(document).to_html()
        return [document["page"][0] for document in documents], found.count

    return ask, engine.__version__


before = time.process_time()
ask, version = {"fts5": fts5, "tantivy": tantivy}[peer]()
indexed = time.process_time() - before
with open(queries) as file, open(answers, "w") as out:
    for question in map(json.loads, file):
        found, total = ask(question["kind"], question["query"], True)
        cost = {}
        for name, shown in (("cpu_ms_bare", False), ("cpu_ms", True)):
            began, rounds = time.process_time(), 0
            while rounds < ROUNDS_MAX and (rounds == 0 or time.process_time() - began < ENOUGH_S):
                ask(question["kind"], question["query"], shown)
                rounds += 1
            cost[name] = (time.process_time() - began) * 1e3 / rounds
        out.write(json.dumps({**question, **cost, "total": total, "pages": found}) + "\n")
size = sum(os.path.getsize(f"{at}/{name}") for at, _, names in os.walk(folder) for name in names)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"peer": peer, "version": version, "index_cpu_s": indexed, "bytes": size, "peak_kib": peak}))
