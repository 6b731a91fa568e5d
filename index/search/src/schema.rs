//! What lies in the index: one entry a page. Tantivy has no schema evolution, so a schema is a generation of its own.

use tantivy::{
    IndexSettings,
    schema::{BytesOptions, Field, IndexRecordOption, NumericOptions, STRING, Schema, TextFieldIndexing, TextOptions},
    store::{Compressor, ZstdCompressor},
};

use crate::ready::READY;

/// The directory of this schema inside the index folder. Another schema takes the next name.
pub(crate) const GENERATION: &str = "v2";
/// Those of earlier releases: what lies there is never read again.
pub(crate) const GONE: &[&str] = &["v1"];

/// The fields of a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// Document identifier, in text; what is deleted by.
    pub(crate) id: Field,
    /// First eight bytes of the identifier: equal scores are ordered by it.
    pub(crate) key: Field,
    /// Page number.
    pub(crate) page: Field,
    /// Tokens with places.
    pub(crate) text: Field,
    /// Pairs of neighbours without accents.
    pub(crate) pairs: Field,
    /// What the description says: `so=754`.
    pub(crate) described: Field,
    /// What is kept of the page: the only field that is.
    pub(crate) kept: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let indexed = |option, norms| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(READY).set_index_option(option).set_fieldnorms(norms),
        )
    };
    let mut schema = Schema::builder();
    let fields = Fields {
        id: schema.add_text_field("id", STRING),
        key: schema.add_u64_field("key", NumericOptions::default().set_fast()),
        page: schema.add_u64_field("page", NumericOptions::default().set_fast()),
        text: schema.add_text_field("text", indexed(IndexRecordOption::WithFreqsAndPositions, true)),
        pairs: schema.add_text_field("pairs", indexed(IndexRecordOption::Basic, false)),
        described: schema.add_text_field("described", indexed(IndexRecordOption::Basic, false)),
        kept: schema.add_bytes_field("kept", BytesOptions::default().set_stored()),
    };
    (schema.build(), fields)
}

/// Words are kept compressed, a page or two together: a hit unpacks little that it does not show.
pub(crate) fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: Compressor::Zstd(ZstdCompressor::default()),
        docstore_blocksize: 4096,
        ..IndexSettings::default()
    }
}
