//! The words of the trade: types of papers with their abbreviations, and the words bodies' names begin with.
//!
//! State types: decree 30/2020, appendix III. Party types: guidance of the Central Office (HD/VPTW).

use crate::text::{compact, distance, fold};

/// Whose manner a number is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `754-QĐ/TU`.
    Party,
    /// `08/2016/TT-BQP`.
    State,
}

/// A type of paper (*thể loại*).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PaperType {
    /// Its name, as `type_name`.
    pub(crate) name: &'static str,
    /// Its abbreviation in Party numbers.
    pub(crate) party: Option<&'static str>,
    /// Its abbreviation in State numbers.
    pub(crate) state: Option<&'static str>,
}

const fn both(name: &'static str, code: &'static str) -> PaperType {
    PaperType { name, party: Some(code), state: Some(code) }
}

const fn party(name: &'static str, code: &'static str) -> PaperType {
    PaperType { name, party: Some(code), state: None }
}

const fn state(name: &'static str, code: &'static str) -> PaperType {
    PaperType { name, party: None, state: Some(code) }
}

/// A letter: Party numbers say `CV`, State numbers say nothing.
pub(crate) const LETTER: &str = "Công văn";

/// Every type we know. `QĐ` of the Party is a decision or a regulation, `TB` a notice or a statement: the title decides.
pub(crate) const TYPES: &[PaperType] = &[
    both("Nghị quyết", "NQ"),
    both("Quyết định", "QĐ"),
    PaperType { name: "Quy định", party: Some("QĐ"), state: Some("QyĐ") },
    both("Chỉ thị", "CT"),
    party("Kết luận", "KL"),
    both("Quy chế", "QC"),
    party("Thông tri", "TT"),
    both("Hướng dẫn", "HD"),
    both("Thông báo", "TB"),
    both("Thông cáo", "TC"),
    party("Tuyên bố", "TB"),
    party("Lời kêu gọi", "LKG"),
    both("Báo cáo", "BC"),
    both("Kế hoạch", "KH"),
    party("Quy hoạch", "QH"),
    both("Chương trình", "CTr"),
    both("Đề án", "ĐA"),
    both("Phương án", "PA"),
    both("Dự án", "DA"),
    both("Tờ trình", "TTr"),
    party(LETTER, "CV"),
    both("Biên bản", "BB"),
    party("Bản sao", "BS"),
    state("Nghị định", "NĐ"),
    state("Thông tư", "TT"),
    state("Thông tư liên tịch", "TTLT"),
    state("Pháp lệnh", "PL"),
    state("Hợp đồng", "HĐ"),
    state("Công điện", "CĐ"),
    state("Bản ghi nhớ", "BGN"),
    state("Bản thỏa thuận", "BTT"),
    state("Giấy ủy quyền", "GUQ"),
    both("Giấy mời", "GM"),
    both("Giấy giới thiệu", "GGT"),
    state("Giấy nghỉ phép", "GNP"),
    state("Phiếu gửi", "PG"),
    state("Phiếu chuyển", "PC"),
    state("Phiếu báo", "PB"),
    state("Sao y", "SY"),
    state("Trích sao", "TrS"),
    state("Sao lục", "SL"),
];

impl PaperType {
    /// Its abbreviation in a manner.
    pub(crate) fn code(&self, style: Style) -> Option<&'static str> {
        match style {
            Style::Party => self.party,
            Style::State => self.state,
        }
    }
}

/// The types an abbreviation may stand for.
pub(crate) fn types_of_code(code: &str, style: Style) -> Vec<&'static PaperType> {
    TYPES.iter().filter(|kind| kind.code(style) == Some(code)).collect()
}

/// The abbreviation a printed one stands for, and whether an accent had to be mended. With accents first (HD is not
/// HĐ, DA is not ĐA); an accent is mended only where just one abbreviation can be meant (`QD` is always `QĐ`).
pub(crate) fn known_code(printed: &str, style: Style) -> Option<(&'static str, bool)> {
    let codes = || TYPES.iter().filter_map(|kind| kind.code(style));
    if let Some(exact) = codes().find(|code| *code == printed) {
        return Some((exact, false));
    }
    let wanted = fold(printed);
    let mut near = codes().filter(|code| fold(code) == wanted);
    let first = near.next()?;
    near.all(|other| other == first).then_some((first, true))
}

/// A title line's type, how many of its words name it, and how sure that is.
pub(crate) struct TitleMatch {
    /// The type.
    pub(crate) kind: &'static PaperType,
    /// Words of the line that name it; the whole line when it was recognised letter by letter.
    pub(crate) words: usize,
    /// 1.0 with all accents, less when accents or letters had to be overlooked.
    pub(crate) certainty: f32,
}

/// Reads a line in capitals as a title: with accents first, then without, then with one letter wrong.
pub(crate) fn title_type(words: &[&str]) -> Option<TitleMatch> {
    let whole = compact(&words.concat());
    // Longest name first: THÔNG TƯ LIÊN TỊCH before THÔNG TƯ.
    let mut types: Vec<&'static PaperType> = TYPES.iter().filter(|kind| kind.name != LETTER).collect();
    types.sort_by_key(|kind| std::cmp::Reverse(kind.name.len()));
    for exact in [true, false] {
        let same = |a: &str, b: &str| {
            if exact { a.to_lowercase() == b.to_lowercase() } else { fold(a) == fold(b) }
        };
        for kind in &types {
            let name: Vec<&str> = kind.name.split(' ').collect();
            if words.len() >= name.len() && name.iter().zip(words).all(|(a, b)| same(a, trimmed(b))) {
                return Some(TitleMatch { kind, words: name.len(), certainty: if exact { 1.0 } else { 0.9 } });
            }
        }
    }
    // Letters set apart or words run together, then a single wrong letter in a long name, when it can be only one.
    if let Some(kind) = types.iter().find(|kind| compact(kind.name) == whole) {
        return Some(TitleMatch { kind, words: words.len(), certainty: 0.85 });
    }
    let mut near =
        types.iter().filter(|kind| whole.chars().count() >= 7 && distance(&whole, &compact(kind.name), 1).is_some());
    let kind = near.next()?;
    near.next().is_none().then_some(TitleMatch { kind, words: words.len(), certainty: 0.7 })
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// First words (folded) of the names of bodies. A header line that begins so names a body of its own; any other
/// line continues the name above it.
const BODY_STARTS: &[&str] = &[
    "tinh uy",
    "thanh uy",
    "huyen uy",
    "thi uy",
    "quan uy",
    "dang uy",
    "dang bo",
    "dang doan",
    "ban can su",
    "chi bo",
    "trung uong",
    "ban",
    "van phong",
    "uy ban",
    "uy ban nhan dan",
    "ubnd",
    "hdnd",
    "ubkt",
    "hoi dong",
    "bo",
    "so",
    "tong cuc",
    "cuc",
    "chi cuc",
    "vu",
    "phong",
    "truong",
    "hoc vien",
    "trung tam",
    "cong ty",
    "hoi",
    "lien doan",
    "mat tran",
    "doan",
    "tinh doan",
    "toa an",
    "vien",
    "cong an",
    "kho bac",
    "ngan hang",
    "benh vien",
    "thanh tra",
    "quoc hoi",
    "chinh phu",
    "thu tuong",
    "doan thanh nien",
    "bhxh",
    "bao hiem",
    "chi nhanh",
    "bo chi huy",
    "quan khu",
];

/// Whether a header line begins the name of a body.
pub(crate) fn begins_body(line: &str) -> bool {
    let folded = fold(line);
    BODY_STARTS.iter().any(|start| {
        folded
            .strip_prefix(start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| !c.is_alphanumeric()))
    })
}

/// Surnames (folded) that nearly all Vietnamese bear.
const SURNAMES: &[&str] = &[
    "nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ho", "ngo", "duong",
    "ly", "dao", "doan", "vuong", "trinh", "truong", "dinh", "lam", "phung", "mai", "to", "ta", "ha", "luong", "luu",
    "chu", "cao", "thai", "chau", "thong", "kieu", "quach", "tang", "ton", "thach", "van", "dam", "la", "nong", "vi",
    "lo", "quan", "than", "khuc", "nghiem", "giang", "trieu", "mac", "ung", "tong", "au", "tiet", "ninh", "lu", "kim",
    "thi", "bach",
];

/// Whether a word is a common surname.
pub(crate) fn is_surname(word: &str) -> bool {
    SURNAMES.contains(&fold(word).as_str())
}

/// Words (folded) with which the lines of a signing role begin.
const ROLE_STARTS: &[&str] = &[
    "t/m",
    "tm.",
    "tm",
    "k/t",
    "kt.",
    "kt",
    "t/l",
    "tl.",
    "tl",
    "tuq.",
    "tuq",
    "t/uq",
    "q.",
    "bi thu",
    "pho bi thu",
    "chu tich",
    "pho chu tich",
    "giam doc",
    "pho giam doc",
    "tong giam doc",
    "pho tong giam doc",
    "bo truong",
    "thu truong",
    "chanh van phong",
    "pho chanh van phong",
    "truong ban",
    "pho truong ban",
    "truong phong",
    "pho truong phong",
    "chu nhiem",
    "pho chu nhiem",
    "thu tuong",
    "pho thu tuong",
    "tong bi thu",
    "vien truong",
    "chanh an",
    "pho chanh an",
    "hieu truong",
    "pho hieu truong",
    "chi cuc truong",
    "cuc truong",
    "pho cuc truong",
    "tong cuc truong",
    "vu truong",
    "thuong truc",
    "uy vien",
    "chanh thanh tra",
    "tu lenh",
    "chinh uy",
    "chi huy truong",
    "thu truong don vi",
    "doan chu tich",
    "thu ky",
    "chu toa",
    "chu tri",
    "nguoi lap",
    "nguoi ky",
    "ke toan truong",
    "vien pho",
    "pho vien truong",
    "ban thuong vu",
    "truong doan",
    "pho cuc",
];

/// Whether a line in capitals begins like a signing role.
pub(crate) fn begins_role(line: &str) -> bool {
    let folded = fold(line);
    let folded = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    ROLE_STARTS.iter().any(|start| {
        folded.strip_prefix(start).is_some_and(|rest| {
            rest.is_empty() || start.ends_with('.') || rest.starts_with(|c: char| !c.is_alphanumeric())
        })
    })
}
