//! Writes papers: a body, a topic, a type and a number of pages become a [`Paper`].

use super::{
    bank::{
        names,
        organs::{self, Organ},
        sentences::Writer,
        topics,
    },
    paper::{Block, BlockKind, Era, Kind, Paper, Profile, Stamps},
    prng::Seeded,
};

/// What is asked of a paper.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Whose forms.
    pub profile: Profile,
    /// Made when.
    pub era: Era,
    /// Its type.
    pub kind: Kind,
    /// Issued by the Fatherland Front, whatever the profile.
    pub front: bool,
    /// Exactly so many pages.
    pub pages: u32,
}

/// How a paper fills its pages when laid out.
#[derive(Debug, Clone, Copy)]
pub struct Fill {
    /// Pages it takes.
    pub pages: u32,
    /// How far down the last page its end stands, 0 to 1.
    pub last: f64,
}

/// Writes a paper of exactly the asked pages; `measure` lays out a draft.
pub fn compose(request: Request, rng: &Seeded, measure: impl Fn(&Paper) -> Fill) -> Paper {
    let mut draft = Draft::start(request, rng);
    let enough = rng.fork("length").real(0.5, 0.95);
    let mut paper = draft.paper();
    let mut fill = measure(&paper);
    loop {
        let missing = request.pages.saturating_sub(fill.pages);
        if missing == 0 && fill.last >= enough {
            return paper;
        }
        let units = if missing > 1 { (missing - 1) * 2 } else { 1 };
        for _ in 0..units {
            draft.grow();
        }
        let longer = draft.paper();
        let longer_fill = measure(&longer);
        if longer_fill.pages > request.pages {
            return paper;
        }
        (paper, fill) = (longer, longer_fill);
    }
}

struct Draft<'a> {
    request: Request,
    paper: Paper,
    opening: Vec<Block>,
    middle: Vec<Block>,
    closing: Vec<Block>,
    writer: Writer<'a>,
    rng: Seeded,
    articles: u32,
}

impl Draft<'static> {
    fn start(request: Request, seed: &Seeded) -> Self {
        let mut rng = seed.fork("paper");
        let organ = organ(request, &mut rng);
        let topics = match request.era {
            Era::Typewriter => topics::OLD,
            Era::Laser => topics::NEW,
        };
        let topic = &topics[rng.whole(0, topics.len() as u32 - 1) as usize];
        let year = match request.era {
            Era::Typewriter => rng.whole(1983, 1988),
            Era::Laser => rng.whole(2015, 2022),
        };
        let number = rng.whole(1, 1400);
        let signer = names::person(&mut rng);
        let mut sign_off = organ.sign_off(recipients(request, &mut rng), signer, &mut rng);
        if request.kind == Kind::Minutes {
            sign_off.on_behalf.clear();
            sign_off.role = "CHỦ TRÌ".into();
            sign_off.second = Some(("THƯ KÝ".into(), names::person(&mut rng)));
        }
        let paper = Paper {
            profile: organ.profile,
            era: request.era,
            kind: request.kind,
            superior: organ.superior.clone(),
            issuer: organ.name.clone(),
            number: if number < 10 { format!("{number:02}") } else { number.to_string() },
            notation: notation(request.kind, &organ, &mut rng),
            place: if request.era == Era::Typewriter { "Phan Thiết" } else { "Bình Thuận" }.into(),
            date: (year, rng.whole(1, 12), rng.whole(1, 28)),
            subject: subject(request.kind, topic.about),
            blocks: Vec::new(),
            sign_off,
            stamps: Stamps::default(),
            top_mm: rng.real(22.0, 34.0),
        };
        let writer = Writer::new(seed.fork("text"), topic, request.era, year);
        let mut draft = Self {
            request,
            paper,
            opening: vec![],
            middle: vec![],
            closing: vec![],
            writer,
            rng: seed.fork("draft"),
            articles: 0,
        };
        draft.frame(&organ);
        draft.grow();
        draft
    }

    /// The paper as it stands.
    fn paper(&self) -> Paper {
        let mut paper = self.paper.clone();
        paper.blocks = [&self.opening[..], &self.middle, &self.closing].concat();
        paper
    }

    /// Opening and closing of the type.
    fn frame(&mut self, organ: &Organ) {
        match self.request.kind {
            Kind::Decision | Kind::Resolution => {
                for basis in self.bases() {
                    self.opening.push(block(BlockKind::Basis, "", &basis));
                }
                if self.request.kind == Kind::Decision {
                    self.opening.push(block(BlockKind::Order, "", &format!("{} QUYẾT ĐỊNH:", organ.voice)));
                } else {
                    self.opening.push(block(BlockKind::Order, "", "QUYẾT NGHỊ:"));
                }
            }
            Kind::Letter | Kind::Proposal => {
                let to = self.rng.pick(&[
                    "Thường trực Tỉnh ủy",
                    "Ủy ban nhân dân các huyện, thị xã",
                    "Ban Cán sự đảng Ủy ban nhân dân tỉnh",
                    "Cục Lưu trữ Văn phòng Trung ương Đảng",
                ]);
                self.opening.push(block(BlockKind::Addressee, "", &format!("Kính gửi: {to}")));
                let intro = self.writer.paragraph(2);
                self.opening.push(block(BlockKind::Body, "", &intro));
                let end = "Trân trọng đề nghị các đồng chí quan tâm, phối hợp thực hiện./.";
                self.closing.push(block(BlockKind::Body, "", end));
            }
            Kind::Minutes => self.frame_minutes(),
            Kind::Directive | Kind::Notice | Kind::Report | Kind::Plan | Kind::Guidance => {
                let intro = self.writer.paragraph(2);
                self.opening.push(block(BlockKind::Body, "", &intro));
                if self.request.kind == Kind::Directive {
                    let end = "Chỉ thị này được phổ biến đến chi bộ. Văn phòng theo dõi, đôn đốc và báo cáo kết quả thực hiện.";
                    self.closing.push(block(BlockKind::Body, "", end));
                }
            }
        }
    }

    fn frame_minutes(&mut self) {
        let (hour, people) = (self.rng.whole(7, 9), self.rng.whole(9, 31));
        let chair = self.paper.sign_off.name.clone();
        let clerk = self.paper.sign_off.second.as_ref().map_or_else(String::new, |(_, name)| name.clone());
        let (year, month, day) = self.paper.date;
        for (lead, text) in [
            ("1. Thời gian:", format!("{hour} giờ 30 phút, ngày {day:02}/{month:02}/{year}, tại hội trường cơ quan.")),
            ("2. Thành phần:", format!("gồm {people} đồng chí, vắng {} có lý do.", self.rng.whole(1, 3))),
            ("3. Chủ trì:", format!("đồng chí {chair}; thư ký: đồng chí {clerk}.")),
        ] {
            self.opening.push(block(BlockKind::Body, lead, &text));
        }
        self.opening.push(block(BlockKind::Heading, "", "4. Nội dung thảo luận"));
        let end = format!(
            "Biên bản kết thúc vào lúc {} giờ cùng ngày, đã đọc cho mọi người cùng nghe và thống nhất ký tên.",
            hour + 3
        );
        self.closing.push(block(BlockKind::Body, "", &end));
    }

    /// One more unit of the middle.
    fn grow(&mut self) {
        self.articles += 1;
        let n = self.articles;
        match self.request.kind {
            Kind::Decision | Kind::Resolution => {
                let text = if n.is_multiple_of(3) { self.writer.paragraph(2) } else { self.writer.task() };
                self.middle.push(block(BlockKind::Body, &format!("Điều {n}."), &text));
            }
            Kind::Minutes => {
                let who = names::person(&mut self.rng);
                let text = self.writer.paragraph(2);
                self.middle.push(block(BlockKind::Body, "", &format!("- Đồng chí {who}: {text}")));
            }
            Kind::Letter | Kind::Proposal | Kind::Notice => {
                let text = self.writer.paragraph(2);
                self.middle.push(block(BlockKind::Body, "", &format!("{n}. {text}")));
            }
            Kind::Directive | Kind::Report | Kind::Plan | Kind::Guidance => {
                if n % 4 == 1 {
                    let heading = format!("{}. {}", roman(n / 4 + 1), self.writer.heading());
                    self.middle.push(block(BlockKind::Heading, "", &heading));
                }
                let sentences = self.rng.whole(2, 4);
                let text = self.writer.paragraph(sentences);
                self.middle.push(block(BlockKind::Body, "", &text));
            }
        }
    }

    fn bases(&mut self) -> Vec<String> {
        let year = self.paper.date.0;
        let office = names::person(&mut self.rng);
        let first = match self.paper.profile {
            Profile::Party => "- Căn cứ Điều lệ Đảng Cộng sản Việt Nam;".to_owned(),
            Profile::State => "Căn cứ Luật Tổ chức Hội đồng nhân dân và Ủy ban nhân dân;".to_owned(),
        };
        // Numbers of other papers stand here on purpose: the paper's own number is not to be read from them.
        let second = match self.paper.profile {
            Profile::Party => format!(
                "- Căn cứ Quyết định số {}-QĐ/TW ngày {:02}/{:02}/{} của Ban Bí thư Trung ương;",
                self.rng.whole(11, 320),
                self.rng.whole(1, 28),
                self.rng.whole(1, 12),
                year - 1
            ),
            Profile::State => format!(
                "Căn cứ Nghị định số {}/{}/NĐ-CP ngày {:02}/{:02}/{} của Chính phủ;",
                self.rng.whole(11, 160),
                year - 1,
                self.rng.whole(1, 28),
                self.rng.whole(1, 12),
                year - 1
            ),
        };
        let third = match self.paper.profile {
            Profile::Party => format!("- Xét đề nghị của Văn phòng Tỉnh ủy và ý kiến của đồng chí {office},"),
            Profile::State => {
                format!("Theo đề nghị của ông {office} tại Tờ trình số {}/TTr-VP,", self.rng.whole(11, 420))
            }
        };
        vec![first, second, third]
    }
}

fn organ(request: Request, rng: &mut Seeded) -> Organ {
    if request.front {
        return organs::front(request.era);
    }
    let mut all = match request.profile {
        Profile::Party => organs::party(request.era),
        Profile::State => organs::state(request.era),
    };
    all.swap_remove(rng.whole(0, all.len() as u32 - 1) as usize)
}

fn notation(kind: Kind, organ: &Organ, rng: &mut Seeded) -> String {
    match organ.profile {
        Profile::Party => format!("{}/{}", kind.code(), organ.code),
        // A State letter has no type in its notation, but the unit that drew it up.
        Profile::State if kind == Kind::Letter => format!("{}-{}", organ.code, rng.pick(&["NC", "TH", "KT", "VX"])),
        Profile::State => format!("{}-{}", kind.code(), organ.code),
    }
}

fn subject(kind: Kind, about: &str) -> String {
    match kind {
        Kind::Letter => about.to_owned(),
        Kind::Minutes => format!("Hội nghị bàn về việc {about}"),
        Kind::Report => format!("kết quả thực hiện nhiệm vụ {about}"),
        Kind::Decision | Kind::Proposal => format!("về việc {about}"),
        Kind::Directive | Kind::Notice | Kind::Plan | Kind::Resolution | Kind::Guidance => format!("về {about}"),
    }
}

fn recipients(request: Request, rng: &mut Seeded) -> Vec<String> {
    const NEW: &[&str] = &[
        "Thường trực Tỉnh ủy (báo cáo)",
        "Văn phòng Trung ương Đảng",
        "Các huyện ủy, thị ủy, thành ủy",
        "Các ban đảng, đảng đoàn",
        "Ủy ban nhân dân tỉnh",
        "Các sở, ban, ngành cấp tỉnh",
        "Chi cục Văn thư - Lưu trữ",
    ];
    const OLD: &[&str] = &[
        "Ban Bí thư (để báo cáo)",
        "Các ban của Tỉnh ủy",
        "Các huyện, thị ủy",
        "Các ty, sở trong tỉnh",
        "Ủy ban nhân dân tỉnh",
    ];
    let pool = if request.era == Era::Laser { NEW } else { OLD };
    let first = rng.whole(0, pool.len() as u32 - 1) as usize;
    let mut lines: Vec<String> =
        (0..rng.whole(2, 4) as usize).map(|i| format!("- {},", pool[(first + i) % pool.len()])).collect();
    lines.push(if request.profile == Profile::Party { "- Lưu Văn phòng." } else { "- Lưu: VT, TH." }.to_owned());
    lines
}

fn block(kind: BlockKind, lead: &str, text: &str) -> Block {
    Block { kind, lead: lead.to_owned(), text: text.to_owned() }
}

fn roman(n: u32) -> String {
    if n > 39 {
        return n.to_string();
    }
    let (tens, ones) = (n / 10, n % 10);
    let ones = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][ones as usize];
    format!("{}{ones}", "X".repeat(tens as usize))
}
