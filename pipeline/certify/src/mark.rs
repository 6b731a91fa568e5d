//! What the mark says. Everything comes from the certificate, the register number and the clock (Điều 3.15): never from
//! text that could disagree with the signature.

use jiff::Timestamp;
use model::{Certification, CopyKind};
use pki::certificate::Certificate;

use crate::Error;

/// The items of the visible signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Full name of the signer.
    pub signed_by: String,
    /// Mail address.
    pub email: String,
    /// Governing body, the smallest unit first.
    pub organization: String,
    /// Full or partial copy (Điều 16).
    pub kind: CopyKind,
    /// Number in the certification register.
    pub number: u32,
    /// Register year.
    pub year: i16,
    /// Signing time.
    pub time: Timestamp,
}

impl Mark {
    /// Takes the items from the signer's certificate, the certification and the signing time.
    ///
    /// # Errors
    /// [`Error::ItemMissing`] when the certificate lacks one.
    pub fn of(certificate: &Certificate, certification: &Certification, time: Timestamp) -> Result<Self, Error> {
        let missing = |item| Error::ItemMissing { certificate: certificate.subject().to_string(), item };
        let subject = certificate.subject();
        let text = |value: Option<&str>| value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
        let units = subject.units.iter().rev().map(String::as_str);
        let bodies: Vec<String> =
            units.chain(subject.organization.as_deref()).filter_map(|body| text(Some(body))).collect();
        if bodies.is_empty() {
            return Err(missing("organization"));
        }
        Ok(Self {
            signed_by: text(subject.common_name.as_deref()).ok_or_else(|| missing("name"))?,
            email: text(certificate.email()).ok_or_else(|| missing("email"))?,
            organization: bodies.join(", "),
            kind: certification.kind.clone(),
            number: certification.number,
            year: certification.year,
            time,
        })
    }

    /// The copy kind as printed.
    pub fn kind_text(&self) -> String {
        kind_text(&self.kind)
    }

    /// The register number as printed.
    pub fn number_text(&self) -> String {
        number_text(self.number, self.year)
    }

    /// The other items as printed, one after the other.
    pub fn item_texts(&self) -> [String; 4] {
        let time = model::clock::local(self.time).strftime("%d/%m/%Y %H:%M:%S +07:00").to_string();
        [
            format!("Ký bởi: {}", self.signed_by),
            format!("Email: {}", self.email),
            format!("Cơ quan: {}", self.organization),
            format!("Thời gian ký: {time}"),
        ]
    }
}

/// What is certified in one line, as it stands in the signature's `/Reason`.
pub fn reason(certification: &Certification) -> String {
    format!("{} - {}", kind_text(&certification.kind), number_text(certification.number, certification.year))
}

fn kind_text(kind: &CopyKind) -> String {
    match kind {
        CopyKind::Full => "BẢN SAO NGUYÊN VĂN".to_owned(),
        CopyKind::Partial { pages } => format!("BẢN SAO MỘT PHẦN (trang {pages})"),
    }
}

fn number_text(number: u32, year: i16) -> String {
    format!("Số chứng thực: {number}/{year}")
}
