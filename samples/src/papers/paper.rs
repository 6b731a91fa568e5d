//! What a paper says, before it is laid out: bodies, numbers, text blocks, the sign-off, stamps.

use serde::{Deserialize, Serialize};

/// Whose forms a paper follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A Party body's: `ĐẢNG CỘNG SẢN VIỆT NAM` on the right, `Số 754-QĐ/TU`.
    Party,
    /// A State body's: quốc hiệu and tiêu ngữ on the right, `Số: 893/QĐ-UBND`.
    State,
}

/// When and with what a paper was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Era {
    /// About 1985, on a typewriter.
    Typewriter,
    /// About 2020, on a laser printer.
    Laser,
}

macro_rules! kinds {
    ($($variant:ident = $name:literal, $code:literal;)*) => {
        /// The type of a paper (*thể loại*).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $(#[doc = $name] $variant,)* }
        impl Kind {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// Its name, first letter upper case.
            pub fn term(self) -> &'static str { match self { $(Self::$variant => $name,)* } }
            /// Its abbreviation.
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }
        }
    };
}

kinds! {
    Decision = "Quyết định", "QĐ";
    Directive = "Chỉ thị", "CT";
    Letter = "Công văn", "CV";
    Notice = "Thông báo", "TB";
    Report = "Báo cáo", "BC";
    Minutes = "Biên bản", "BB";
    Plan = "Kế hoạch", "KH";
    Proposal = "Tờ trình", "TTr";
    Resolution = "Nghị quyết", "NQ";
    Guidance = "Hướng dẫn", "HD";
}

/// A piece of text between the header and the sign-off.
#[derive(Debug, Clone)]
pub struct Block {
    /// How it is set.
    pub kind: BlockKind,
    /// Bold opening words, may be empty (`Điều 1.`).
    pub lead: String,
    /// The text.
    pub text: String,
}

/// How a block is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// A paragraph, first line indented.
    Body,
    /// `Căn cứ …`: a paragraph, italic in State papers of today.
    Basis,
    /// A section heading, bold.
    Heading,
    /// Centred and bold: `QUYẾT ĐỊNH:`.
    Order,
    /// `Kính gửi: …`, centred.
    Addressee,
}

/// The end of a paper.
#[derive(Debug, Clone)]
pub struct SignOff {
    /// Lines under `Nơi nhận:`.
    pub recipients: Vec<String>,
    /// Lines above the role: `T/M BAN THƯỜNG VỤ`, `KT. CHỦ TỊCH`; may be empty.
    pub on_behalf: Vec<String>,
    /// The role, upper case.
    pub role: String,
    /// The full name.
    pub name: String,
    /// A second signer on the left instead of recipients (minutes): role and name.
    pub second: Option<(String, String)>,
    /// What the seal says around and inside.
    pub seal: SealText,
}

/// Words of a round seal.
#[derive(Debug, Clone, Default)]
pub struct SealText {
    /// Around the ring.
    pub ring: String,
    /// In the middle; empty: a star alone.
    pub middle: Vec<String>,
}

/// Stamps put on the first page.
#[derive(Debug, Clone, Default)]
pub struct Stamps {
    /// `MẬT`, `TỐI MẬT` or `TUYỆT MẬT` in a red box.
    pub secrecy: Option<String>,
    /// `CÔNG VĂN ĐẾN`: whose, number, date.
    pub received: Option<(String, u32, String)>,
    /// Another red boxed stamp (`MẶT TRẬN TỔ QUỐC`), which is no secrecy mark.
    pub boxed: Option<String>,
}

/// A whole paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Whose forms.
    pub profile: Profile,
    /// Made when.
    pub era: Era,
    /// Its type.
    pub kind: Kind,
    /// The body above, as printed; may be empty.
    pub superior: Option<String>,
    /// The issuing body, as printed.
    pub issuer: String,
    /// Number as printed: `754`, `08`.
    pub number: String,
    /// `QĐ/TU`, `QĐ-UBND`.
    pub notation: String,
    /// Where it was issued.
    pub place: String,
    /// Year, month, day.
    pub date: (u32, u32, u32),
    /// The abstract as printed (with `về`, or after `V/v`).
    pub subject: String,
    /// Between header and sign-off.
    pub blocks: Vec<Block>,
    /// The end.
    pub sign_off: SignOff,
    /// On page one.
    pub stamps: Stamps,
    /// From the paper's edge down to the first line, mm: what leaves room for an archive's mark.
    pub top_mm: f64,
}

impl Paper {
    /// The number line as printed.
    pub fn number_line(&self) -> String {
        match self.profile {
            Profile::Party => format!("Số {}-{}", self.number, self.notation),
            Profile::State => format!("Số: {}/{}", self.number, self.notation),
        }
    }

    /// Place and date as printed; small days and months carry a zero.
    pub fn date_line(&self) -> String {
        let (year, month, day) = self.date;
        let month = if month < 3 { format!("{month:02}") } else { month.to_string() };
        format!("{}, ngày {day:02} tháng {month} năm {year}", self.place)
    }

    /// ISO 8601 date.
    pub fn date_iso(&self) -> String {
        let (year, month, day) = self.date;
        format!("{year:04}-{month:02}-{day:02}")
    }
}
