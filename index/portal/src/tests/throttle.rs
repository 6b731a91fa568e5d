//! Guessing is slow, and slows nobody else.

use super::*;

/// A browser of which the proxy tells the address.
fn from(address: &str) -> Visit {
    Visit { headers: vec![("x-forwarded-for", address.to_owned())], ..Visit::default() }
}

impl House {
    async fn chooses(&self, visit: &mut Visit, present: &str, chosen: &str) -> Response<Body> {
        let token = self.token(visit, "/password").await;
        let form = [("present", present), ("chosen", chosen), ("again", chosen), ("csrf", token.as_str())];
        self.ask(visit, Method::POST, "/password", &form).await
    }
}

/// In how many seconds one may try again.
fn retry_after(answer: &Response<Body>) -> i64 {
    let told = answer.headers().get(header::RETRY_AFTER).expect("Retry-After").to_str().expect("text");
    told.parse().expect("seconds")
}

#[tokio::test]
async fn after_some_failures_an_account_is_tried_again_after_a_while() {
    let house = House::new();
    let password = house.password("an", Role::Archivist);
    for _ in 0..5 {
        let wrong = house.login(&mut Visit::default(), "an", "guess").await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    }
    let mut before = 0;
    for _ in 0..8 {
        let throttled = house.login(&mut Visit::default(), "an", &password).await;
        assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait = retry_after(&throttled);
        assert!(before <= wait && wait <= 60, "{before} {wait}");
        let told = text(throttled).await;
        assert!(told.contains(&format!("sau {wait} giây")), "{told}");
        before = wait;
        house.clock.advance(wait);
        assert_eq!(house.login(&mut Visit::default(), "an", "guess").await.status(), StatusCode::UNAUTHORIZED);
    }
    house.clock.advance(60);
    assert_eq!(goes_to(&house.login(&mut Visit::default(), "an", &password).await), "/book");
}

#[tokio::test]
async fn strangers_who_change_names_lock_nobody_out() {
    let house = House::new();
    let password = house.password("an", Role::Archivist);
    for no in 0..60 {
        house.login(&mut Visit::default(), &format!("name{no}"), "guess").await;
    }
    assert_eq!(goes_to(&house.login(&mut Visit::default(), "an", &password).await), "/book");
}

#[tokio::test]
async fn an_address_that_guesses_waits_and_others_do_not() {
    let house = House::new();
    let password = house.password("an", Role::Archivist);
    // What the browser said of itself stands before what the proxy says of the browser.
    for no in 0..20 {
        let wrong = house.login(&mut from("10.0.0.1, 192.0.2.7"), &format!("name{no}"), "guess").await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{no}");
    }
    let throttled = house.login(&mut from("10.0.0.2, 192.0.2.7"), "an", &password).await;
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(goes_to(&house.login(&mut from("10.0.0.1, 192.0.2.8"), "an", &password).await), "/book");
}

#[tokio::test]
async fn who_is_inside_changes_the_password_while_strangers_guess() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    for _ in 0..6 {
        house.login(&mut Visit::default(), "an", "guess").await;
    }
    assert_eq!(goes_to(&house.chooses(&mut visit, OWN, "một câu khác dễ nhớ").await), "/");
}

#[tokio::test]
async fn who_is_inside_and_guesses_is_told_to_wait() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let other = "một câu khác dễ nhớ";
    for _ in 0..5 {
        let wrong = house.chooses(&mut visit, "guess", other).await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let throttled = house.chooses(&mut visit, OWN, other).await;
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait = retry_after(&throttled);
    let told = text(throttled).await;
    assert!(told.contains(&format!("sau {wait} giây")) && !told.contains("hiện tại không đúng"), "{told}");
    house.clock.advance(wait);
    assert_eq!(goes_to(&house.chooses(&mut visit, OWN, other).await), "/");
}

#[tokio::test]
async fn the_owner_does_not_wait_for_who_guesses_elsewhere() {
    let house = House::new();
    let password = house.password("an", Role::Archivist);
    for no in 0..120 {
        let answer = house.login(&mut from("192.0.2.7"), "an", "guess").await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            house.clock.advance(retry_after(&answer));
        }
        assert!(no >= 5 || answer.status() == StatusCode::UNAUTHORIZED, "{no}");
    }
    let guesser = house.login(&mut from("192.0.2.7"), "an", "guess").await;
    let again = house.login(&mut from("192.0.2.7"), "an", &password).await;
    assert_eq!((guesser.status(), again.status()), (StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(goes_to(&house.login(&mut from("192.0.2.8"), "an", &password).await), "/book");
}

#[tokio::test]
async fn who_guesses_from_many_addresses_waits_too() {
    let house = House::new();
    for no in 0..50 {
        let wrong = house.login(&mut from(&format!("192.0.2.{no}")), "an", "guess").await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{no}");
    }
    let throttled = house.login(&mut from("192.0.2.50"), "an", "guess").await;
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    let other = house.login(&mut from("192.0.2.50"), "binh", "guess").await;
    assert_eq!(other.status(), StatusCode::UNAUTHORIZED);
}
