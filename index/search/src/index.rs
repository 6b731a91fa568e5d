//! The index on disk: opening, adding, removing, committing.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use failpoint::failpoint;
use model::{Description, DocumentId, Field, PageWords};
use tantivy::{
    IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term, directory::MmapDirectory,
    indexer::IndexWriterOptions,
};

use crate::{
    Error,
    analysis::{Forms, Known, Piece, analyse, bigrams, forms, joined, parts, spans},
    entry::pack,
    ready::{READY, Ready, Tokens},
    schema::{Fields, GENERATION, GONE, schema, settings},
    stored::PageText,
    view::View,
};

/// Memory of the one writing thread; a commit makes a segment sooner than this is full.
const WRITER_BYTES: usize = 32 << 20;
/// Between text, stamps and description lies room, so that no phrase runs across.
const GAP: usize = 100;

/// A document as it is made findable.
#[derive(Debug, Clone, Copy)]
pub struct IndexedDocument<'a> {
    /// Its identity.
    pub id: DocumentId,
    /// What a list of hits calls it.
    pub title: &'a str,
    /// Its number as people cite it.
    pub number: Option<&'a str>,
    /// Its description.
    pub description: &'a Description,
    /// Its pages; may be empty, then it is found by its description alone.
    pub pages: &'a [PageWords],
    /// Its path below inbound.
    pub source: &'a str,
}

/// The full-text index of a home. Reading needs no lock; the first [`Self::add`], [`Self::remove`] or
/// [`Self::commit`] takes the writer's lock and keeps it until the index is dropped.
pub struct Index {
    pub(crate) engine: tantivy::Index,
    reader: IndexReader,
    pub(crate) view: View,
    pub(crate) fields: Fields,
    pub(crate) path: PathBuf,
    writer: Option<IndexWriter>,
    known: Known,
    /// The folder itself, whatever its name leads to later.
    inode: u64,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Index {
    /// Opens the index in a folder, or makes an empty one.
    ///
    /// # Errors
    /// [`Error::Damaged`] when what lies there is not a whole index of this schema.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(GENERATION);
        durable::create_dir(&path)?;
        let damaged = |source| Error::Damaged { path: path.clone(), source };
        let directory = MmapDirectory::open(&path).map_err(|e| damaged(e.into()))?;
        let (schema, fields) = schema();
        let engine = tantivy::Index::builder()
            .schema(schema)
            .settings(settings())
            .open_or_create(directory)
            .map_err(&damaged)?;
        engine.tokenizers().register(READY, Ready::default());
        let reader = engine.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(&damaged)?;
        let inode = inode(&path);
        let view = View::of(&reader).map_err(&damaged)?;
        Ok(Self { engine, reader, view, fields, path, writer: None, known: Known::default(), inode })
    }

    /// Whether its folder is still the one that was opened: somebody may have removed it meanwhile.
    pub fn is_there(&self) -> bool {
        inode(&self.path) == self.inode && self.path.join("meta.json").is_file()
    }

    /// Throws away what lies in a folder, so that [`Self::open`] begins anew.
    pub fn discard(dir: &Path) -> Result<(), Error> {
        Ok(durable::remove_tree(&dir.join(GENERATION))?)
    }

    /// Names the files whose checksums do not hold. Reads the whole index.
    pub fn damaged_files(&self) -> Result<Vec<PathBuf>, Error> {
        let damaged = |source| Error::Damaged { path: self.path.clone(), source };
        let mut files: Vec<PathBuf> = self.engine.validate_checksum().map_err(damaged)?.into_iter().collect();
        files.sort();
        Ok(files)
    }

    /// The register event up to which the committed index knows everything; 0 for an empty one.
    pub fn last_event(&self) -> Result<u64, Error> {
        let damaged = |source| Error::Damaged { path: self.path.clone(), source };
        let Some(payload) = self.engine.load_metas().map_err(damaged)?.payload else { return Ok(0) };
        payload.parse().map_err(|_| {
            damaged(TantivyError::InternalError(format!("the commit says {payload:?} where an event should stand")))
        })
    }

    /// Puts a document in, in place of what was indexed of it before. Visible after [`Self::commit`].
    pub fn add(&mut self, document: &IndexedDocument<'_>) -> Result<(), Error> {
        self.remove(document.id)?;
        let described = described(document);
        let empty = PageWords::unread(1, (0, 0), (0.0, 0.0));
        let pages = if document.pages.is_empty() { std::slice::from_ref(&empty) } else { document.pages };
        for (at, page) in pages.iter().enumerate() {
            let entry = self.entry(document, page, at == 0, &described);
            let path = self.path.clone();
            self.writer()?.add_document(entry).map_err(|e| Error::writing(&path, e))?;
        }
        Ok(())
    }

    /// Takes a document out. Visible after [`Self::commit`].
    pub fn remove(&mut self, id: DocumentId) -> Result<(), Error> {
        let term = Term::from_field_text(self.fields.id, &id.to_string());
        self.writer()?.delete_term(term);
        Ok(())
    }

    /// Makes everything since the last commit durable and visible, together with the register event up to which the
    /// index now knows everything.
    pub fn commit(&mut self, last_event: u64) -> Result<(), Error> {
        let path = self.path.clone();
        let writing = |e| Error::writing(&path, e);
        let mut prepared = self.writer()?.prepare_commit().map_err(writing)?;
        prepared.set_payload(&last_event.to_string());
        failpoint!("index:commit:before");
        prepared.commit().map_err(writing)?;
        failpoint!("index:commit:after");
        self.reader.reload().map_err(writing)?;
        self.view = View::of(&self.reader).map_err(writing)?;
        Ok(())
    }

    fn writer(&mut self) -> Result<&mut IndexWriter, Error> {
        match self.writer {
            Some(ref mut writer) => Ok(writer),
            ref mut none => {
                let options = IndexWriterOptions::builder()
                    .num_worker_threads(1)
                    .memory_budget_per_thread(WRITER_BYTES)
                    .num_merge_threads(1)
                    .build();
                let writer = self.engine.writer_with_options(options).map_err(|e| Error::writing(&self.path, e))?;
                // Who may write is alone, and nobody reads these any more.
                for gone in GONE {
                    durable::remove_tree(&self.path.with_file_name(gone))?;
                }
                Ok(none.insert(writer))
            }
        }
    }

    /// One page. The first page also carries the description's words, so that they are found with its text.
    fn entry(
        &mut self,
        document: &IndexedDocument<'_>,
        page: &PageWords,
        first: bool,
        described: &[String],
    ) -> TantivyDocument {
        let fields = self.fields;
        let kept = PageText::of(page);
        let pieces = kept.pieces(&mut self.known);
        let mut text = Text::default();
        for part in &pieces {
            text.add(part);
        }
        if first {
            let citation = document.number.into_iter();
            for words in document.description.0.values().map(|value| value.value.as_str()).chain(citation) {
                text.add(&analyse(&words.split_whitespace().collect::<Vec<_>>(), &mut self.known));
            }
        }
        let mut tokens = Tokens::default();
        for token in described {
            tokens.push(token, 0);
        }
        let mut entry = TantivyDocument::new();
        entry.add_text(fields.id, document.id.to_string());
        entry.add_u64(fields.key, key(document.id));
        entry.add_u64(fields.page, u64::from(page.page));
        entry.add_text(fields.text, text.tokens.finish());
        entry.add_text(fields.pairs, text.pairs.finish());
        entry.add_text(fields.described, tokens.finish());
        entry.add_bytes(fields.kept, &pack(document, page.page, &kept.to_bytes(&pieces)));
        entry
    }
}

/// Zero when there is none.
fn inode(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.ino())
}

/// Orders documents as their identifiers do.
pub(crate) fn key(id: DocumentId) -> u64 {
    id.as_bytes().iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

/// What a page is found by.
#[derive(Default)]
struct Text {
    tokens: Tokens,
    pairs: Tokens,
    /// The first place free for the next stretch of text.
    next: usize,
}

impl Text {
    fn add(&mut self, pieces: &[Piece]) {
        let start = self.next;
        for piece in pieces {
            let at = start + piece.position;
            self.tokens.push(&piece.forms.folded, at);
            if piece.forms.exact != piece.forms.folded {
                self.tokens.push(&piece.forms.exact, at);
            }
            self.next = at + GAP;
        }
        let single = pieces.iter().filter(|piece| !piece.whole).map(|piece| piece.forms.as_ref());
        for pair in bigrams(single) {
            self.pairs.push(&pair, 0);
        }
    }
}

/// The tokens of the description, each behind the key people ask by.
fn described(document: &IndexedDocument<'_>) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut add = |key: &str, value: &str| {
        for part in value.split_whitespace().flat_map(parts) {
            put(&mut tokens, key, &forms(&part));
        }
        if key == "so" {
            let words: Vec<&str> = value.split_whitespace().collect();
            for span in spans(&words) {
                put(&mut tokens, key, &joined(&span));
            }
        }
    };
    for (key, field) in [
        ("so", Field::Number),
        ("so", Field::Notation),
        ("ngay", Field::IssuedDate),
        ("noi", Field::IssuedPlace),
        ("loai", Field::TypeName),
        ("loai", Field::TypeCode),
        ("coquan", Field::Issuer),
        ("trichyeu", Field::Subject),
        ("nguoiky", Field::SignerName),
        ("chucvu", Field::SignerRole),
        ("phong", Field::FondsCode),
        ("mucluc", Field::InventoryNo),
        ("hoso", Field::FileNo),
        ("tukhoa", Field::Keywords),
    ] {
        add(key, document.description.value(field).unwrap_or(""));
    }
    let date = document.description.value(Field::IssuedDate).unwrap_or("");
    add("nam", date.split('-').next().unwrap_or(""));
    add("so", document.number.unwrap_or(""));
    add("nguon", document.source);
    tokens
}

fn put(tokens: &mut Vec<String>, key: &str, forms: &Forms) {
    for form in [&forms.folded, &forms.exact] {
        let token = format!("{key}={form}");
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
}
