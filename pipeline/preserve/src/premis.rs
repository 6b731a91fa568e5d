//! `premis.xml`: what the document's files are and what was done to them, in PREMIS 3 (Library of Congress).

use jiff::Timestamp;
use model::{DocumentId, Sha256, Sha512};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event as Xml},
};

use crate::error::Error;

const NAMESPACE: &str = "http://www.loc.gov/premis/v3";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A file of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Logical path in the object.
    pub name: String,
    /// SHA-256.
    pub sha256: Sha256,
    /// SHA-512, where it is known.
    pub sha512: Option<Sha512>,
    /// Length.
    pub bytes: u64,
    /// Media type, `application/pdf`.
    pub format: String,
    /// Version of the format, `PDF/A-2u`.
    pub format_version: Option<String>,
    /// Its name where it came from.
    pub original_name: Option<String>,
}

/// An act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its number in the register's chain of events.
    pub seq: u64,
    /// Type from the PREMIS vocabulary: `capture`, `ingestion`, `digital signature generation`, …
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// What exactly.
    pub detail: String,
    /// `success`, `failure`, …
    pub outcome: String,
    /// More about the outcome; empty when there is none.
    pub note: String,
    /// Who: an [`Agent::id`].
    pub agent: String,
    /// The files it was about, by [`File::name`]; the whole document when empty.
    pub files: Vec<String>,
}

/// A person or a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Identifier, unique in the record.
    pub id: String,
    /// Name.
    pub name: String,
    /// `software`, `person`, `organization`.
    pub kind: String,
    /// Version of a program.
    pub version: Option<String>,
}

/// Everything that `premis.xml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The document.
    pub id: DocumentId,
    /// Its files.
    pub files: Vec<File>,
    /// What was done.
    pub acts: Vec<Act>,
    /// By whom.
    pub agents: Vec<Agent>,
}

impl Record {
    /// The XML: the same record gives the same bytes.
    pub fn to_xml(&self) -> Result<Vec<u8>, Error> {
        self.write().map_err(|source| Error::Encode { form: "premis", source: Box::new(source) })
    }

    fn write(&self) -> std::io::Result<Vec<u8>> {
        let mut out = Out(Writer::new_with_indent(Vec::new(), b' ', 2));
        out.0.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let root = [("xmlns", NAMESPACE), ("xmlns:xsi", INSTANCE), ("version", "3.0")];
        out.element("premis", &root, |out| {
            out.element("object", &[("xsi:type", "intellectualEntity")], |out| {
                out.identifier("object", "URI", &self.id.urn())
            })?;
            for file in &self.files {
                self.file(out, file)?;
            }
            for act in &self.acts {
                self.act(out, act)?;
            }
            for agent in &self.agents {
                write_agent(out, agent)?;
            }
            Ok(())
        })?;
        let mut bytes = out.0.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Files are identified below the document, so that the identifier is a URI and the same on every copy.
    fn file_id(&self, name: &str) -> String {
        let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        format!("{}#{encoded}", self.id.urn())
    }

    fn file(&self, out: &mut Out, file: &File) -> std::io::Result<()> {
        out.element("object", &[("xsi:type", "file")], |out| {
            out.identifier("object", "URI", &self.file_id(&file.name))?;
            out.element("objectCharacteristics", &[], |out| {
                out.text("compositionLevel", "0")?;
                out.fixity("SHA-256", &file.sha256.to_hex())?;
                if let Some(sha512) = file.sha512 {
                    out.fixity("SHA-512", &sha512.to_hex())?;
                }
                out.text("size", &file.bytes.to_string())?;
                out.element("format", &[], |out| {
                    out.element("formatDesignation", &[], |out| {
                        out.text("formatName", &file.format)?;
                        file.format_version.as_deref().map_or(Ok(()), |version| out.text("formatVersion", version))
                    })
                })
            })?;
            file.original_name.as_deref().map_or(Ok(()), |name| out.text("originalName", name))?;
            out.element("storage", &[], |out| {
                out.element("contentLocation", &[], |out| {
                    out.text("contentLocationType", "OCFL logical path")?;
                    out.text("contentLocationValue", &file.name)
                })
            })?;
            out.element("relationship", &[], |out| {
                out.text("relationshipType", "structural")?;
                out.text("relationshipSubType", "is part of")?;
                out.element("relatedObjectIdentifier", &[], |out| {
                    out.text("relatedObjectIdentifierType", "URI")?;
                    out.text("relatedObjectIdentifierValue", &self.id.urn())
                })
            })
        })
    }

    fn act(&self, out: &mut Out, act: &Act) -> std::io::Result<()> {
        out.element("event", &[], |out| {
            out.identifier("event", "register event", &act.seq.to_string())?;
            out.text("eventType", &act.kind)?;
            out.text("eventDateTime", &act.at.to_string())?;
            out.element("eventDetailInformation", &[], |out| out.text("eventDetail", &act.detail))?;
            out.element("eventOutcomeInformation", &[], |out| {
                out.text("eventOutcome", &act.outcome)?;
                if act.note.is_empty() {
                    return Ok(());
                }
                out.element("eventOutcomeDetail", &[], |out| out.text("eventOutcomeDetailNote", &act.note))
            })?;
            out.element("linkingAgentIdentifier", &[], |out| {
                out.text("linkingAgentIdentifierType", "local")?;
                out.text("linkingAgentIdentifierValue", &act.agent)
            })?;
            let mut about: Vec<String> = act.files.iter().map(|name| self.file_id(name)).collect();
            if about.is_empty() {
                about.push(self.id.urn());
            }
            for id in about {
                out.element("linkingObjectIdentifier", &[], |out| {
                    out.text("linkingObjectIdentifierType", "URI")?;
                    out.text("linkingObjectIdentifierValue", &id)
                })?;
            }
            Ok(())
        })
    }
}

fn write_agent(out: &mut Out, agent: &Agent) -> std::io::Result<()> {
    out.element("agent", &[], |out| {
        out.identifier("agent", "local", &agent.id)?;
        out.text("agentName", &agent.name)?;
        out.text("agentType", &agent.kind)?;
        agent.version.as_deref().map_or(Ok(()), |version| out.text("agentVersion", version))
    })
}

struct Out(Writer<Vec<u8>>);

impl Out {
    fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inner: impl FnOnce(&mut Self) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.0.write_event(Xml::Start(start))?;
        inner(self)?;
        self.0.write_event(Xml::End(BytesEnd::new(name)))
    }

    fn text(&mut self, name: &str, text: &str) -> std::io::Result<()> {
        // XML 1.0 has no way to write most control characters.
        let legal = |c: char| if c < ' ' && !matches!(c, '\t' | '\n' | '\r') { '\u{FFFD}' } else { c };
        let legal: String = text.chars().map(legal).collect();
        self.element(name, &[], |out| out.0.write_event(Xml::Text(BytesText::new(&legal))))
    }

    fn identifier(&mut self, of: &str, kind: &str, value: &str) -> std::io::Result<()> {
        self.element(&format!("{of}Identifier"), &[], |out| {
            out.text(&format!("{of}IdentifierType"), kind)?;
            out.text(&format!("{of}IdentifierValue"), value)
        })
    }

    fn fixity(&mut self, algorithm: &str, digest: &str) -> std::io::Result<()> {
        self.element("fixity", &[], |out| {
            out.text("messageDigestAlgorithm", algorithm)?;
            out.text("messageDigest", digest)
        })
    }
}
