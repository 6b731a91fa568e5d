//! Invented people, and places of the province the papers come from.

use crate::papers::prng::Seeded;

const FAMILY: &[&str] = &[
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Trương", "Đinh", "Mai", "Lương", "Tô", "Thông",
];
const MIDDLE_MEN: &[&str] =
    &["Văn", "Hữu", "Mạnh", "Quốc", "Đức", "Minh", "Ngọc", "Xuân", "Thanh", "Công", "Bá", "Trọng", "Tiến", "Duy"];
const GIVEN_MEN: &[&str] = &[
    "Hùng", "Dũng", "Phúc", "Nghĩa", "Thắng", "Bình", "Lộc", "Hiếu", "Khánh", "Sơn", "Tài", "Vĩnh", "Cường", "Hải",
    "Lâm", "Quang", "Thịnh", "Toàn", "Trí", "Tùng", "Độ", "Khương",
];
const MIDDLE_WOMEN: &[&str] = &["Thị", "Thị Ngọc", "Thị Minh", "Thị Kim", "Thị Thu", "Thị Bích"];
const GIVEN_WOMEN: &[&str] =
    &["Hoa", "Lan", "Hạnh", "Nguyệt", "Phượng", "Thủy", "Yến", "Hồng", "Mai", "Tuyết", "Hương", "Ánh", "Cúc", "Điệp"];

/// Districts, with what they are called in running text.
pub(crate) const DISTRICTS: &[&str] = &[
    "huyện Tuy Phong",
    "huyện Bắc Bình",
    "huyện Hàm Thuận Bắc",
    "huyện Hàm Thuận Nam",
    "huyện Tánh Linh",
    "huyện Đức Linh",
    "huyện Hàm Tân",
    "huyện đảo Phú Quý",
    "thị xã La Gi",
    "thành phố Phan Thiết",
];
/// Communes and townships.
pub(crate) const COMMUNES: &[&str] = &[
    "xã Hòa Minh",
    "xã Chí Công",
    "thị trấn Phan Rí Cửa",
    "thị trấn Liên Hương",
    "xã Sông Lũy",
    "thị trấn Ma Lâm",
    "xã Mương Mán",
    "thị trấn Thuận Nam",
    "thị trấn Lạc Tánh",
    "xã Gia An",
    "thị trấn Võ Xu",
    "xã Tân Minh",
    "xã Tam Thanh",
    "phường Mũi Né",
    "phường Hàm Tiến",
    "xã Phan Thanh",
    "xã Bình An",
    "xã Đông Giang",
    "xã Suối Kiết",
    "xã Vĩnh Hảo",
];

/// A full name.
pub(crate) fn person(rng: &mut Seeded) -> String {
    let family = rng.pick(FAMILY);
    if rng.chance(0.25) {
        format!("{family} {} {}", rng.pick(MIDDLE_WOMEN), rng.pick(GIVEN_WOMEN))
    } else {
        format!("{family} {} {}", rng.pick(MIDDLE_MEN), rng.pick(GIVEN_MEN))
    }
}
