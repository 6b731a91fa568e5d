//! Decisions and corrections from forms that were opened before somebody else acted.

use model::{HoldReason, event::EventKind, stage::JobState};
use serde_json::json;

use super::{
    documents::{SOURCE, held},
    *,
};

/// What a field of a page's first form holds.
fn field(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    after.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

/// The fields that every form of a page carries.
fn carried(page: &str) -> [(&'static str, String); 2] {
    ["csrf", "version"].map(|name| (name, field(page, name)))
}

impl House {
    /// Sends a form as it was opened, with what a person put into it.
    async fn send(&self, visit: &mut Visit, address: &str, opened: &str, typed: &[(&str, &str)]) -> Response<Body> {
        let carried = carried(opened);
        let carried = carried.iter().map(|(name, value)| (*name, value.as_str()));
        let form: Vec<(&str, &str)> = carried.chain(typed.iter().copied()).collect();
        self.ask(visit, Method::POST, address, &form).await
    }

    /// A held document is tried again, and then held for a mark.
    fn turns_out_secret(&self, no: i64) {
        self.moves(no, EventKind::Tried { source: SOURCE.into() }, json!({}));
        self.moves(no, held(HoldReason::Secret), json!({"secrecy_found": {"level": "mat", "declared": false}}));
    }
}

const ACCEPT: &[(&str, &str)] = &[("decision", "accept"), ("why", "đã hỏi nơi gửi")];

#[tokio::test]
async fn an_old_form_decides_nothing_about_a_document_that_is_held_for_another_reason_by_now() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.holds(HoldReason::InvalidSignature);
    let address = format!("/held/{no}");
    let old = text(house.get(&mut visit, &address).await).await;
    house.turns_out_secret(no);
    let answer = house.send(&mut visit, &address, &old, ACCEPT).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "{}", goes_to(&answer));
    let page = text(answer).await;
    assert!(page.contains("đã thay đổi") && page.contains("có dấu hoặc khai báo độ mật"), "{page}");
    assert!(matches!(house.state(no), JobState::Held(_, reason) if reason == HoldReason::Secret.code()));
    // The page that was shown instead speaks of the document as it is.
    assert_eq!(goes_to(&house.send(&mut visit, &address, &page, ACCEPT).await), "/held");
    assert!(matches!(house.state(no), JobState::Ready(_)));
}

#[tokio::test]
async fn an_old_form_says_where_a_document_is_that_waits_no_more() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.holds(HoldReason::Unreadable);
    let address = format!("/held/{no}");
    let old = text(house.get(&mut visit, &address).await).await;
    assert_eq!(goes_to(&house.send(&mut visit, &address, &old, &[("decision", "reject")]).await), "/held");
    let answer = house.send(&mut visit, &address, &old, &[("decision", "retry")]).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "{}", goes_to(&answer));
    let page = text(answer).await;
    assert!(page.contains("đã thay đổi") && page.contains(&format!("href=\"/job/{no}\"")), "{page}");
    assert_eq!(house.state(no), JobState::Rejected);
}

#[tokio::test]
async fn an_old_correction_does_not_put_a_colleagues_fields_back() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.under_review("754", "Quyết đinh");
    let (page, address) = (format!("/held/{no}"), format!("/held/{no}/description"));
    let old = text(house.get(&mut visit, &page).await).await;
    let colleague = [("field-number", "745"), ("field-subject", "Quyết đinh")];
    assert_eq!(goes_to(&house.send(&mut visit, &address, &old, &colleague).await), page);
    let mine = [("field-number", "754"), ("field-subject", "Quyết định")];
    let answer = house.send(&mut visit, &address, &old, &mine).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "{}", goes_to(&answer));
    let shown = text(answer).await;
    assert_eq!(field(&shown, "field-number"), "745", "as it is now");
    assert!(shown.contains("đã thay đổi") && shown.contains("Quyết định"), "what was typed is not lost: {shown}");
    let kept = house.app.home.register.job(no).expect("job").card["description"].clone();
    assert_eq!((&kept["number"]["value"], &kept["subject"]["value"]), (&json!("745"), &json!("Quyết đinh")));
    let mine = [("field-number", "745"), ("field-subject", "Quyết định")];
    assert_eq!(goes_to(&house.send(&mut visit, &address, &shown, &mine).await), page);
    // An approval that was opened before the correction approves nothing.
    let answer = house.send(&mut visit, &page, &old, &[("decision", "approve")]).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "{}", goes_to(&answer));
}

#[tokio::test]
async fn a_refused_correction_is_shown_again_as_it_was_typed() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.under_review("754", "Quyết định");
    let opened = text(house.get(&mut visit, &format!("/held/{no}")).await).await;
    let typed = [("field-number", "745"), ("field-issued_date", "12/3/1985")];
    let answer = house.send(&mut visit, &format!("/held/{no}/description"), &opened, &typed).await;
    let shown = text(answer).await;
    assert_eq!(
        (field(&shown, "field-number").as_str(), field(&shown, "field-issued_date").as_str()),
        ("745", "12/3/1985")
    );
}

#[tokio::test]
async fn what_is_no_number_is_not_taken_for_none() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.holds(HoldReason::Incomplete);
    let address = format!("/held/{no}");
    let opened = text(house.get(&mut visit, &address).await).await;
    let counted = [("decision", "accept"), ("why", "đã đếm"), ("sheets", "hai")];
    let answer = house.send(&mut visit, &address, &opened, &counted).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{}", goes_to(&answer));
    assert!(text(answer).await.contains("Số tờ phải là"));
    assert!(matches!(house.state(no), JobState::Held(..)));
}

#[tokio::test]
async fn a_refused_decision_keeps_the_reason_that_was_typed() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.holds(HoldReason::Incomplete);
    let address = format!("/held/{no}");
    let opened = text(house.get(&mut visit, &address).await).await;
    assert_eq!((field(&opened, "why"), opened.contains("<details open>")), (String::new(), false));
    let counted = [("decision", "accept"), ("why", "đã <đếm> \"lại\""), ("sheets", "hai")];
    let shown = text(house.send(&mut visit, &address, &opened, &counted).await).await;
    assert_eq!(field(&shown, "why"), "đã &#60;đếm&#62; &#34;lại&#34;", "{shown}");
    assert_eq!(shown.matches("đã &#60;đếm").count(), 1, "in the form it was typed into: {shown}");
    assert!(shown.contains("<details open>"), "in sight");
}

#[tokio::test]
async fn a_reason_for_a_document_that_changed_is_shown_and_not_taken_for_this_one() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.holds(HoldReason::InvalidSignature);
    let address = format!("/held/{no}");
    let old = text(house.get(&mut visit, &address).await).await;
    house.turns_out_secret(no);
    let shown = text(house.send(&mut visit, &address, &old, ACCEPT).await).await;
    assert!(shown.contains("đã hỏi nơi gửi") && field(&shown, "why").is_empty(), "{shown}");
}

#[tokio::test]
async fn the_log_tells_of_no_look_at_what_was_not_shown() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let no = house.holds(HoldReason::Secret);
    let answer = house.get(&mut visit, &format!("/picture/{no}/1/1000")).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let log = house.app.desk.newest_accesses(9).expect("log");
    assert!(log.iter().all(|access| access.act != "view"), "{log:?}");
}
