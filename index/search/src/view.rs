//! What one commit shows, opened once and not with every question.

use std::{io, sync::Arc};

use tantivy::{
    DocAddress, IndexReader, Searcher, SegmentReader, columnar::ColumnValues, directory::OwnedBytes, store::StoreReader,
};

/// Unpacked blocks kept for each segment: a page or two in each, as many as a few lists of hits hold.
const BLOCKS: usize = 100;

/// The committed index.
pub(crate) struct View {
    pub(crate) searcher: Searcher,
    segments: Vec<Segment>,
}

struct Segment {
    /// Document keys and page numbers.
    key: Arc<dyn ColumnValues<u64>>,
    page: Arc<dyn ColumnValues<u64>>,
    kept: StoreReader,
}

impl View {
    pub(crate) fn of(reader: &IndexReader) -> tantivy::Result<Self> {
        let searcher = reader.searcher();
        let segments = searcher.segment_readers().iter().map(Segment::of).collect::<tantivy::Result<_>>()?;
        Ok(Self { searcher, segments })
    }

    /// Document key and number of a page.
    pub(crate) fn place(&self, at: DocAddress) -> (u64, u64) {
        let segment = self.segments.get(at.segment_ord as usize);
        segment.map_or((0, 0), |segment| (segment.key.get_val(at.doc_id), segment.page.get_val(at.doc_id)))
    }

    /// What is kept of a page, as the engine keeps it: the one kept field is its end.
    pub(crate) fn kept(&self, at: DocAddress) -> tantivy::Result<OwnedBytes> {
        let lost = || io::Error::other(format!("there is no segment {}", at.segment_ord));
        self.segments.get(at.segment_ord as usize).ok_or_else(lost)?.kept.get_document_bytes(at.doc_id)
    }
}

impl Segment {
    fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        let column = |name| Ok::<_, tantivy::TantivyError>(reader.fast_fields().u64(name)?.first_or_default_col(0));
        Ok(Self { key: column("key")?, page: column("page")?, kept: reader.get_store_reader(BLOCKS)? })
    }
}
