//! Nobody is left with a blank page or a line of English: what cannot be answered is told in the reader's language.

use super::*;

/// A whole page of ours.
async fn told(answer: Response<Body>) -> String {
    let page = text(answer).await;
    assert!(page.contains("<html lang=\"vi\">") && page.contains("<main"), "{page}");
    page
}

#[tokio::test]
async fn what_is_not_understood_is_told_by_a_page() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    for (address, status) in [
        ("/job/abc", StatusCode::NOT_FOUND),
        ("/held/abc", StatusCode::NOT_FOUND),
        ("/picture/abc/1/160", StatusCode::NOT_FOUND),
        ("/job/1?page=", StatusCode::BAD_REQUEST),
        ("/held/1?spot.x=a", StatusCode::BAD_REQUEST),
        ("/book?year=MMXX", StatusCode::BAD_REQUEST),
    ] {
        let answer = house.get(&mut visit, address).await;
        assert_eq!(answer.status(), status, "{address}");
        told(answer).await;
    }
    let request = Request::builder().method(Method::POST).uri("/login").body(Body::from("{}")).expect("request");
    let answer = house.routes.clone().oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    told(answer).await;
    let answer = house.ask(&mut visit, Method::PUT, "/book", &[]).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    told(answer).await;
}

#[tokio::test]
async fn a_document_that_is_not_there_is_not_found() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let token = house.token(&mut visit, "/copies").await;
    let form = [("csrf", token.as_str()), ("decision", "retry"), ("version", "1")];
    for answer in [
        house.get(&mut visit, "/held/99999").await,
        house.get(&mut visit, "/job/99999").await,
        house.ask(&mut visit, Method::POST, "/held/99999", &form).await,
        house.ask(&mut visit, Method::POST, "/held/99999/description", &form).await,
    ] {
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert!(told(answer).await.contains("Không có văn bản nào ở địa chỉ này"));
    }
}

#[tokio::test]
async fn what_takes_forms_only_leads_back_to_its_page() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    // Where the language is changed after a refused correction, and where a login leads that began by leaving.
    assert_eq!(goes_to(&house.get(&mut visit, "/held/7/description?lang=en").await), "/held/7");
    assert!(visit.cookies.contains(&("mocban_lang".to_owned(), "en".to_owned())), "the choice is kept");
    assert_eq!(goes_to(&house.get(&mut visit, "/logout").await), "/");
}

#[tokio::test]
async fn a_page_of_results_that_is_not_there_leads_to_the_last_one() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    assert_eq!(goes_to(&house.get(&mut visit, "/?q=%C4%91&page=50").await), "/?q=%C4%91&page=1");
    assert_eq!(house.get(&mut visit, "/?q=%C4%91&page=1").await.status(), StatusCode::OK);
}
