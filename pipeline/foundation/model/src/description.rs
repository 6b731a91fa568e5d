//! Descriptive metadata (ISAD(G) and the identifiers the law names). An unknown field stays empty, never guessed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::geometry::RectMm;

macro_rules! fields {
    ($($variant:ident = $name:literal, $vi:literal;)*) => {
        /// The descriptive fields, in the order people read them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Field { $(#[doc = $vi] $variant,)* }
        impl Field {
            /// Every field, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// The identifier used in JSON and `document.toml`.
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name,)* } }
            /// The Vietnamese term.
            pub fn term(self) -> &'static str { match self { $(Self::$variant => $vi,)* } }
            /// The field of an identifier.
            pub fn from_name(name: &str) -> Option<Self> { match name { $($name => Some(Self::$variant),)* _ => None } }
        }
    };
}

fields! {
    FondsCode = "fonds_code", "mã phông";
    InventoryNo = "inventory_no", "mục lục số";
    FileNo = "file_no", "hồ sơ số";
    DocOrdinal = "doc_ordinal", "số thứ tự văn bản";
    TypeCode = "type_code", "viết tắt thể loại";
    TypeName = "type_name", "thể loại";
    Number = "number", "số";
    Notation = "notation", "ký hiệu";
    IssuedDate = "issued_date", "ngày ban hành";
    IssuedPlace = "issued_place", "nơi ban hành";
    Issuer = "issuer", "cơ quan ban hành";
    Subject = "subject", "trích yếu";
    SignerName = "signer_name", "người ký";
    SignerRole = "signer_role", "chức vụ người ký";
    Language = "language", "ngôn ngữ";
    Sheets = "sheets", "số tờ";
    Pages = "pages", "số trang";
    Secrecy = "secrecy", "độ mật";
    AccessLevel = "access_level", "chế độ sử dụng";
    Retention = "retention", "thời hạn bảo quản";
    CopyKind = "copy_kind", "loại bản sao";
    CertNo = "cert_no", "số chứng thực";
    CertKind = "cert_kind", "hình thức chứng thực";
    Keywords = "keywords", "từ khóa";
    Notes = "notes", "ghi chú";
}

/// One value, with where and how surely it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extracted {
    /// The value, NFC. Dates are ISO 8601 (`1985-03-12`); `number` is digits as printed; `notation` is `QĐ/TU`.
    pub value: String,
    /// 0.0 to 1.0; 1.0 when declared by a person.
    pub confidence: f32,
    /// Page it was read on, from 1; empty when declared.
    pub page: Option<u32>,
    /// Where on that page; empty when declared.
    pub rect: Option<RectMm>,
    /// Who confirmed it (`declared`, a person's name); empty while only the machine says so.
    pub confirmed_by: Option<String>,
}

impl Extracted {
    /// A value a person declared.
    pub fn declared(value: impl Into<String>) -> Self {
        Self { value: value.into(), confidence: 1.0, page: None, rect: None, confirmed_by: Some("declared".into()) }
    }
}

/// The description of one document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Description(pub BTreeMap<Field, Extracted>);

impl Description {
    /// The value of a field, when known.
    pub fn value(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(|extracted| extracted.value.as_str())
    }

    /// Document number as people cite it: `754-QĐ/TU`, `08/2016/TT-BQP`.
    pub fn citation(&self) -> Option<String> {
        let number = self.value(Field::Number)?;
        let Some(notation) = self.value(Field::Notation) else { return Some(number.to_owned()) };
        // Party: 754-QĐ/TU; State: 893/QĐ-UBND: which separator follows from where the notation's slash stands.
        let separator = if notation.contains('/') { '-' } else { '/' };
        Some(format!("{number}{separator}{notation}"))
    }
}
