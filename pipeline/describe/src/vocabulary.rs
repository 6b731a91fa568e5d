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

/// Names of bodies, or the part of them that many share.
pub(crate) const BODIES: &[&str] = &[
    "ĐẢNG CỘNG SẢN VIỆT NAM",
    "BAN CHẤP HÀNH TRUNG ƯƠNG",
    "BAN CHẤP HÀNH",
    "BAN BÍ THƯ",
    "BAN THƯỜNG VỤ",
    "BAN THƯỜNG TRỰC",
    "TỈNH ỦY",
    "THÀNH ỦY",
    "HUYỆN ỦY",
    "THỊ ỦY",
    "QUẬN ỦY",
    "ĐẢNG ỦY",
    "ĐẢNG BỘ TỈNH",
    "ĐẢNG BỘ HUYỆN",
    "ĐẢNG BỘ",
    "CHI BỘ",
    "ĐẢNG ĐOÀN",
    "BAN CÁN SỰ ĐẢNG",
    "VĂN PHÒNG",
    "BAN TỔ CHỨC",
    "BAN TUYÊN GIÁO",
    "BAN TUYÊN HUẤN",
    "BAN DÂN VẬN",
    "BAN NỘI CHÍNH",
    "BAN KINH TẾ",
    "BAN TÀI CHÍNH QUẢN TRỊ",
    "ỦY BAN KIỂM TRA",
    "TRƯỜNG CHÍNH TRỊ",
    "ỦY BAN NHÂN DÂN TỈNH",
    "ỦY BAN NHÂN DÂN HUYỆN",
    "ỦY BAN NHÂN DÂN",
    "HỘI ĐỒNG NHÂN DÂN TỈNH",
    "HỘI ĐỒNG NHÂN DÂN HUYỆN",
    "HỘI ĐỒNG NHÂN DÂN",
    "ỦY BAN MẶT TRẬN TỔ QUỐC VIỆT NAM",
    "ỦY BAN MẶT TRẬN TỔ QUỐC",
    "MẶT TRẬN TỔ QUỐC VIỆT NAM",
    "VĂN PHÒNG CHÍNH PHỦ",
    "THỦ TƯỚNG CHÍNH PHỦ",
    "CHÍNH PHỦ",
    "QUỐC HỘI",
    "ỦY BAN THƯỜNG VỤ QUỐC HỘI",
    "SỞ NỘI VỤ",
    "SỞ NÔNG NGHIỆP",
    "SỞ NÔNG NGHIỆP VÀ PHÁT TRIỂN NÔNG THÔN",
    "SỞ TÀI CHÍNH",
    "SỞ XÂY DỰNG",
    "SỞ Y TẾ",
    "SỞ GIÁO DỤC VÀ ĐÀO TẠO",
    "SỞ GIÁO DỤC",
    "SỞ TƯ PHÁP",
    "SỞ CÔNG THƯƠNG",
    "SỞ KẾ HOẠCH VÀ ĐẦU TƯ",
    "SỞ GIAO THÔNG VẬN TẢI",
    "SỞ THỦY LỢI",
    "SỞ TÀI NGUYÊN VÀ MÔI TRƯỜNG",
    "SỞ THÔNG TIN VÀ TRUYỀN THÔNG",
    "SỞ KHOA HỌC VÀ CÔNG NGHỆ",
    "SỞ VĂN HÓA",
    "SỞ THÔNG TIN VÀ",
    "TRUYỀN THÔNG",
    "SỞ LAO ĐỘNG",
    "SỞ THƯƠNG MẠI",
    "SỞ CÔNG NGHIỆP",
    "SỞ THỦY SẢN",
    "SỞ NGOẠI VỤ",
    "BỘ QUỐC PHÒNG",
    "BỘ CÔNG AN",
    "BỘ NỘI VỤ",
    "BỘ TÀI CHÍNH",
    "BỘ TƯ PHÁP",
    "BỘ Y TẾ",
    "BỘ GIÁO DỤC VÀ ĐÀO TẠO",
    "BỘ THÔNG TIN VÀ TRUYỀN THÔNG",
    "BỘ XÂY DỰNG",
    "BỘ CÔNG THƯƠNG",
    "BỘ NGOẠI GIAO",
    "BỘ KẾ HOẠCH VÀ ĐẦU TƯ",
    "BỘ KHOA HỌC VÀ CÔNG NGHỆ",
    "CÔNG AN TỈNH",
    "CÔNG AN HUYỆN",
    "BỘ CHỈ HUY QUÂN SỰ",
    "TÒA ÁN NHÂN DÂN",
    "VIỆN KIỂM SÁT NHÂN DÂN",
    "LIÊN ĐOÀN LAO ĐỘNG",
    "HỘI LIÊN HIỆP PHỤ NỮ",
    "HỘI NÔNG DÂN",
    "HỘI CỰU CHIẾN BINH",
    "CHI CỤC VĂN THƯ",
    "BAN CHỈ ĐẠO",
    "THANH TRA TỈNH",
];

/// Bodies in whose name somebody signs.
const SIGNING_BODIES: &[&str] = &[
    "BAN THƯỜNG VỤ",
    "BAN THƯỜNG TRỰC",
    "BAN CHẤP HÀNH",
    "BAN BÍ THƯ",
    "ỦY BAN NHÂN DÂN",
    "HỘI ĐỒNG NHÂN DÂN",
    "ỦY BAN KIỂM TRA",
    "ỦY BAN MẶT TRẬN TỔ QUỐC",
    "THƯỜNG TRỰC",
];

/// Signing offices.
const OFFICES: &[&str] = &[
    "BÍ THƯ",
    "PHÓ BÍ THƯ",
    "TỔNG BÍ THƯ",
    "CHỦ TỊCH",
    "PHÓ CHỦ TỊCH",
    "GIÁM ĐỐC",
    "PHÓ GIÁM ĐỐC",
    "BỘ TRƯỞNG",
    "THỨ TRƯỞNG",
    "CHÁNH VĂN PHÒNG",
    "PHÓ CHÁNH VĂN PHÒNG",
    "TRƯỞNG BAN",
    "PHÓ TRƯỞNG BAN",
    "TRƯỞNG PHÒNG",
    "PHÓ TRƯỞNG PHÒNG",
    "CHỦ NHIỆM",
    "PHÓ CHỦ NHIỆM",
    "THỦ TƯỚNG",
    "PHÓ THỦ TƯỚNG",
    "CHỦ TRÌ",
    "THƯ KÝ",
    "CHÁNH THANH TRA",
    "HIỆU TRƯỞNG",
    "PHÓ HIỆU TRƯỞNG",
    "CỤC TRƯỞNG",
    "PHÓ CỤC TRƯỞNG",
    "CHÁNH ÁN",
    "VIỆN TRƯỞNG",
    "PHÓ VIỆN TRƯỞNG",
];

/// Puts the accents of known phrases back on words that are theirs letter for letter: capitals lose their accents
/// first, and a folded name of a body is still that body. One word gives one word; longer phrases go first.
pub(crate) fn mend_accents(words: &[&str], phrases: &[&str]) -> Vec<String> {
    let mut mended: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let mut known: Vec<Vec<&str>> = phrases.iter().map(|phrase| phrase.split(' ').collect()).collect();
    known.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let same = |phrase: &&Vec<&str>| {
            phrase.len() <= rest.len() && phrase.iter().zip(rest).all(|(a, b)| fold(a) == fold(trimmed(b)))
        };
        let Some(phrase) = known.iter().find(same) else {
            at += 1;
            continue;
        };
        for (text, word) in mended.iter_mut().skip(at).zip(phrase) {
            *text = text.replace(trimmed(text), word);
        }
        at += phrase.len();
    }
    mended
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

/// Surnames that nearly all Vietnamese bear.
const SURNAMES: &[&str] = &[
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Đào", "Đoàn", "Vương", "Trịnh", "Trương", "Đinh", "Lâm", "Phùng", "Mai", "Tô", "Tạ", "Hà", "Lương", "Lưu",
    "Chu", "Cao", "Thái", "Châu", "Thông", "Kiều", "Quách", "Tăng", "Tôn", "Thạch", "Văn", "Đàm", "Lã", "La", "Nông",
    "Vi", "Lò", "Quan", "Thân", "Khúc", "Nghiêm", "Giang", "Triệu", "Mạc", "Ưng", "Tống", "Âu", "Tiết", "Ninh", "Lữ",
    "Kim", "Bạch", "Chế",
];

/// Whether a word is a common surname, accents aside.
pub(crate) fn is_surname(word: &str) -> bool {
    SURNAMES.iter().any(|surname| fold(surname) == fold(word))
}

/// The surname a misread one must be: its letters are those of one surname alone (*Đương* is *Dương*).
pub(crate) fn mended_surname(word: &str) -> Option<String> {
    let mut same = SURNAMES.iter().filter(|surname| fold(surname) == fold(word));
    let only = same.next()?;
    if same.next().is_some() || only.to_lowercase() == word.to_lowercase() {
        return None;
    }
    Some(if word == word.to_uppercase() { only.to_uppercase() } else { (*only).to_owned() })
}

/// Words (folded) with which a signing role begins that speaks for another.
const ON_BEHALF: &[&str] = &["t m", "tm", "k t", "kt", "t l", "tl", "tuq", "t uq"];

/// Words (folded) with which other offices begin.
const OTHER_OFFICES: &[&str] = &[
    "q",
    "tong giam doc",
    "pho tong giam doc",
    "thu truong",
    "pho chanh an",
    "chi cuc truong",
    "tong cuc truong",
    "vu truong",
    "uy vien",
    "tu lenh",
    "chinh uy",
    "chi huy truong",
    "chu toa",
    "nguoi lap",
    "nguoi ky",
    "ke toan truong",
    "vien pho",
    "truong doan",
    "doan chu tich",
];

/// A text in folded words without punctuation.
fn plain(text: &str) -> String {
    let plain: String = fold(text).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn begins(text: &str, start: &str) -> bool {
    text.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Whether a line speaks for another: *T/M*, *KT.*, *TL.*
pub(crate) fn is_on_behalf(line: &str) -> bool {
    let line = plain(line);
    ON_BEHALF.iter().any(|start| begins(&line, start))
}

/// Whether a line names a person's office. A role without such a line has lost it.
pub(crate) fn names_office(line: &str) -> bool {
    let line = plain(line);
    OTHER_OFFICES.iter().any(|start| begins(&line, start)) || OFFICES.iter().any(|office| begins(&line, &plain(office)))
}

/// Whether a line in capitals begins like a signing role.
pub(crate) fn begins_role(line: &str) -> bool {
    let text = plain(line);
    is_on_behalf(line) || names_office(line) || SIGNING_BODIES.iter().any(|body| begins(&text, &plain(body)))
}

/// A role line's words with the accents of known offices and bodies.
pub(crate) fn mend_role(words: &[&str]) -> Vec<String> {
    let phrases: Vec<&str> = SIGNING_BODIES.iter().chain(OFFICES).copied().collect();
    mend_accents(words, &phrases)
}

/// The office a noisy line must be: one letter wrong, too many or too few (*ZPHÓ GIÁM ĐỐC*), and only one office so near.
pub(crate) fn nearest_office(line: &str) -> Option<&'static str> {
    let wanted = compact(line);
    // *Q. GIÁM ĐỐC* is as near as *ZGIÁM ĐỐC*, but reads well as it is.
    if wanted.chars().count() < 6 || begins_role(line) {
        return None;
    }
    let mut near = OFFICES.iter().filter(|office| distance(&wanted, &compact(office), 1).is_some());
    let only = near.next()?;
    near.next().is_none().then_some(only)
}
