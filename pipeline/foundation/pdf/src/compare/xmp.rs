//! Whether metadata of two revisions differ only in what a tool writes about its own work. Tools write the packet anew
//! in their own form, so that its properties are compared, not its bytes (ISO 16684-1 §7).
#![warn(clippy::indexing_slicing)]

use std::collections::BTreeMap;

use quick_xml::{
    NsReader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
    name::{QName, ResolveResult},
};

use crate::{
    Error,
    object::{Indirect, Object},
    reader::Reader,
};

/// Decoded bytes of a packet, levels in it, bytes of a name with its namespace, and of all that is said: names are written
/// out in full where they are read, and packets can repeat them.
const PACKET: u64 = 1 << 20;
const LEVELS: usize = 32;
const NAME: usize = 512;
const SAID: usize = 8 << 20;

const RDF: &str = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF";
const DESCRIPTION: &str = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description";
const META: &str = "{adobe:ns:meta/}xmpmeta";
/// What a tool says of itself.
const WRITER: [&str; 3] = [
    "{http://ns.adobe.com/pdf/1.3/}Producer",
    "{http://ns.adobe.com/xap/1.0/}ModifyDate",
    "{http://ns.adobe.com/xap/1.0/}MetadataDate",
];

/// The packet of a metadata stream that is nothing more.
pub(super) fn packet(reader: &mut Reader, object: &Object) -> Result<Option<Vec<u8>>, Error> {
    let Indirect::Stream { dictionary, start } = reader.resolve(object)? else { return Ok(None) };
    let known = |key: &[u8]| matches!(key, b"Type" | b"Subtype" | b"Length" | b"Filter" | b"DecodeParms");
    let plain = !dictionary.is_ambiguous() && dictionary.iter().all(|(key, _)| known(key));
    if !plain || !dictionary.is_name("Type", "Metadata") || !dictionary.is_name("Subtype", "XML") {
        return Ok(None);
    }
    Ok(reader.stream_data(&dictionary, start, PACKET).ok())
}

/// Whether two packets have the same properties but the tool's own.
pub(super) fn only_names_the_writer(old: &[u8], new: &[u8]) -> bool {
    let read = |packet| {
        let mut properties = properties(std::str::from_utf8(packet).ok()?)?;
        properties.retain(|name, _| !WRITER.contains(&name.as_str()));
        Some(properties)
    };
    read(old).zip(read(new)).is_some_and(|(old, new)| old == new)
}

/// What is said of each property, in the order of the packet: names of what lies below it, and the text there.
type Properties = BTreeMap<String, Vec<(String, String)>>;

/// The properties read so far, and bytes that may still be said of them.
struct All {
    properties: Properties,
    left: usize,
}

impl All {
    fn say(&mut self, property: &str, path: String, value: String) -> Option<()> {
        self.left = self.left.checked_sub(property.len() + path.len() + value.len())?;
        self.properties.entry(property.to_owned()).or_default().push((path, value));
        Some(())
    }
}

/// The open elements: the name of each, and the text in it so far.
type Open = [(String, String)];

/// Where in a packet the open elements are.
enum Place<'a> {
    /// Around the descriptions.
    Frame,
    /// In one of them, with these elements open below it.
    Description(&'a Open),
}

/// The properties of a packet; none when it has a form that is not understood.
fn properties(packet: &str) -> Option<Properties> {
    let mut reader = NsReader::from_str(packet.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut all = All { properties: Properties::new(), left: SAID };
    let mut open = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if open.len() < LEVELS => {
                open.push((expanded(&reader, start.name(), true)?, String::new()));
                if let Place::Description(below) = place(&open)? {
                    attributes(&reader, &start, below, &mut all)?;
                }
            }
            Event::End(_) => {
                let text = open.last()?.1.trim().to_owned();
                match place(&open)? {
                    Place::Description([(property, _), below @ ..]) => all.say(property, path(below), text)?,
                    Place::Description([]) | Place::Frame if text.is_empty() => {}
                    Place::Description([]) | Place::Frame => return None,
                }
                open.pop();
            }
            Event::Text(text) => append(&mut open, &text.xml10_content())?,
            Event::CData(text) => append(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => append(&mut open, character(&reference)?.encode_utf8(&mut [0; 4]))?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Start(_) | Event::Empty(_) | Event::DocType(_) => return None,
            Event::Eof => return open.is_empty().then_some(all.properties),
        }
    }
}

/// None where no packet has an element.
fn place(open: &Open) -> Option<Place<'_>> {
    let inside = match open {
        [(meta, _), inside @ ..] if meta == META => inside,
        inside => inside,
    };
    match inside {
        [] => Some(Place::Frame),
        [(rdf, _)] if rdf == RDF => Some(Place::Frame),
        [(rdf, _), (description, _), below @ ..] if rdf == RDF && description == DESCRIPTION => {
            Some(Place::Description(below))
        }
        _ => None,
    }
}

/// Attributes of a description are properties, too (§7.9.2.2); further below they qualify what they stand at.
fn attributes(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, below: &Open, all: &mut All) -> Option<()> {
    let mut found = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        if attribute.key.as_namespace_binding().is_none() {
            let name = expanded(reader, attribute.key, false)?;
            found.push((name, attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.trim().to_owned()));
        }
    }
    found.sort();
    for (name, value) in found {
        match below {
            [] => all.say(&name, String::new(), value)?,
            [(property, _), below @ ..] => all.say(property, format!("{}@{name}", path(below)), value)?,
        }
    }
    Some(())
}

fn path(below: &Open) -> String {
    below.iter().map(|(name, _)| format!("/{name}")).collect::<Vec<_>>().concat()
}

fn append(open: &mut Open, text: &str) -> Option<()> {
    match open.last_mut() {
        Some((_, before)) => before.push_str(text),
        None if text.trim().is_empty() => {}
        None => return None,
    }
    Some(())
}

/// A name with its namespace.
fn expanded(reader: &NsReader<&[u8]>, name: QName<'_>, element: bool) -> Option<String> {
    let (namespace, local) = reader.resolver().resolve(name, element);
    let (namespace, local) = match namespace {
        ResolveResult::Bound(namespace) => (namespace.0, local.as_ref()),
        ResolveResult::Unbound => ("", local.as_ref()),
        ResolveResult::Unknown(_) => return None,
    };
    (namespace.len() + local.len() <= NAME).then(|| format!("{{{namespace}}}{local}"))
}

/// A character by its number, or one of the five that have names without a document type (XML 1.0 §4.6).
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character);
    }
    Some(match reference.xml10_content().as_ref() {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As we write it, and as pyHanko writes it anew.
    const OURS: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="xmp-writer"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"  xmlns:pdf="http://ns.adobe.com/pdf/1.3/"  xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" ><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Chỉ thị 222 &amp; du lịch</rdf:li></rdf:Alt></dc:title><dc:language><rdf:Bag><rdf:li>vi-VN</rdf:li></rdf:Bag></dc:language><dc:format>application/pdf</dc:format><pdf:Producer>mocban</pdf:Producer><pdfaid:part>2</pdfaid:part></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>"#;
    const THEIRS: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="pyHanko 0.38.0">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:id="http://www.aiim.org/pdfa/ns/id/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" dc:format="application/pdf" pdf:Producer="pyHanko 0.38.0" id:part="2" rdf:about="" xmp:ModifyDate="2026-12-01T04:13:49+00:00"><dc:title xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt><rdf:li xml:lang="x-default">Chỉ thị 222 &#38; du lịch</rdf:li></rdf:Alt></dc:title><dc:language><rdf:Bag><rdf:li>vi-VN</rdf:li></rdf:Bag></dc:language></rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"#;

    #[test]
    fn a_tool_may_write_the_packet_anew_and_name_itself() {
        let check = |new: &str, expect: bool| {
            assert_eq!(only_names_the_writer(OURS.as_bytes(), new.as_bytes()), expect, "{new}");
        };
        check(OURS, true);
        check(THEIRS, true);
        for (from, to) in [
            ("222 &#38;", "223 &#38;"),
            ("x-default", "vi"),
            ("rdf:Alt>", "rdf:Seq>"),
            ("id:part=\"2\"", "id:part=\"3\""),
            ("id:part=\"2\" ", ""),
            ("id:part=\"2\"", "id:part=\"2\" id:amd=\"1\""),
            ("pdfa/ns/id/", "pdfa/ns/ie/"),
            ("<dc:language>", "<dc:subject/><dc:language>"),
            ("<dc:language>", "vi<dc:language>"),
            ("<rdf:Bag>", "<rdf:Bag><rdf:li/>"),
            ("&#38;", "&ours;"),
            ("<rdf:RDF", "<!DOCTYPE a><rdf:RDF"),
            ("</x:xmpmeta>", "<x:more/></x:xmpmeta>"),
            ("</x:xmpmeta>", ""),
        ] {
            assert!(THEIRS.contains(from), "{from}");
            check(&THEIRS.replace(from, to), false);
        }
        check("", false);
    }

    #[test]
    fn a_packet_that_repeats_a_long_name_is_not_understood() {
        let long = |length| OURS.replace("pdfa/ns/id/", &"x".repeat(length));
        assert!(properties(&long(400)).is_some() && properties(&long(1000)).is_none());
        let many =
            OURS.replace("<dc:format>", &("<dc:a>".repeat(20) + &"<dc:b/>".repeat(50_000) + &"</dc:a>".repeat(20)));
        assert!(properties(&many.replace("application/pdf</dc:format>", "")).is_none());
    }

    proptest! {
        #[test]
        fn any_packet_returns(noise in proptest::collection::vec((0..OURS.len(), any::<u8>()), 1..8)) {
            let mut bytes = OURS.as_bytes().to_vec();
            for (at, value) in noise {
                bytes[at] = value;
            }
            let text = String::from_utf8_lossy(&bytes);
            drop(properties(&text));
        }
    }
}
