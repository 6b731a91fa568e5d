//! Bodies that issue papers, with how they write themselves.

use crate::papers::{
    paper::{Era, Profile, SealText, SignOff},
    prng::Seeded,
};

/// An issuing body in one era.
#[derive(Debug, Clone)]
pub(crate) struct Organ {
    pub(crate) profile: Profile,
    pub(crate) superior: Option<String>,
    pub(crate) name: String,
    /// In the notation after the slash or hyphen.
    pub(crate) code: &'static str,
    /// Who speaks: `BAN THƯỜNG VỤ TỈNH ỦY`.
    pub(crate) voice: &'static str,
    /// Above the head's role.
    behalf: &'static str,
    head: &'static str,
    deputy: &'static str,
    seal: SealText,
}

/// Every Party body of an era.
pub(crate) fn party(era: Era) -> Vec<Organ> {
    let province = province(era);
    let committee = format!("TỈNH ỦY {province}");
    let agency = |name: &str, code, voice, head, deputy| Organ {
        profile: Profile::Party,
        superior: Some(committee.clone()),
        name: name.to_owned(),
        code,
        voice,
        behalf: "",
        head,
        deputy,
        seal: SealText { ring: format!("ĐẢNG CỘNG SẢN VIỆT NAM - {committee}"), middle: lines(name) },
    };
    let top = |superior: Option<String>, name: String, code, voice| Organ {
        profile: Profile::Party,
        superior,
        seal: SealText {
            ring: format!("BAN CHẤP HÀNH ĐẢNG BỘ TỈNH {province}"),
            middle: vec!["ĐẢNG".into(), "CỘNG SẢN".into(), "VIỆT NAM".into()],
        },
        name,
        code,
        voice,
        behalf: "T/M BAN THƯỜNG VỤ",
        head: "BÍ THƯ",
        deputy: "PHÓ BÍ THƯ",
    };
    vec![
        top(None, committee.clone(), "TU", "BAN THƯỜNG VỤ TỈNH ỦY"),
        agency("VĂN PHÒNG", "VPTU", "VĂN PHÒNG TỈNH ỦY", "CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"),
        agency("BAN TỔ CHỨC", "BTCTU", "BAN TỔ CHỨC TỈNH ỦY", "TRƯỞNG BAN", "PHÓ TRƯỞNG BAN"),
        top(Some(format!("ĐẢNG BỘ TỈNH {province}")), "HUYỆN ỦY TUY PHONG".into(), "HU", "BAN THƯỜNG VỤ HUYỆN ỦY"),
        agency("ỦY BAN KIỂM TRA", "UBKTTU", "ỦY BAN KIỂM TRA TỈNH ỦY", "CHỦ NHIỆM", "PHÓ CHỦ NHIỆM"),
        top(Some(format!("ĐẢNG BỘ TỈNH {province}")), "HUYỆN ỦY ĐỨC LINH".into(), "HU", "BAN THƯỜNG VỤ HUYỆN ỦY"),
        agency("BAN TUYÊN GIÁO", "BTGTU", "BAN TUYÊN GIÁO TỈNH ỦY", "TRƯỞNG BAN", "PHÓ TRƯỞNG BAN"),
    ]
}

/// Every State body of an era.
pub(crate) fn state(era: Era) -> Vec<Organ> {
    let province = province(era);
    let star = |ring: String| SealText { ring, middle: Vec::new() };
    let people = |superior, name: String, code, voice| Organ {
        profile: Profile::State,
        superior,
        seal: star(name.clone()),
        name,
        code,
        voice,
        behalf: "TM. ỦY BAN NHÂN DÂN",
        head: "CHỦ TỊCH",
        deputy: "PHÓ CHỦ TỊCH",
    };
    let department = |name: &str, code, voice| Organ {
        profile: Profile::State,
        superior: Some(format!("ỦY BAN NHÂN DÂN TỈNH {province}")),
        seal: SealText { ring: format!("ỦY BAN NHÂN DÂN TỈNH {province}"), middle: lines(name) },
        name: name.to_owned(),
        code,
        voice,
        behalf: "",
        head: "GIÁM ĐỐC",
        deputy: "PHÓ GIÁM ĐỐC",
    };
    let provincial = format!("ỦY BAN NHÂN DÂN TỈNH {province}");
    let short = if era == Era::Typewriter { "UB" } else { "UBND" };
    let mut all = vec![
        people(None, provincial.clone(), short, "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH"),
        department("SỞ NỘI VỤ", "SNV", "GIÁM ĐỐC SỞ NỘI VỤ"),
        people(Some(provincial), "ỦY BAN NHÂN DÂN HUYỆN TUY PHONG".into(), short, "ỦY BAN NHÂN DÂN HUYỆN"),
        department("SỞ NÔNG NGHIỆP", "SNN", "GIÁM ĐỐC SỞ NÔNG NGHIỆP"),
    ];
    if era == Era::Laser {
        all.push(department("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "STTTT", "GIÁM ĐỐC SỞ THÔNG TIN VÀ TRUYỀN THÔNG"));
    }
    all
}

/// The Fatherland Front: its name begins like a secrecy mark and is none.
pub(crate) fn front(era: Era) -> Organ {
    let province = province(era);
    Organ {
        profile: Profile::State,
        superior: Some(format!("ỦY BAN MẶT TRẬN TỔ QUỐC VIỆT NAM TỈNH {province}")),
        name: "BAN THƯỜNG TRỰC".into(),
        code: "MTTQ-BTT",
        voice: "BAN THƯỜNG TRỰC ỦY BAN MẶT TRẬN TỔ QUỐC VIỆT NAM TỈNH",
        behalf: "TM. BAN THƯỜNG TRỰC",
        head: "CHỦ TỊCH",
        deputy: "PHÓ CHỦ TỊCH",
        seal: SealText { ring: format!("MẶT TRẬN TỔ QUỐC VIỆT NAM TỈNH {province}"), middle: Vec::new() },
    }
}

impl Organ {
    /// The end of one of its papers.
    pub(crate) fn sign_off(&self, recipients: Vec<String>, name: String, rng: &mut Seeded) -> SignOff {
        let by_deputy = rng.chance(0.4);
        let mut on_behalf = if self.behalf.is_empty() { vec![] } else { vec![self.behalf.to_owned()] };
        // A Party deputy secretary signs for the standing committee; elsewhere a deputy signs in the head's stead.
        if by_deputy && !self.behalf.starts_with("T/M") {
            let prefix = if self.profile == Profile::Party { "K/T" } else { "KT." };
            on_behalf.push(format!("{prefix} {}", self.head));
        }
        let role = if by_deputy { self.deputy } else { self.head }.to_owned();
        SignOff { recipients, on_behalf, role, name, second: None, seal: self.seal.clone() }
    }
}

/// Name of the province: until 1991 it was part of Thuận Hải.
fn province(era: Era) -> &'static str {
    match era {
        Era::Typewriter => "THUẬN HẢI",
        Era::Laser => "BÌNH THUẬN",
    }
}

/// A body's name broken for the middle of a seal.
fn lines(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(' ').collect();
    words.chunks(2).map(|chunk| chunk.join(" ")).collect()
}
