//! What a paper is about: an abstract that fits "về …", and things its sentences act on.

/// One topic.
pub(crate) struct Topic {
    /// Continues "Về việc …" or "về …".
    pub(crate) about: &'static str,
    /// Objects of its sentences.
    pub(crate) things: &'static [&'static str],
}

/// Topics of 1985.
pub(crate) const OLD: &[Topic] = &[
    Topic {
        about: "tăng cường lãnh đạo sản xuất vụ đông xuân và phòng chống hạn",
        things: &[
            "việc làm đất và chuẩn bị giống cho vụ đông xuân",
            "các công trình thủy lợi đầu mối",
            "phong trào làm phân xanh, phân chuồng",
            "công tác dự báo sâu bệnh trên cây lúa",
            "chế độ khoán sản phẩm đến nhóm và người lao động",
            "việc sử dụng hợp lý xăng dầu và máy kéo",
            "công tác phòng chống hạn ở các xã vùng đồi",
        ],
    },
    Topic {
        about: "tổ chức thu mua lương thực, thực phẩm sau vụ mùa",
        things: &[
            "việc thu thuế nông nghiệp và thu mua lương thực",
            "mạng lưới cửa hàng hợp tác xã mua bán",
            "kho tàng, bến bãi và phương tiện vận chuyển",
            "chính sách giá cả đối với nông sản",
            "hợp đồng kinh tế hai chiều với xã viên",
            "công tác chống đầu cơ, buôn lậu",
        ],
    },
    Topic {
        about: "củng cố tổ chức cơ sở đảng ở nông thôn",
        things: &[
            "công tác phát triển đảng viên trong lực lượng trẻ",
            "nền nếp sinh hoạt chi bộ hằng tháng",
            "việc phát thẻ đảng viên đợt cuối năm",
            "công tác giáo dục chính trị, tư tưởng",
            "việc kiểm tra tư cách đảng viên",
            "mối quan hệ giữa cấp ủy và chính quyền xã",
        ],
    },
    Topic {
        about: "đẩy mạnh phong trào bổ túc văn hóa và xây dựng trường lớp",
        things: &[
            "phong trào bổ túc văn hóa trong thanh niên",
            "việc xây dựng trường lớp bằng vật liệu tại chỗ",
            "đời sống của giáo viên miền núi",
            "việc cấp phát sách giáo khoa đầu năm học",
            "công tác xóa mù chữ ở vùng kinh tế mới",
        ],
    },
    Topic {
        about: "thu thập, bảo quản tài liệu lưu trữ của Đảng bộ tỉnh",
        things: &[
            "việc thu thập tài liệu thời kỳ kháng chiến",
            "kho lưu trữ của Đảng bộ tỉnh",
            "chế độ giao nộp hồ sơ vào lưu trữ hiện hành",
            "công tác bảo vệ bí mật trong văn thư",
            "việc thống kê, lập mục lục hồ sơ",
        ],
    },
    Topic {
        about: "phát triển nghề cá và bảo vệ vùng biển",
        things: &[
            "các tập đoàn đánh cá ven biển",
            "việc đóng mới và sửa chữa tàu thuyền",
            "nguồn cung cấp ngư cụ, lưới sợi",
            "công tác tuần tra bảo vệ vùng biển",
            "nghề làm nước mắm truyền thống",
        ],
    },
];

/// Topics of 2020.
pub(crate) const NEW: &[Topic] = &[
    Topic {
        about: "quản lý, sử dụng chữ ký số trong các cơ quan của Đảng bộ tỉnh",
        things: &[
            "việc ứng dụng chữ ký số trong gửi, nhận văn bản",
            "thiết bị lưu khóa bí mật được giao quản lý",
            "công tác chuyển đổi tài liệu giấy sang tài liệu điện tử",
            "quy trình chứng thực lưu trữ điện tử",
            "hạ tầng mạng thông tin diện rộng của Đảng",
            "việc thu hồi chứng thư số hết hạn",
        ],
    },
    Topic {
        about: "chỉnh lý, số hóa tài liệu lưu trữ lịch sử giai đoạn 1976 - 1991",
        things: &[
            "việc chỉnh lý tài liệu còn tồn đọng tại kho",
            "danh mục hồ sơ, tài liệu đến hạn giao nộp",
            "công tác số hóa tài liệu quý, hiếm",
            "cơ sở dữ liệu lưu trữ dùng chung",
            "chế độ kiểm tra chất lượng ảnh quét",
            "việc bố trí kho bảo quản chuyên dụng",
        ],
    },
    Topic {
        about: "phòng, chống dịch bệnh và bảo đảm an sinh xã hội",
        things: &[
            "các biện pháp phòng, chống dịch tại khu công nghiệp",
            "việc hỗ trợ người lao động mất việc làm",
            "năng lực xét nghiệm của tuyến huyện",
            "công tác tiêm chủng mở rộng",
            "nguồn cung khẩu trang và vật tư y tế",
            "việc chăm lo cho gia đình chính sách",
        ],
    },
    Topic {
        about: "phát triển du lịch biển gắn với bảo vệ môi trường",
        things: &[
            "quy hoạch khu du lịch quốc gia Mũi Né",
            "việc thu gom rác thải nhựa trên bãi biển",
            "các dự án chậm triển khai ven biển",
            "chất lượng nguồn nhân lực du lịch",
            "tuyến đường ven biển Hòa Thắng - Hòa Phú",
            "đề án phát triển kinh tế ban đêm",
        ],
    },
    Topic {
        about: "xây dựng nông thôn mới và giảm nghèo bền vững",
        things: &[
            "chương trình mục tiêu quốc gia xây dựng nông thôn mới",
            "các tiêu chí về giao thông và trường học",
            "mô hình liên kết tiêu thụ thanh long",
            "nguồn vốn vay của Ngân hàng Chính sách xã hội",
            "hệ thống thủy lợi Sông Lũy - Cà Giây",
            "nhà ở cho hộ nghèo vùng đồng bào dân tộc",
        ],
    },
    Topic {
        about: "nâng cao chất lượng đội ngũ cán bộ lãnh đạo, quản lý các cấp",
        things: &[
            "công tác quy hoạch cán bộ giai đoạn 2020 - 2025",
            "việc luân chuyển cán bộ về cơ sở",
            "chế độ đánh giá cán bộ hằng năm",
            "công tác đào tạo lý luận chính trị",
            "việc kiểm soát quyền lực trong công tác cán bộ",
            "tỷ lệ cán bộ trẻ, cán bộ nữ trong cấp ủy",
        ],
    },
    Topic {
        about: "bảo đảm trật tự an toàn giao thông dịp Tết Nguyên đán",
        things: &[
            "việc kiểm tra tải trọng phương tiện",
            "các điểm đen về tai nạn trên Quốc lộ 1A",
            "công tác tuyên truyền pháp luật về giao thông",
            "hệ thống đèn tín hiệu tại các nút giao",
            "việc quản lý bến xe, bến tàu dịp lễ",
        ],
    },
];
