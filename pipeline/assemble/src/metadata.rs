//! The frame around the pages: catalog, output intent, XMP, trailer. No dates: the same input gives the same bytes.

use model::{DocumentId, Sha256};
use xmp_writer::XmpWriter;

use crate::{
    Assembled, Error, color,
    writer::{Pdf, Reserved},
};

/// Objects whose numbers the pages or the end need.
pub(crate) struct Head {
    catalog: Reserved,
    info: Reserved,
    pub(crate) pages: Reserved,
    metadata: Reserved,
    profile: Reserved,
    title: String,
}

/// Writes what stands before the pages.
pub(crate) fn write_head(pdf: &mut Pdf<'_>, title: &str) -> Result<Head, Error> {
    let title: String = title.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    let (catalog, pages, info, metadata) = (pdf.reserve(), pdf.reserve(), pdf.reserve(), pdf.reserve());
    pdf.stream(metadata, "/Type/Metadata/Subtype/XML", xmp(&title).as_bytes())?;
    let profile = pdf.flate_stream("/N 3/Alternate/DeviceRGB", &color::srgb()?)?;
    Ok(Head { catalog, info, pages, metadata, profile, title })
}

fn xmp(title: &str) -> String {
    let mut xmp = XmpWriter::new();
    if !title.is_empty() {
        xmp.title([(None, title)]);
    }
    xmp.language([xmp_writer::LangId("vi-VN")]);
    xmp.format("application/pdf");
    xmp.producer("mocban");
    xmp.pdfa_part(2);
    xmp.pdfa_conformance("U");
    xmp.finish(None)
}

/// Writes page tree, catalog, information dictionary, cross-reference and trailer.
pub(crate) fn finish(mut pdf: Pdf<'_>, head: &Head, kids: &[Reserved], id: DocumentId) -> Result<Assembled, Error> {
    let Head { catalog, info, pages, metadata, profile, title } = head;
    let list = kids.iter().map(Reserved::to_string).collect::<Vec<_>>().join(" ");
    pdf.object(*pages, &format!("<</Type/Pages/Count {}/Kids[{list}]>>", kids.len()))?;
    let title = if title.is_empty() { String::new() } else { format!("/Title {}", text_string(title)) };
    pdf.object(*info, &format!("<<{title}/Producer(mocban)>>"))?;
    pdf.object(
        *catalog,
        &format!(
            "<</Type/Catalog/Pages {pages}/Metadata {metadata}/Lang(vi-VN)\
             /OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)\
             /Info(sRGB IEC61966-2.1)/DestOutputProfile {profile}>>]>>"
        ),
    )?;
    let id = hex::encode_upper(id.as_bytes());
    let (bytes, state) = pdf.finish(&format!("/Root {catalog}/Info {info}/ID[<{id}><{id}>]"))?;
    let sha256 = Sha256::from_ring(&state.clone().finish());
    Ok(Assembled { bytes, sha256, state, pages: kids.len() as u32 })
}

/// UTF-16 with its mark, in hexadecimal.
fn text_string(text: &str) -> String {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    format!("<FEFF{}>", hex::encode_upper(units))
}
