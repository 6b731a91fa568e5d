//! The grammar: joins phrases into sentences and paragraphs.

use super::{
    names::{COMMUNES, DISTRICTS},
    phrases::{ACTORS_NEW, ACTORS_OLD, ACTS, ENDS, MANNERS, MEASURES, OPENINGS, WHOLE},
    topics::Topic,
};
use crate::papers::{paper::Era, prng::Seeded};

/// Makes sentences about one topic in one era.
pub(crate) struct Writer<'a> {
    rng: Seeded,
    topic: &'a Topic,
    era: Era,
    year: u32,
}

impl<'a> Writer<'a> {
    /// A writer with numbers of its own.
    pub(crate) fn new(rng: Seeded, topic: &'a Topic, era: Era, year: u32) -> Self {
        Self { rng, topic, era, year }
    }

    /// One sentence.
    pub(crate) fn sentence(&mut self) -> String {
        match self.rng.whole(0, 9) {
            0..=4 => self.task(),
            5 | 6 => self.result(),
            7 => self.incident(),
            8 => self.rng.pick(WHOLE).to_owned(),
            _ => self.deadline(),
        }
    }

    /// A paragraph of so many sentences.
    pub(crate) fn paragraph(&mut self, sentences: u32) -> String {
        (0..sentences).map(|_| self.sentence()).collect::<Vec<_>>().join(" ")
    }

    /// An order to somebody, as in a `Điều`.
    pub(crate) fn task(&mut self) -> String {
        let actor = self.actor();
        let act = self.rng.pick(ACTS);
        let thing = self.rng.pick(self.topic.things);
        let manner = self.rng.pick(MANNERS);
        let mut text = match self.rng.whole(0, 3) {
            0 => format!("{} {actor} {act} {thing} {manner}", self.rng.pick(OPENINGS)),
            1 => format!("{} cần {act} {thing}, {manner}", capital(actor)),
            2 => format!("Giao {actor} {act} {thing} {manner}"),
            _ => format!("{} có trách nhiệm {act} {thing}", capital(actor)),
        };
        if self.rng.chance(0.45) {
            text.push_str(", ");
            text.push_str(self.rng.pick(ENDS));
        }
        text.push('.');
        text
    }

    /// A short heading for a section.
    pub(crate) fn heading(&mut self) -> String {
        let act =
            self.rng.pick(&["Tăng cường", "Nâng cao chất lượng", "Kết quả thực hiện", "Đẩy mạnh", "Tình hình", "Về"]);
        format!("{act} {}", self.rng.pick(self.topic.things))
    }

    /// A measured result.
    fn result(&mut self) -> String {
        let (did, of) = MEASURES[self.rng.whole(0, MEASURES.len() as u32 - 1) as usize];
        let amount = thousands(self.rng.whole(12, 48_000));
        let (share, more) = (self.rng.whole(61, 118), self.rng.whole(2, 37));
        let place = self.place();
        let year = self.year;
        match self.rng.whole(0, 2) {
            0 => format!(
                "Tính đến cuối tháng {}, {place} đã {did} {amount} {of}, đạt {share}% kế hoạch năm {year}.",
                self.rng.whole(2, 12)
            ),
            1 => format!(
                "Trong năm {}, toàn tỉnh {did} {amount} {of}, tăng {more}% so với cùng kỳ; riêng {place} đạt {share}%.",
                year - 1
            ),
            _ => format!("Chỉ tiêu phấn đấu trong năm {year} là {did} {amount} {of}, trong đó {place} chiếm {more}%."),
        }
    }

    fn incident(&mut self) -> String {
        let (place, thing) = (self.place(), self.rng.pick(self.topic.things));
        let people = self.rng.whole(3, 460);
        match self.rng.whole(0, 2) {
            0 => format!("Tại {place}, có {people} hộ dân kiến nghị về {thing}, hiện đang được xem xét giải quyết."),
            1 => {
                format!("Đoàn công tác đã làm việc với {place} về {thing}, lấy ý kiến của {people} cán bộ, đảng viên.")
            }
            _ => format!("Ở {place}, {thing} còn lúng túng, có nơi bỏ trống {people} ngày không người phụ trách."),
        }
    }

    fn deadline(&mut self) -> String {
        let actor = self.actor();
        let (day, month) = (self.rng.whole(5, 28), self.rng.whole(2, 12));
        format!(
            "{} gửi báo cáo kết quả về Văn phòng trước ngày {day}/{month}/{} để tổng hợp.",
            capital(actor),
            self.year
        )
    }

    fn actor(&mut self) -> &'static str {
        self.rng.pick(match self.era {
            Era::Typewriter => ACTORS_OLD,
            Era::Laser => ACTORS_NEW,
        })
    }

    fn place(&mut self) -> &'static str {
        if self.rng.chance(0.5) { self.rng.pick(DISTRICTS) } else { self.rng.pick(COMMUNES) }
    }
}

/// First letter upper case.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Vietnamese grouping: 12.345.
fn thousands(value: u32) -> String {
    if value < 1000 { value.to_string() } else { format!("{}.{:03}", value / 1000, value % 1000) }
}
